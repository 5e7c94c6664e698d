package dev.weir.ratelimit;

import java.time.Instant;
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

	private final Map<String, Seen> levels = leastRecentlyUsedFirst();

	/** Apart from the others, so that invented keys push none of them out. */
	private final Map<String, Seen> anonymous = leastRecentlyUsedFirst();

	/**
	 * Creates an empty memory.
	 * @param max how many buckets are remembered, anonymous ones and others
	 * @param nanoTime a monotonic clock, in nanoseconds
	 */
	LastLevels(int max, LongSupplier nanoTime) {
		this.max = max;
		this.nanoTime = nanoTime;
	}

	/**
	 * Remembers a bucket.
	 * @param charge the charge of a call that was decided
	 * @param tokens the tokens that the bucket holds now
	 */
	void remember(Charge charge, long tokens) {
		Seen seen = new Seen(charge.limit(), tokens, this.nanoTime.getAsLong());
		Map<String, Seen> known = charge.anonymous() ? this.anonymous : this.levels;
		this.lock.lock();
		try {
			if (known.put(charge.key(), seen) == null && known.size() > this.max) {
				known.remove(known.keySet().iterator().next());
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
			this.anonymous.remove(key);
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
		Quota quota = limit.quota();
		if (quota != null) {
			Instant now = Instant.now();
			Instant then = now.minusNanos(this.nanoTime.getAsLong() - seen.at);
			return quota.begin(now).isAfter(then) ? limit.burst() : (long) Math.min(limit.burst(), tokens);
		}
		double added = (double) (this.nanoTime.getAsLong() - seen.at) / limit.window().toNanos() * limit.limit();
		return (long) Math.min(limit.burst(), tokens + added);
	}

	private static Map<String, Seen> leastRecentlyUsedFirst() {
		return new LinkedHashMap<>(16, 0.75f, true);
	}

	private @Nullable Seen seen(String key) {
		this.lock.lock();
		try {
			Seen seen = this.levels.get(key);
			return (seen != null) ? seen : this.anonymous.get(key);
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
