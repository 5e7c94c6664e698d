package dev.weir.sample.service.redis;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Counts the requests that a cache could answer, and those that it could not.
 *
 * @param hits answers from the cache
 * @param misses answers that had to be computed
 */
public record CacheCounter(Counter hits, Counter misses) {

	/**
	 * Creates the counter of a cache.
	 * @param meters the registry for its meters
	 * @param cache the name of the cache
	 * @return the counter
	 */
	public static CacheCounter of(MeterRegistry meters, String cache) {
		return new CacheCounter(counter(meters, cache, "hit"), counter(meters, cache, "miss"));
	}

	private static Counter counter(MeterRegistry meters, String cache, String result) {
		return Counter.builder("sample.cache.requests")
			.description("Answers of the caches")
			.tag("cache", cache)
			.tag("result", result)
			.register(meters);
	}

}
