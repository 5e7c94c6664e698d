package dev.weir.benchmark.limiter;

import java.util.List;

import dev.weir.ratelimit.RateLimit;

/**
 * Rate limits of some library. Thread-safe.
 */
public interface Limiter extends AutoCloseable {

	/**
	 * Returns the name under which results are shown.
	 * @return the name
	 */
	String name();

	/**
	 * Makes a bucket that starts full.
	 * @param key its key
	 * @param limit its limit
	 * @return the bucket
	 */
	Bucket bucket(String key, RateLimit limit);

	/**
	 * Puts two limits on one call. Unless the library can do better, they are asked one
	 * after the other, and a denial by the second leaves the first charged.
	 * @param keys the keys
	 * @param limit the limit of each
	 * @return lets through what all of them let through
	 */
	default Bucket both(List<String> keys, RateLimit limit) {
		List<Bucket> buckets = keys.stream().map((key) -> bucket(key, limit)).toList();
		return () -> {
			for (Bucket bucket : buckets) {
				if (!bucket.tryConsume()) {
					return false;
				}
			}
			return true;
		};
	}

	@Override
	default void close() {
	}

	/**
	 * What a caller asks.
	 */
	interface Bucket {

		/**
		 * Takes a token if there is one.
		 * @return whether there was one
		 * @throws Exception if nobody knows
		 */
		boolean tryConsume() throws Exception;

	}

}
