package dev.weir.ratelimit;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Where buckets live. The store compares and writes them; what they mean is known to the
 * rate limiter. Implementations are thread-safe and never block.
 * <p>
 * A stage fails with {@link StoreUnavailableException} if the store did not answer; then
 * the step may or may not have been taken. Nobody takes it again: the next step compares
 * with what is there.
 */
public interface BucketStore {

	/** A store that need not connect. */
	CompletionStage<?> READY = CompletableFuture.completedStage(null);

	/**
	 * Takes one atomic step over some buckets: if the caller's view of all of them, and
	 * of the time, is right, writes all of them; else writes nothing and says how things
	 * are.
	 * @param swaps the buckets, each at most once, all of one slot
	 * @param time what the caller takes for the time of the store
	 * @return completes with the answer
	 */
	CompletionStage<Answer> swap(List<Swap> swaps, AssumedTime time);

	/**
	 * Removes a bucket, whatever its state.
	 * @param key its key
	 * @return completes when it is gone
	 */
	CompletionStage<Void> remove(String key);

	/**
	 * Says which buckets can be part of one step: those of the same slot.
	 * @param key a key
	 * @return its slot
	 */
	default int slot(String key) {
		return 0;
	}

	/**
	 * Completes when calls can be sent: a store may have to connect first, which can take
	 * longer than a call. Time limits of calls begin then.
	 * @return completes when the store is connected, or has given up connecting; never
	 * later than the first call would be answered
	 */
	default CompletionStage<?> ready() {
		return READY;
	}

	/**
	 * Says whether the store has not answered for a while. Nobody waits for it then; a
	 * step that is tried nevertheless fails at once or, now and then, goes out to see
	 * whether the store is back.
	 * @return whether it is away
	 */
	default boolean isAway() {
		return false;
	}

	/**
	 * One bucket of a step.
	 *
	 * @param key its key
	 * @param expected the bucket that the caller has seen, {@code null} for none
	 * @param replacement the bucket to write, {@code null} to only compare
	 * @param ttlMillis how long the new one lives, 0 for ever
	 */
	record Swap(String key, @Nullable StoredBucket expected, @Nullable StoredBucket replacement, long ttlMillis) {

	}

	/**
	 * What the caller takes for the time of the store, in microseconds since 1970, and
	 * how wrong that may be.
	 *
	 * @param micros the time
	 * @param maxAheadMicros how far it may be ahead of the store's clock
	 * @param maxBehindMicros how far it may be behind
	 */
	record AssumedTime(long micros, long maxAheadMicros, long maxBehindMicros) {

		/**
		 * The least that the store's clock may show.
		 * @return the time, in microseconds since 1970
		 */
		public long earliest() {
			return this.micros - this.maxAheadMicros;
		}

		/**
		 * The most that the store's clock may show.
		 * @return the time, in microseconds since 1970
		 */
		public long latest() {
			return this.micros + this.maxBehindMicros;
		}

		/**
		 * Whether the assumption holds.
		 * @param actualMicros the time of the store
		 * @return whether it does
		 */
		public boolean holds(long actualMicros) {
			return earliest() <= actualMicros && actualMicros <= latest();
		}

	}

	/**
	 * What the store says.
	 *
	 * @param applied whether the view was right and the step was taken
	 * @param micros the time of the store, in microseconds since 1970
	 * @param buckets if not applied, the buckets in the order of the step, {@code null}
	 * for one that does not exist; for something else that stands under the key any bytes
	 * that are no state of a bucket, each time the same
	 */
	record Answer(boolean applied, long micros, List<@Nullable StoredBucket> buckets) {

	}

}
