package dev.weir.local;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import dev.weir.ratelimit.BucketStore.Level;
import dev.weir.ratelimit.BucketStore.Settled;
import dev.weir.ratelimit.BucketStore.Take;
import dev.weir.ratelimit.RateLimit;

/**
 * What one call does with one bucket of this JVM. The caller guards all calls by a lock.
 */
final class LocalShare {

	/** How many tokens waiting calls can take of the future. */
	private static final long MOST_AHEAD = RateLimit.MAX;

	private final LocalBuckets buckets;

	private final Take take;

	private final Tokens tokens;

	private final boolean isNew;

	private final long now;

	private long pausedUntil;

	LocalShare(LocalBuckets buckets, Take take, boolean changesLimit, long now) {
		this.buckets = buckets;
		this.take = take;
		this.now = now;
		LocalBucket bucket = buckets.get(take.key());
		this.isNew = bucket == null;
		this.pausedUntil = (bucket != null) ? bucket.pausedUntil() : 0;
		this.tokens = (bucket != null) ? bucket.tokens().at(bucket.limit(), take.limit(), now)
				: Tokens.of(take.limit(), Math.min(take.initialTokens(), take.limit().burst()), now);
		if (bucket != null && changesLimit && !bucket.limit().equals(take.limit())) {
			buckets.put(LocalBucket.of(take.key(), take.limit(), this.tokens.at(take.limit(), take.limit(), now),
					this.pausedUntil, now));
		}
	}

	/**
	 * Returns whether the bucket has the tokens of the call, now or after its wait.
	 * @return whether it has the tokens
	 */
	boolean has() {
		Duration time = this.take.waitTime();
		long cost = this.take.cost();
		if (cost <= Math.max(0, this.tokens.left()) && pause() == 0) {
			return true;
		}
		return !time.isZero() && !this.take.shadow() && cost <= this.take.limit().burst()
				&& this.take.limit().quota() == null && this.tokens.left() > cost - MOST_AHEAD
				&& nanosUntil(cost) <= time.toNanos();
	}

	boolean isShadow() {
		return this.take.shadow();
	}

	/**
	 * Takes the tokens of the call.
	 * @return the bucket after that
	 */
	Level take() {
		if (!has()) {
			return look();
		}
		if (this.take.cost() > 0) {
			this.tokens.add(-this.take.cost());
			keep();
		}
		long wait = Math.max(pause(), (this.tokens.left() < 0) ? this.tokens.nanosUntil(0, this.now) : 0);
		return new Level(true, this.tokens.left(), Duration.ZERO, nextToken(), Duration.ofNanos(wait), null);
	}

	Level look() {
		boolean has = has();
		long wanted = Math.min(this.take.cost(), this.take.limit().burst());
		return new Level(has, this.tokens.left(), has ? Duration.ZERO : Duration.ofNanos(nanosUntil(wanted)),
				nextToken());
	}

	Level refund() {
		this.tokens.add(this.take.cost());
		if (!this.isNew) {
			keep();
		}
		return look();
	}

	Level pause(Duration length) {
		boolean wasPaused = this.pausedUntil > 0;
		this.pausedUntil = length.isZero() ? 0 : Math.max(this.pausedUntil, this.now + length.toNanos());
		if (wasPaused || !length.isZero()) {
			keep();
		}
		return look();
	}

	Level settle(long used, long micros) {
		long before = this.tokens.left();
		long beyond = Math.min(used, RateLimit.MAX + 1) - this.take.cost();
		boolean late = this.tokens.isRefilledSince(this.take.limit(), TimeUnit.MICROSECONDS.toNanos(micros), this.now);
		if (beyond != 0 && late && (beyond < 0 || this.take.limit().quota() != null)) {
			return Level.settled(before, Settled.LATE);
		}
		if (beyond > 0) {
			long taken = Math.max(0, Math.min(beyond, before + this.take.limit().burst()));
			this.tokens.add(-taken);
			keep();
			return settled(-taken, beyond - taken);
		}
		if (beyond < 0 && !this.isNew) {
			this.tokens.add(-beyond);
			keep();
		}
		return settled(this.tokens.left() - before, 0);
	}

	private Level settled(long given, long dropped) {
		return Level.settled(this.tokens.left(), new Settled(Settled.Outcome.SETTLED, given, dropped));
	}

	Level repeated() {
		return Level.settled(this.tokens.left(), Settled.REPEATED);
	}

	private long pause() {
		return Math.max(0, this.pausedUntil - this.now);
	}

	private long nanosUntil(long wanted) {
		return Math.max(pause(), (wanted > this.tokens.left()) ? this.tokens.nanosUntil(wanted, this.now) : 0);
	}

	private Duration nextToken() {
		boolean full = this.tokens.left() >= this.take.limit().burst();
		return Duration.ofNanos(full ? pause() : nanosUntil(this.tokens.left() + 1));
	}

	private void keep() {
		this.buckets.put(LocalBucket.of(this.take.key(), this.take.limit(), this.tokens, this.pausedUntil, this.now));
	}

}
