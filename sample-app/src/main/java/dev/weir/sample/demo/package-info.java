/**
 * The demonstration: a page with a live view, a stampede, demo users, company notes, and
 * models and a Redis that run on this machine. The service does not need any of it.
 */
@NullMarked
package dev.weir.sample.demo;

import org.jspecify.annotations.NullMarked;
