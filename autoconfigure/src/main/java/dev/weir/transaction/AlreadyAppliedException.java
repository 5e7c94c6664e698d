package dev.weir.transaction;

/**
 * Thrown when an earlier execution has applied the transaction with this id. This
 * execution has written nothing, and the reads and decisions of its callback have no
 * meaning.
 */
public final class AlreadyAppliedException extends RedisTransactionException {

	private final String id;

	/**
	 * Creates an exception.
	 * @param id the id of the transaction
	 */
	public AlreadyAppliedException(String id) {
		super("Nothing was written: an earlier execution has already applied the transaction with this id", null);
		this.id = id;
	}

	/**
	 * Returns the id of the transaction.
	 * @return the id
	 */
	public String getId() {
		return this.id;
	}

}
