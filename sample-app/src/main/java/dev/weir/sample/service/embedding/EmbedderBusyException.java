package dev.weir.sample.service.embedding;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the provider of the model limits the rate of requests, or when this service
 * limits its calls of the provider.
 */
public class EmbedderBusyException extends EmbedderException {

	private final @Nullable String retryAfter;

	/**
	 * Creates an exception.
	 * @param model the name of the model
	 * @param problem the problem, such as {@code "answered with status 429"}
	 * @param retryAfter the {@code Retry-After} of the provider, {@code null} if it sent
	 * none
	 */
	public EmbedderBusyException(String model, String problem, @Nullable String retryAfter) {
		super(model, problem);
		this.retryAfter = retryAfter;
	}

	/**
	 * Returns when the provider accepts requests again.
	 * @return the {@code Retry-After} of the provider, {@code null} if it sent none
	 */
	@Nullable String getRetryAfter() {
		return this.retryAfter;
	}

}
