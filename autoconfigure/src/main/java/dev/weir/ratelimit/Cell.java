package dev.weir.ratelimit;

import java.util.concurrent.TimeUnit;

import io.github.bucket4j.distributed.remote.RemoteBucketState;
import org.jspecify.annotations.Nullable;

/**
 * The last state of one bucket that this JVM has seen. Only the one flight of the lane
 * writes this state. The lock of the {@link Buckets} guards the other fields.
 */
final class Cell {

	private final String key;

	private volatile Seen seen = Seen.NOTHING;

	private final Lane lane;

	private int pins;

	Cell(String key, StoreClock clock) {
		this.key = key;
		this.lane = new Lane(clock);
	}

	String key() {
		return this.key;
	}

	/** Keeps the cell from being forgotten while a step needs it. */
	void pin() {
		this.pins++;
	}

	void unpin() {
		this.pins--;
	}

	boolean isPinned() {
		return this.pins > 0;
	}

	Lane lane() {
		return this.lane.current();
	}

	Seen seen() {
		return this.seen;
	}

	void saw(Seen seen) {
		this.seen = seen;
	}

	/**
	 * A bucket as it is in the store. Never changed: steps work on copies.
	 *
	 * @param bucket the bucket, {@code null} if it does not exist
	 * @param expiresMicros when the store forgets it, as far as that is known
	 */
	record Seen(@Nullable StoredBucket bucket, long expiresMicros) {

		/** The assumption for a bucket that was never seen: the bucket does not exist. */
		static final Seen NOTHING = new Seen(null, Long.MAX_VALUE);

		/**
		 * Returns the state of a bucket whose expiry is unknown.
		 * @param bucket the bucket, {@code null} if it does not exist
		 * @return the state
		 */
		static Seen of(@Nullable StoredBucket bucket) {
			return (bucket != null) ? new Seen(bucket, Long.MAX_VALUE) : NOTHING;
		}

		/**
		 * Returns the state.
		 * @return the state, {@code null} if the bucket does not exist or the stored
		 * value is not a bucket
		 */
		@Nullable RemoteBucketState state() {
			return (this.bucket != null) ? this.bucket.state() : null;
		}

		boolean isReadable() {
			return this.bucket == null || this.bucket.state() != null;
		}

		Seen at(long micros) {
			return (micros < this.expiresMicros) ? this : NOTHING;
		}

		static long expiry(long micros, long ttlMillis) {
			return (ttlMillis > 0) ? micros + TimeUnit.MILLISECONDS.toMicros(ttlMillis) : Long.MAX_VALUE;
		}

	}

}
