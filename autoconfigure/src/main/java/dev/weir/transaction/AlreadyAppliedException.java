package dev.weir.transaction;

/**
 * A transaction with this id was applied by an earlier execution, so this one has written
 * nothing. What its callback read or decided has no meaning.
 */
public final class AlreadyAppliedException extends RedisTransactionException {

	private final String id;

	/**
	 * Creates an exception.
	 * @param id the id of the transaction
	 */
	public AlreadyAppliedException(String id) {
		super("Nothing was written: the transaction with this id was applied before", null);
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
