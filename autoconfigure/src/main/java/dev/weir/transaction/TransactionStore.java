package dev.weir.transaction;

import java.util.List;
import java.util.concurrent.CompletionStage;

import dev.weir.lease.LeaseProof;
import org.jspecify.annotations.Nullable;

/**
 * Where transactions are applied. Knows bytes, and nothing of callers or types.
 * <p>
 * Implementations are thread-safe, never block, send nothing twice, and bound every call
 * by a time-out of their own. A stage fails with
 * {@link dev.weir.core.StoreUnavailableException} when no answer came, which also says
 * whether the call may have had an effect, and with {@link TransactionRejectedException}
 * when the keys cannot be used together or hold no string where one is read.
 */
public interface TransactionStore {

	/**
	 * Reads strings, all at the same moment.
	 * @param id the id of the batch they are read for, {@code null} for none
	 * @param keys the keys
	 * @return completes with the values in the order of the keys, {@code null} for a key
	 * that does not exist; fails with {@link AlreadyAppliedException} if the batch was
	 * applied at that moment, with {@link OutcomeUnknownException} if a part of it was
	 */
	CompletionStage<List<byte @Nullable []>> read(@Nullable String id, List<String> keys);

	/**
	 * Applies all of a batch or nothing of it.
	 * @param batch the batch
	 * @return completes with what happened
	 */
	CompletionStage<Answer> apply(Batch batch);

	/**
	 * Says whether a batch with an id was applied, and makes sure that it never will be
	 * if it was not.
	 * @param id the id
	 * @param key one of its keys
	 * @return completes with what has become of it
	 */
	CompletionStage<TransactionOutcome> settle(String id, String key);

	/**
	 * What is applied.
	 *
	 * @param id the id, {@code null} for none
	 * @param places what must stand in the store, all of it
	 * @param checks what must be true, all of it
	 * @param commands what is done, in this order
	 */
	record Batch(@Nullable String id, List<LeaseProof.Place> places, List<Check> checks, List<Command> commands) {

	}

	/**
	 * What must be true of a key.
	 *
	 * @param key the key
	 * @param value the value that it must have, {@code null} if it must not exist
	 */
	record Check(String key, byte @Nullable [] value) {

	}

	/**
	 * A command.
	 *
	 * @param name its name in Redis
	 * @param key its key, {@code null} if it has none
	 * @param arguments what follows the key
	 */
	record Command(String name, @Nullable String key, List<byte[]> arguments) {

	}

	/**
	 * What became of a batch.
	 *
	 * @param status what
	 * @param number the number of the place, check or command that was the reason, from 0
	 * on; -1 if none was
	 * @param reason what Redis said to that, empty if nothing
	 * @param results what the commands answered, if they were applied: numbers and bytes
	 */
	record Answer(Status status, int number, String reason, List<Object> results) {

	}

	/**
	 * What can become of a batch.
	 */
	enum Status {

		/** Everything was applied. */
		APPLIED,

		/** A batch with this id was applied before, and nothing now. */
		APPLIED_BEFORE,

		/** A check failed. */
		CONFLICT,

		/** A place does not stand there. */
		LOST,

		/** The batch was given up before it came. */
		ABANDONED,

		/** A command cannot be applied. */
		REJECTED,

		/** A command failed after others were applied, now or before. */
		TORN

	}

}
