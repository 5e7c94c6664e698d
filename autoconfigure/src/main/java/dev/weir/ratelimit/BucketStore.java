package dev.weir.ratelimit;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Has the buckets, and decides the calls that take from them, on its own clock.
 * Implementations are thread-safe and never block.
 * <p>
 * A stage fails with {@link StoreUnavailableException} if the store did not answer; then
 * the calls may or may not have taken their tokens. No call is sent again.
 */
public interface BucketStore {

	/** The stage of a store that need not connect. */
	CompletionStage<?> READY = CompletableFuture.completedStage(null);

	/**
	 * Decides calls, one after the other. Each call takes from all of its buckets or from
	 * none.
	 * @param calls the calls, all of whose buckets lie in one slot
	 * @return completes with the answer, or with {@link NotTogetherException} if the
	 * store has decided none of the calls and may decide each of them alone
	 */
	CompletionStage<Answer> decide(List<Call> calls);

	/**
	 * Removes a bucket. The next call gets a full one.
	 * @param key its key
	 * @return completes when it is gone, or with {@link IllegalStateException} if the key
	 * holds anything other than a bucket
	 */
	CompletionStage<Void> remove(String key);

	/**
	 * Returns the slot of a bucket. Only buckets of one slot can be decided together.
	 * @param key the key of the bucket
	 * @return the slot
	 */
	default int slot(String key) {
		return 0;
	}

	/**
	 * Returns whether the store decides within the call of {@link #decide}, so that calls
	 * need not wait for each other.
	 * @return whether it answers at once
	 */
	default boolean answersAtOnce() {
		return false;
	}

	/**
	 * Completes when calls can be sent: a store may have to connect first, which can take
	 * longer than a call. Time limits of calls begin then.
	 * @return completes when the store is connected, or has failed to connect
	 */
	default CompletionStage<?> ready() {
		return READY;
	}

	/**
	 * Returns whether the store has not answered calls for a key for a while. Callers do
	 * not wait for it then.
	 * @param key the key of a bucket
	 * @return whether it is away
	 */
	default boolean isAway(String key) {
		return false;
	}

	/**
	 * The store cannot decide these calls in one step, and has decided none of them.
	 */
	final class NotTogetherException extends RuntimeException {

		/**
		 * Creates an exception.
		 * @param cause why the store refused the calls
		 */
		public NotTogetherException(Throwable cause) {
			super("The store cannot decide these calls in one step", cause);
		}

	}

	/**
	 * What a call does with its buckets.
	 */
	enum Action {

		/** Takes the tokens, if all buckets have them. */
		TAKE,

		/** Takes nothing. */
		PEEK,

		/** Gives tokens back. A bucket never gets more than its burst. */
		REFUND

	}

	/**
	 * One call.
	 *
	 * @param action what the call does
	 * @param takes its buckets, each once
	 */
	record Call(Action action, List<Take> takes) {

	}

	/**
	 * What a call takes from one bucket.
	 *
	 * @param key the key of the bucket
	 * @param limit its limit; a bucket with another limit gets this one, and stays as
	 * full as it was, in proportion
	 * @param cost how many tokens
	 * @param shadow whether the call takes its tokens even if this bucket lacks them
	 * @param initialTokens the tokens of a new bucket; a store that all instances share
	 * begins with the burst
	 * @param anonymous whether clients can invent the key, see {@link Charge}
	 */
	record Take(String key, RateLimit limit, long cost, boolean shadow, long initialTokens, boolean anonymous) {

		/**
		 * Creates a part of a call for a bucket that clients cannot invent.
		 * @param key the key of the bucket
		 * @param limit its limit
		 * @param cost how many tokens
		 * @param shadow whether the call takes its tokens even if this bucket lacks them
		 * @param initialTokens the tokens of a new bucket
		 */
		public Take(String key, RateLimit limit, long cost, boolean shadow, long initialTokens) {
			this(key, limit, cost, shadow, initialTokens, false);
		}

	}

	/**
	 * The answer to a batch.
	 *
	 * @param micros the time of the store, in microseconds since 1970
	 * @param results for each call its buckets, in order
	 */
	record Answer(long micros, List<List<@Nullable Level>> results) {

	}

	/**
	 * A bucket after a call; {@code null} in an {@link Answer} if the key holds anything
	 * other than a bucket.
	 *
	 * @param allowed whether the bucket had the tokens
	 * @param tokens the tokens that are left
	 * @param retryAfter when the bucket has the missing tokens, zero if allowed
	 * @param nextToken when the bucket has one token more, zero if it is full
	 */
	record Level(boolean allowed, long tokens, Duration retryAfter, Duration nextToken) {

	}

}
