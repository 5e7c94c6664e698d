package dev.weir.embeddedredis;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a server cannot be started or signalled, does not answer, or answers with
 * an error. The message for an error reply is the text of the server, for example
 * {@code NOSCRIPT No matching script}.
 */
public class EmbeddedRedisException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message the problem, and the cure if there is one
	 */
	public EmbeddedRedisException(String message) {
		super(message);
	}

	/**
	 * Creates an exception with a cause.
	 * @param message the problem, and the cure if there is one
	 * @param cause the cause
	 */
	public EmbeddedRedisException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
