package dev.weir.local;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import dev.weir.local.LocalBucket.Pause;
import dev.weir.ratelimit.BucketStore.Level;
import dev.weir.ratelimit.BucketStore.PauseChange;
import dev.weir.ratelimit.BucketStore.Settled;
import dev.weir.ratelimit.BucketStore.Take;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * The part of one call in one bucket of this JVM. The caller guards all calls by a lock.
 */
final class LocalShare {

	/** How many tokens waiting calls can take of the future. */
	private static final long MOST_AHEAD = RateLimit.MAX;

	private final LocalBuckets buckets;

	private final Take take;

	private final Tokens tokens;

	private final boolean isNew;

	private final long now;

	private Pause pause;

	LocalShare(LocalBuckets buckets, Take take, boolean changesLimit, long now) {
		this.buckets = buckets;
		this.take = take;
		this.now = now;
		LocalBucket bucket = buckets.get(take.key());
		this.isNew = bucket == null;
		this.pause = (bucket != null) ? bucket.pause() : Pause.NONE;
		this.tokens = (bucket != null) ? bucket.tokens().at(bucket.limit(), take.limit(), time())
				: Tokens.of(take.limit(), Math.min(take.initialTokens(), take.limit().burst()), now);
		if (bucket != null && changesLimit && !bucket.limit().equals(take.limit())) {
			buckets.put(LocalBucket.of(take.key(), take.limit(), this.tokens.at(take.limit(), take.limit(), time()),
					this.pause, now));
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
		long wait = Math.max(pause(), (this.tokens.left() < 0) ? pause() + this.tokens.nanosUntil(0, time()) : 0);
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

	/**
	 * Pauses the bucket.
	 * @param length the length of the pause, zero to lift it
	 * @return by how much later tokens become due, {@code null} if nothing has changed
	 */
	@Nullable PauseChange pause(Duration length) {
		long lag = this.pause.lag();
		long time = time();
		this.pause = this.pause.change(length.toNanos(), this.now);
		if (this.pause.lag() == lag) {
			return null;
		}
		LocalBucket bucket = this.buckets.get(this.take.key());
		if (bucket != null) {
			// A pause changes no limit: an operator who lifts it need not know the limit.
			RateLimit limit = bucket.limit();
			Tokens current = bucket.tokens().at(limit, limit, (limit.quota() != null) ? this.now : time);
			this.buckets.put(LocalBucket.of(bucket.key(), limit, current, this.pause, this.now));
		}
		else {
			keep();
		}
		return new PauseChange(this.take.key(), TimeUnit.NANOSECONDS.toMicros(this.now),
				Duration.ofNanos(this.pause.lag() - lag));
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
		return this.pause.left(this.now);
	}

	private long time() {
		return this.pause.timeOf(this.take.limit(), this.now);
	}

	private long nanosUntil(long wanted) {
		if (wanted <= this.tokens.left()) {
			return pause();
		}
		long time = this.tokens.nanosUntil(wanted, time());
		return (this.take.limit().quota() != null) ? Math.max(pause(), time) : pause() + time;
	}

	private Duration nextToken() {
		boolean full = this.tokens.left() >= this.take.limit().burst();
		return Duration.ofNanos(full ? pause() : nanosUntil(this.tokens.left() + 1));
	}

	private void keep() {
		this.buckets.put(LocalBucket.of(this.take.key(), this.take.limit(), this.tokens, this.pause, this.now));
	}

}
