package dev.weir.transaction;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Options of a transaction. Immutable: each method that sets an option returns a new
 * object. Options that are not set come from the properties {@code weir.transaction.*}.
 *
 * @param id the id of the transaction, {@code null} for none; with an id, the outcome can
 * be queried, and the transaction is applied only once, however often it is executed
 * @param retries how often the callback is called again after another client has changed
 * a value that it read, {@code null} if not set
 * @param timeout the longest time from the first call of the callback until the last try
 * is sent, {@code null} if not set
 */
public record TransactionOptions(@Nullable String id, @Nullable Integer retries, @Nullable Duration timeout) {

	private static final TransactionOptions DEFAULTS = new TransactionOptions(null, null, null);

	private static final int MAX_ID_LENGTH = 256;

	/** The shortest timeout of a transaction. */
	public static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(1);

	/** The longest timeout of a transaction. */
	public static final Duration LONGEST_TIMEOUT = Duration.ofDays(365);

	public TransactionOptions {
		if (id != null && (id.isBlank() || id.length() > MAX_ID_LENGTH)) {
			throw new IllegalArgumentException(
					"The id of a transaction must have 1 to " + MAX_ID_LENGTH + " characters, not " + id.length());
		}
		if (id != null) {
			Arguments.requireUnicode(id);
		}
		if (retries != null && retries < 0) {
			throw new IllegalArgumentException("'retries' must not be negative, but is " + retries);
		}
		if (timeout != null && (timeout.compareTo(SHORTEST_TIMEOUT) < 0 || timeout.compareTo(LONGEST_TIMEOUT) > 0)) {
			throw new IllegalArgumentException("'timeout' must be between 1 ms and 365 d, not " + timeout);
		}
	}

	/**
	 * Returns options that set nothing.
	 * @return the options
	 */
	public static TransactionOptions defaults() {
		return DEFAULTS;
	}

	/**
	 * Sets the id of the transaction.
	 * @param id the id, 1 to 256 characters
	 * @return the options
	 */
	public TransactionOptions id(String id) {
		return new TransactionOptions(id, this.retries, this.timeout);
	}

	/**
	 * Sets how often the callback is called again.
	 * @param retries the number of further calls, 0 for none
	 * @return the options
	 */
	public TransactionOptions retries(int retries) {
		return new TransactionOptions(this.id, retries, this.timeout);
	}

	/**
	 * Sets the longest time that the transaction may take.
	 * @param timeout the longest time, at least 1 ms
	 * @return the options
	 */
	public TransactionOptions timeout(Duration timeout) {
		return new TransactionOptions(this.id, this.retries, timeout);
	}

	/**
	 * Returns these options, completed by other options.
	 * @param others the values of the options that are not set here
	 * @return the options
	 */
	TransactionOptions orElse(TransactionOptions others) {
		return new TransactionOptions((this.id != null) ? this.id : others.id,
				(this.retries != null) ? this.retries : others.retries,
				(this.timeout != null) ? this.timeout : others.timeout);
	}

}
