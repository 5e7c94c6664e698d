package dev.weir.ratelimit;

/**
 * The fill level of a bucket.
 *
 * @param key its key
 * @param remaining how many tokens it holds now
 * @param limit its limit
 */
public record BucketLevel(String key, long remaining, RateLimit limit) {

}
