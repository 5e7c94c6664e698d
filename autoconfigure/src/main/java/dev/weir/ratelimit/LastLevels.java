package dev.weir.ratelimit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * Remembers how full shared buckets were, so that a bucket in this JVM can go on from
 * there while the store does not answer. Bounded; thread-safe.
 */
final class LastLevels {

	private final int max;

	private final LongSupplier nanoTime;

	private final ReentrantLock lock = new ReentrantLock();

	/** The least recently used first. */
	private final Map<String, Seen> levels = new LinkedHashMap<>(16, 0.75f, true);

	/**
	 * Creates an empty memory.
	 * @param max how many buckets are remembered
	 * @param nanoTime a monotonic clock, in nanoseconds
	 */
	LastLevels(int max, LongSupplier nanoTime) {
		this.max = max;
		this.nanoTime = nanoTime;
	}

	/**
	 * Remembers a bucket.
	 * @param key its key
	 * @param limit its limit
	 * @param tokens the tokens that it holds now
	 */
	void remember(String key, RateLimit limit, long tokens) {
		Seen seen = new Seen(limit, tokens, this.nanoTime.getAsLong());
		this.lock.lock();
		try {
			if (this.levels.put(key, seen) == null && this.levels.size() > this.max) {
				this.levels.remove(this.levels.keySet().iterator().next());
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Forgets a bucket.
	 * @param key its key
	 */
	void forget(String key) {
		this.lock.lock();
		try {
			this.levels.remove(key);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Returns how many tokens a bucket has by now.
	 * @param key its key
	 * @param limit its limit
	 * @return the tokens; the burst if the bucket is not remembered. A bucket that was
	 * seen with another limit is as full as it was, in proportion
	 */
	long tokens(String key, RateLimit limit) {
		Seen seen = seen(key);
		if (seen == null) {
			return limit.burst();
		}
		double tokens = (double) seen.tokens / seen.limit.burst() * limit.burst();
		double added = (double) (this.nanoTime.getAsLong() - seen.at) / limit.window().toNanos() * limit.limit();
		return (long) Math.min(limit.burst(), tokens + added);
	}

	private @Nullable Seen seen(String key) {
		this.lock.lock();
		try {
			return this.levels.get(key);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A bucket as it was.
	 *
	 * @param limit its limit
	 * @param tokens the tokens that it held
	 * @param at when that was, by the monotonic clock
	 */
	private record Seen(RateLimit limit, long tokens, long at) {

	}

}
