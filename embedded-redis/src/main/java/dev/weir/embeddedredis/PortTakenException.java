package dev.weir.embeddedredis;

/**
 * Thrown when another process took the port between the check and the server's start. Try
 * another port.
 */
final class PortTakenException extends EmbeddedRedisException {

	private static final long serialVersionUID = 1L;

	PortTakenException(String message) {
		super(message);
	}

}
