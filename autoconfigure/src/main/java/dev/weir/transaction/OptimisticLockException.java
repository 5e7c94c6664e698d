package dev.weir.transaction;

/**
 * Thrown when a key has another value than the transaction read or required. Nothing was
 * written.
 */
public final class OptimisticLockException extends RedisTransactionException {

	private final String key;

	private final boolean required;

	/**
	 * Creates an exception.
	 * @param key the key that has another value
	 * @param required whether the value was required; otherwise it was read
	 * @param tries the number of tries of the transaction
	 */
	public OptimisticLockException(String key, boolean required, int tries) {
		super("Nothing was written: a key has another value than the transaction " + (required ? "required"
				: "read. The transaction was tried " + tries
						+ ((tries == 1) ? " time" : " times, and each time another client changed a value first")),
				null);
		this.key = key;
		this.required = required;
	}

	/**
	 * Returns the key that has another value.
	 * @return the key; may hold data of a user
	 */
	public String getKey() {
		return this.key;
	}

	/**
	 * Returns whether the value was required. Otherwise the value was read, and a further
	 * try may help.
	 * @return whether the value was required
	 */
	public boolean isRequired() {
		return this.required;
	}

}
