/**
 * The rate limiter: token buckets that all instances share, one call to the store per
 * decision. Depends neither on Spring nor on Redis. The arithmetic of the buckets is that
 * of Bucket4j.
 */
@NullMarked
package dev.weir.ratelimit;

import org.jspecify.annotations.NullMarked;
