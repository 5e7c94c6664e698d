package dev.weir.transaction;

import org.jspecify.annotations.Nullable;

/**
 * The transaction was sent and no answer came: it was applied, or will be yet, or never
 * will. It is not tried again. If it has an id,
 * {@link RedisTransactionOperations#outcome(String, String)} says what has become of it,
 * and executing it again with the same id applies it, or says with
 * {@link AlreadyAppliedException} that it was applied.
 * <p>
 * Also thrown when Redis refused a command that it was thought to take and the ones
 * before it stay applied; the message says so.
 */
public final class OutcomeUnknownException extends RedisTransactionException {

	private final @Nullable String id;

	/**
	 * Creates an exception.
	 * @param id the id of the transaction, {@code null} if it has none
	 * @param cause what went wrong
	 */
	public OutcomeUnknownException(@Nullable String id, Throwable cause) {
		this(id, "Outcome unknown: the transaction was sent and Redis did not answer"
				+ ((id != null) ? "" : "; a transaction with an id could be asked for"), cause);
	}

	/**
	 * Creates an exception.
	 * @param id the id of the transaction, {@code null} if it has none
	 * @param message what is known
	 * @param cause what went wrong, {@code null} if the message says it
	 */
	public OutcomeUnknownException(@Nullable String id, String message, @Nullable Throwable cause) {
		super(message, cause);
		this.id = id;
	}

	/**
	 * Returns the id of the transaction.
	 * @return the id, {@code null} if it has none
	 */
	public @Nullable String getId() {
		return this.id;
	}

}
