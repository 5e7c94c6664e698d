package dev.weir.sample.service.chat;

import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the provider of the model limits the rate of requests, or when this service
 * limits its calls of the provider.
 */
class AnswererBusyException extends RuntimeException {

	private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

	private final @Nullable String retryAfter;

	/**
	 * Creates an exception.
	 * @param retryAfter when the provider accepts requests again: seconds, or a date;
	 * {@code null} if this is unknown
	 */
	AnswererBusyException(@Nullable String retryAfter) {
		super("The model gets too many requests");
		this.retryAfter = retryAfter;
	}

	/**
	 * Returns when the provider accepts requests again.
	 * @return the time, {@code null} if it is unknown
	 */
	@Nullable String retryAfter() {
		return this.retryAfter;
	}

	/**
	 * Returns a text for the user.
	 * @return the text
	 */
	String advice() {
		boolean seconds = this.retryAfter != null && SECONDS.matcher(this.retryAfter).matches();
		return getMessage() + ". Try again " + (seconds ? "in " + this.retryAfter + " s." : "later.");
	}

}
