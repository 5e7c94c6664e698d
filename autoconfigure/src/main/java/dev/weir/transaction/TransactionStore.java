package dev.weir.transaction;

import java.util.List;
import java.util.concurrent.CompletionStage;

import dev.weir.lease.LeaseProof;
import org.jspecify.annotations.Nullable;

/**
 * Applies transactions. A store handles bytes and has no knowledge of callers or types.
 * <p>
 * Implementations are thread-safe, never block, send nothing twice, and bound every call
 * by a time-out of their own. If no answer arrives, a stage fails with
 * {@link dev.weir.core.StoreUnavailableException}, which also reports whether the call
 * may have had an effect. If the keys cannot be used together, or if a key that is read
 * holds no string, a stage fails with {@link TransactionRejectedException}.
 */
public interface TransactionStore {

	/**
	 * Reads strings, all at the same moment.
	 * @param id the id of the batch that reads them, {@code null} for none
	 * @param keys the keys
	 * @return completes with the values in the order of the keys, {@code null} for a key
	 * that does not exist; fails with {@link AlreadyAppliedException} if the batch was
	 * applied at that moment, with {@link OutcomeUnknownException} if a part of it was
	 */
	CompletionStage<List<byte @Nullable []>> read(@Nullable String id, List<String> keys);

	/**
	 * Applies all of a batch or nothing of it.
	 * @param batch the batch
	 * @return completes with the answer
	 */
	CompletionStage<Answer> apply(Batch batch);

	/**
	 * Returns the outcome of a batch with an id. If the batch was not applied, makes sure
	 * that it never will be.
	 * @param id the id
	 * @param key any key of the batch
	 * @return completes with the outcome
	 */
	CompletionStage<TransactionOutcome> settle(String id, String key);

	/**
	 * Commands that are applied together, and the conditions for that.
	 *
	 * @param id the id, {@code null} for none
	 * @param places the places that must all be in the store
	 * @param checks the checks that must all succeed
	 * @param commands the commands, in the order in which they are applied
	 */
	record Batch(@Nullable String id, List<LeaseProof.Place> places, List<Check> checks, List<Command> commands) {

	}

	/**
	 * A check of the value of a key.
	 *
	 * @param key the key
	 * @param value the value that the key must have, {@code null} if it must not exist
	 */
	record Check(String key, byte @Nullable [] value) {

	}

	/**
	 * A command.
	 *
	 * @param name its name in Redis
	 * @param key its key, {@code null} if it has none
	 * @param arguments the arguments after the key
	 */
	record Command(String name, @Nullable String key, List<byte[]> arguments) {

	}

	/**
	 * The answer to a batch.
	 *
	 * @param status the status of the batch
	 * @param number the number of the place, check or command that caused the status,
	 * from 0 on; -1 if none did
	 * @param reason the reason that Redis gave, empty if it gave none
	 * @param results the results of the commands if they were applied: numbers and bytes
	 */
	record Answer(Status status, int number, String reason, List<Object> results) {

	}

	/**
	 * The statuses of a batch.
	 */
	enum Status {

		/** Everything was applied. */
		APPLIED,

		/** A batch with this id was applied before, so nothing was applied now. */
		APPLIED_BEFORE,

		/** A check failed. */
		CONFLICT,

		/** A place is not in the store. */
		LOST,

		/** The batch was abandoned before it arrived. */
		ABANDONED,

		/** A command cannot be applied. */
		REJECTED,

		/** A command failed after others were applied, by this call or an earlier one. */
		TORN

	}

}
