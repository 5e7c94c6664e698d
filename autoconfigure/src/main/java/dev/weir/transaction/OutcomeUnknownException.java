package dev.weir.transaction;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the transaction was sent and no answer arrived. The transaction was
 * applied, or will still be applied, or never will be. It is not tried again. If it has
 * an id, {@link RedisTransactionOperations#outcome(String, String)} returns its outcome.
 * A further execution with the same id applies the transaction, or fails with
 * {@link AlreadyAppliedException} if it was applied.
 * <p>
 * Also thrown when Redis refused a command that it was expected to accept and the
 * commands before it stay applied. The message states this case.
 */
public final class OutcomeUnknownException extends RedisTransactionException {

	private final @Nullable String id;

	/**
	 * Creates an exception.
	 * @param id the id of the transaction, {@code null} if it has none
	 * @param cause the failure of the call
	 */
	public OutcomeUnknownException(@Nullable String id, Throwable cause) {
		this(id, "The outcome is unknown: the transaction was sent, and Redis did not answer"
				+ ((id != null) ? "" : ". Only the outcome of a transaction with an id can be queried"), cause);
	}

	/**
	 * Creates an exception.
	 * @param id the id of the transaction, {@code null} if it has none
	 * @param message the message
	 * @param cause the failure of the call, {@code null} if the message describes it
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
