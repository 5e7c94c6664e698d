/**
 * Vector search: company notes, stored once in Redis, and searched by what they mean.
 */
@NullMarked
package dev.weir.sample.search;

import org.jspecify.annotations.NullMarked;
