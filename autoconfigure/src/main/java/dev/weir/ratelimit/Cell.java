package dev.weir.ratelimit;

import java.util.concurrent.TimeUnit;

import io.github.bucket4j.distributed.remote.MutableBucketEntry;
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
	 * A state of a bucket as the store has it. Never changed: steps work on copies.
	 *
	 * @param bytes the bytes in the store, {@code null} if the bucket does not exist
	 * @param state what they mean, {@code null} also if they are no state of a bucket
	 * @param expiresMicros when the store forgets it, as far as that is known
	 */
	record Seen(byte @Nullable [] bytes, @Nullable RemoteBucketState state, long expiresMicros) {

		/** What is assumed of a bucket that was never seen: that it does not exist. */
		static final Seen NOTHING = new Seen(null, null, Long.MAX_VALUE);

		/**
		 * Reads a state.
		 * @param bytes the bytes in the store, {@code null} if the bucket does not exist
		 * @return the state, of which nobody knows when the store forgets it
		 */
		static Seen of(byte @Nullable [] bytes) {
			if (bytes == null) {
				return NOTHING;
			}
			try {
				return new Seen(bytes, new MutableBucketEntry(bytes).get(), Long.MAX_VALUE);
			}
			catch (RuntimeException ex) {
				return new Seen(bytes, null, Long.MAX_VALUE);
			}
		}

		boolean isReadable() {
			return this.state != null || this.bytes == null;
		}

		Seen at(long micros) {
			return (micros < this.expiresMicros) ? this : NOTHING;
		}

		static long expiry(long micros, long ttlMillis) {
			return (ttlMillis > 0) ? micros + TimeUnit.MILLISECONDS.toMicros(ttlMillis) : Long.MAX_VALUE;
		}

	}

}
