package dev.weir.embeddedredis;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a server cannot be started or signalled, does not answer, or answers with
 * an error. The message of an error reply is what the server said, for example
 * {@code NOSCRIPT No matching script}.
 */
public class EmbeddedRedisException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message what happened, and the cure if there is one
	 */
	public EmbeddedRedisException(String message) {
		super(message);
	}

	/**
	 * Creates an exception with a cause.
	 * @param message what happened, and the cure if there is one
	 * @param cause why it happened
	 */
	public EmbeddedRedisException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
