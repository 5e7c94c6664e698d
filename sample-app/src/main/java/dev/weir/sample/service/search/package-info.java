/**
 * Vector search: company notes that are stored once in Redis and searched by their
 * meaning.
 */
@NullMarked
package dev.weir.sample.service.search;

import org.jspecify.annotations.NullMarked;
