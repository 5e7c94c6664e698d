package dev.weir.sample.embedding;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the provider of the model limits the rate of requests.
 */
public class EmbedderBusyException extends EmbedderException {

	private final @Nullable String retryAfter;

	EmbedderBusyException(String model, String problem, @Nullable String retryAfter) {
		super(model, problem, null);
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
