package dev.weir.transaction;

/**
 * A key has another value than the transaction read or required. Nothing was written.
 */
public final class OptimisticLockException extends RedisTransactionException {

	private final String key;

	private final boolean required;

	/**
	 * Creates an exception.
	 * @param key the key that has another value
	 * @param required whether the value was required; otherwise it was read
	 * @param tries how often the transaction was tried
	 */
	public OptimisticLockException(String key, boolean required, int tries) {
		super("Nothing was written: a key has another value than the transaction " + (required ? "required"
				: "read; tried " + tries + ((tries == 1) ? " time" : " times in a row, each time somebody was faster")),
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
	 * Returns whether the value was required. Otherwise it was read, and trying again may
	 * help.
	 * @return whether it was required
	 */
	public boolean isRequired() {
		return this.required;
	}

}
