package dev.weir.embeddedredis;

/**
 * Thrown when somebody took the port between our look and the server's start: try another
 * one.
 */
final class PortTakenException extends EmbeddedRedisException {

	private static final long serialVersionUID = 1L;

	PortTakenException(String message) {
		super(message);
	}

}
