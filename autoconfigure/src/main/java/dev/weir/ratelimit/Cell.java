package dev.weir.ratelimit;

import java.util.concurrent.TimeUnit;

import io.github.bucket4j.distributed.remote.RemoteBucketState;
import org.jspecify.annotations.Nullable;

/**
 * What is known here of one bucket. All but what was seen is guarded by the lock of the
 * {@link Buckets}; what was seen is written only by the one flight of its lane.
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
	 * A bucket as the store has it. Never changed: steps work on copies.
	 *
	 * @param bucket the bucket, {@code null} if it does not exist
	 * @param expiresMicros when the store forgets it, as far as that is known
	 */
	record Seen(@Nullable StoredBucket bucket, long expiresMicros) {

		/** What is assumed of a bucket that was never seen: that it does not exist. */
		static final Seen NOTHING = new Seen(null, Long.MAX_VALUE);

		/**
		 * Sees a bucket of which nobody knows when the store forgets it.
		 * @param bucket the bucket, {@code null} if it does not exist
		 * @return what was seen
		 */
		static Seen of(@Nullable StoredBucket bucket) {
			return (bucket != null) ? new Seen(bucket, Long.MAX_VALUE) : NOTHING;
		}

		/**
		 * Returns the state.
		 * @return the state, {@code null} if the bucket does not exist, or is none
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
