package dev.weir.benchmark.limiter;

import java.util.List;

import dev.weir.ratelimit.RateLimit;

/**
 * A rate limiter of one library. Thread-safe.
 */
public interface Limiter extends AutoCloseable {

	/**
	 * Returns the name under which results are shown.
	 * @return the name
	 */
	String name();

	/**
	 * Creates a bucket that starts full.
	 * @param key the key of the bucket
	 * @param limit the limit of the bucket
	 * @return the bucket
	 */
	Bucket bucket(String key, RateLimit limit);

	/**
	 * Creates a bucket with two limits for one call. By default, the limits are asked one
	 * after the other, and a denial by the second limit leaves the first one charged.
	 * Libraries that can do better override this method.
	 * @param keys the keys
	 * @param limit the limit of each key
	 * @return the bucket, which lets a call through only if all limits do
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
	 * A bucket of tokens that callers take.
	 */
	interface Bucket {

		/**
		 * Takes a token if there is one.
		 * @return whether there was a token
		 * @throws Exception if the library gave no answer
		 */
		boolean tryConsume() throws Exception;

	}

}
