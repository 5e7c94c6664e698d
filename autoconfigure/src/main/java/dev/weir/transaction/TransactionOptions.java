package dev.weir.transaction;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What is asked of a transaction beyond its commands. Immutable: each method that says
 * more returns another one. What it does not say comes from the properties
 * {@code weir.transaction.*}.
 *
 * @param id what identifies the transaction, so that it can be asked for and is applied
 * only once however often it is executed; {@code null} for none
 * @param retries how often the callback is called again when somebody else has changed
 * what it read, {@code null} if not said
 * @param timeout the longest time from the first call of the callback until the last try
 * is sent, {@code null} if not said
 */
public record TransactionOptions(@Nullable String id, @Nullable Integer retries, @Nullable Duration timeout) {

	private static final TransactionOptions DEFAULTS = new TransactionOptions(null, null, null);

	private static final int MAX_ID_LENGTH = 256;

	public TransactionOptions {
		if (id != null && (id.isBlank() || id.length() > MAX_ID_LENGTH)) {
			throw new IllegalArgumentException(
					"The id of a transaction must have 1 to " + MAX_ID_LENGTH + " characters, not " + id.length());
		}
		if (retries != null && retries < 0) {
			throw new IllegalArgumentException("'retries' must not be negative, but is " + retries);
		}
		if (timeout != null && timeout.toMillis() < 1) {
			throw new IllegalArgumentException("'timeout' must be at least 1 ms, not " + timeout);
		}
	}

	/**
	 * Asks for nothing special.
	 * @return the options
	 */
	public static TransactionOptions defaults() {
		return DEFAULTS;
	}

	/**
	 * Identifies the transaction.
	 * @param id the id, 1 to 256 characters
	 * @return the options
	 */
	public TransactionOptions id(String id) {
		return new TransactionOptions(id, this.retries, this.timeout);
	}

	/**
	 * Says how often the callback is called again.
	 * @param retries how often, 0 for never
	 * @return the options
	 */
	public TransactionOptions retries(int retries) {
		return new TransactionOptions(this.id, retries, this.timeout);
	}

	/**
	 * Says how long the transaction may take.
	 * @param timeout the longest time, at least 1 ms
	 * @return the options
	 */
	public TransactionOptions timeout(Duration timeout) {
		return new TransactionOptions(this.id, this.retries, timeout);
	}

	/**
	 * Fills in what these options do not say.
	 * @param others say it
	 * @return the options
	 */
	TransactionOptions orElse(TransactionOptions others) {
		return new TransactionOptions((this.id != null) ? this.id : others.id,
				(this.retries != null) ? this.retries : others.retries,
				(this.timeout != null) ? this.timeout : others.timeout);
	}

}
