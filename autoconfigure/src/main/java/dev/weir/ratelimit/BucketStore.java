package dev.weir.ratelimit;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

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
	 * Asks for notice of all changes of pauses that any instance makes from now on. Does
	 * nothing if the listener is known already, unless the store lost it.
	 * @param listener receives each change, maybe more than once, on any thread; must not
	 * block
	 */
	default void watchPauses(Consumer<PauseChange> listener) {
	}

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
		REFUND,

		/**
		 * Takes what was used beyond the cost, or gives back what was not used. Changes
		 * nothing if the store has settled the same id in the last ten minutes.
		 */
		SETTLE,

		/**
		 * Pauses the buckets: they grant nothing for a time, and get no tokens. Does not
		 * make a pause shorter, except that the time zero lifts it.
		 */
		PAUSE

	}

	/**
	 * A change of the pause of a bucket.
	 *
	 * @param key the key of the bucket
	 * @param micros when the pause changed, in microseconds since 1970 on the clock of
	 * the store
	 * @param shift by how much later all tokens of the future become due, negative if the
	 * pause was lifted
	 */
	record PauseChange(String key, long micros, Duration shift) {

	}

	/**
	 * One call.
	 *
	 * @param action what the call does
	 * @param takes its buckets, each once
	 * @param time the length of a pause, zero for other calls
	 * @param use what was used, {@code null} if the call settles nothing
	 */
	record Call(Action action, List<Take> takes, Duration time, @Nullable Use use) {

		/**
		 * Creates a call that neither waits nor settles.
		 * @param action what the call does
		 * @param takes its buckets, each once
		 */
		public Call(Action action, List<Take> takes) {
			this(action, takes, Duration.ZERO, null);
		}

		/**
		 * Creates a pause.
		 * @param takes its buckets, each once
		 * @param length the length of the pause, zero to lift it
		 * @return the call
		 */
		public static Call pausing(List<Take> takes, Duration length) {
			return new Call(Action.PAUSE, takes, length, null);
		}

		/**
		 * Creates a settlement.
		 * @param takes its buckets, each once
		 * @param use what was used
		 * @return the call
		 */
		public static Call settling(List<Take> takes, Use use) {
			return new Call(Action.SETTLE, takes, Duration.ZERO, use);
		}

	}

	/**
	 * What was used of tokens that were taken before.
	 *
	 * @param id identifies the settlement
	 * @param micros the time of the store when the tokens were taken, in microseconds
	 * since 1970. If an empty bucket would be full since then, nothing is given back
	 * @param tokens how many tokens were used of each bucket of the call, in order
	 */
	record Use(String id, long micros, List<Long> tokens) {

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
	 * @param waitTime how long the call may wait for the tokens: it can take tokens that
	 * the bucket gets within this time
	 */
	record Take(String key, RateLimit limit, long cost, boolean shadow, long initialTokens, boolean anonymous,
			Duration waitTime) {

		/**
		 * Creates a part of a call for a bucket that clients cannot invent.
		 * @param key the key of the bucket
		 * @param limit its limit
		 * @param cost how many tokens
		 * @param shadow whether the call takes its tokens even if this bucket lacks them
		 * @param initialTokens the tokens of a new bucket
		 */
		public Take(String key, RateLimit limit, long cost, boolean shadow, long initialTokens) {
			this(key, limit, cost, shadow, initialTokens, false, Duration.ZERO);
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
	 * The answer to one call.
	 *
	 * @param micros the time of the store, in microseconds since 1970
	 * @param levels the buckets of the call, in order
	 */
	record Result(long micros, List<@Nullable Level> levels) {

	}

	/**
	 * A bucket after a call; {@code null} in an {@link Answer} if the key holds anything
	 * other than a bucket.
	 *
	 * @param allowed whether the bucket had the tokens
	 * @param tokens the tokens that are left, negative for a debt
	 * @param retryAfter when the bucket has the missing tokens, zero if allowed
	 * @param nextToken when the bucket has one token more, zero if it is full
	 * @param due when the tokens are there that an allowed call has taken of the near
	 * future, or the pause is over
	 * @param settled what a settlement changed, {@code null} for other calls
	 */
	record Level(boolean allowed, long tokens, Duration retryAfter, Duration nextToken, Duration due,
			@Nullable Settled settled) {

		/**
		 * Creates a bucket after a call that settles nothing.
		 * @param allowed whether the bucket had the tokens
		 * @param tokens the tokens that are left, negative for a debt
		 * @param retryAfter when the bucket has the missing tokens, zero if allowed
		 * @param nextToken when the bucket has one token more, zero if it is full
		 */
		public Level(boolean allowed, long tokens, Duration retryAfter, Duration nextToken) {
			this(allowed, tokens, retryAfter, nextToken, Duration.ZERO, null);
		}

		/**
		 * Returns a bucket after a settlement.
		 * @param tokens the tokens that are left, negative for a debt
		 * @param settled what the settlement changed
		 * @return the bucket
		 */
		public static Level settled(long tokens, Settled settled) {
			return new Level(true, tokens, Duration.ZERO, Duration.ZERO, Duration.ZERO, settled);
		}

	}

	/**
	 * What a settlement changed.
	 *
	 * @param outcome the outcome
	 * @param given how many tokens the bucket got, negative if it lost them
	 * @param dropped how many tokens were used but not taken, because a debt is at most
	 * as large as the burst
	 */
	record Settled(Outcome outcome, long given, long dropped) {

		/** A settlement that was made before. */
		public static final Settled REPEATED = new Settled(Outcome.REPEATED, 0, 0);

		/** A settlement that gives nothing back, because it is too late. */
		public static final Settled LATE = new Settled(Outcome.LATE, 0, 0);

		/**
		 * The outcomes of settlements.
		 */
		public enum Outcome {

			/** The store has settled the bucket now. */
			SETTLED,

			/** The store had settled the bucket before. */
			REPEATED,

			/**
			 * Nothing was given back: an empty bucket would be full again since the
			 * tokens were taken.
			 */
			LATE

		}

	}

}
