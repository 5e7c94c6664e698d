package dev.weir.ratelimit;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Stores buckets. The store compares and writes them; only the rate limiter interprets
 * them. Implementations are thread-safe and never block.
 * <p>
 * A stage fails with {@link StoreUnavailableException} if the store did not answer; then
 * the step may or may not have been applied. The rate limiter does not send it again: the
 * next step compares with the stored buckets.
 */
public interface BucketStore {

	/** The stage of a store that need not connect. */
	CompletionStage<?> READY = CompletableFuture.completedStage(null);

	/**
	 * Applies one atomic step to some buckets. If the caller's view of all buckets and of
	 * the time is right, the store writes all of them. Otherwise the store writes nothing
	 * and returns the current buckets.
	 * @param swaps the buckets, each at most once, all of one slot
	 * @param time the time of the store that the caller assumes
	 * @return completes with the answer
	 */
	CompletionStage<Answer> swap(List<Swap> swaps, AssumedTime time);

	/**
	 * Removes a bucket, regardless of its state.
	 * @param key its key
	 * @return completes when it is gone
	 */
	CompletionStage<Void> remove(String key);

	/**
	 * Returns the slot of a key. Only buckets of the same slot can be part of one step.
	 * @param key a key
	 * @return its slot
	 */
	default int slot(String key) {
		return 0;
	}

	/**
	 * Returns a stage that completes when calls can be sent. A store may have to connect
	 * first, which can take longer than a call. The time limits of calls begin when the
	 * stage completes.
	 * @return completes when the store is connected, or has given up connecting; never
	 * later than the first call would be answered
	 */
	default CompletionStage<?> ready() {
		return READY;
	}

	/**
	 * Returns whether the store has not answered for a while. No caller waits for the
	 * store then. A step that is sent nevertheless fails at once or, from time to time,
	 * probes whether the store is back.
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
	 * The time of the store that the caller assumes, in microseconds since 1970, and the
	 * possible error.
	 *
	 * @param micros the time
	 * @param maxAheadMicros how far it may be ahead of the store's clock
	 * @param maxBehindMicros how far it may be behind
	 */
	record AssumedTime(long micros, long maxAheadMicros, long maxBehindMicros) {

		/**
		 * Returns the earliest time that the store's clock may show.
		 * @return the time, in microseconds since 1970
		 */
		public long earliest() {
			return this.micros - this.maxAheadMicros;
		}

		/**
		 * Returns the latest time that the store's clock may show.
		 * @return the time, in microseconds since 1970
		 */
		public long latest() {
			return this.micros + this.maxBehindMicros;
		}

		/**
		 * Returns whether the assumption is right.
		 * @param actualMicros the time of the store
		 * @return whether the time of the store is within the possible error
		 */
		public boolean holds(long actualMicros) {
			return earliest() <= actualMicros && actualMicros <= latest();
		}

	}

	/**
	 * The answer of the store.
	 *
	 * @param applied whether the view was right and the step was applied
	 * @param micros the time of the store, in microseconds since 1970
	 * @param buckets if the step was not applied, the buckets in the order of the step,
	 * {@code null} for a bucket that does not exist; for a key that holds something other
	 * than a bucket, any bytes that are no state of a bucket, the same each time
	 */
	record Answer(boolean applied, long micros, List<@Nullable StoredBucket> buckets) {

	}

}
