package dev.weir.sample.service.embedding;

/**
 * Thrown when the model can read nothing in a text, for example because all characters
 * are invisible.
 */
public class UnreadableTextException extends RuntimeException {

	/**
	 * Creates an exception.
	 * @param cause the failure of the model
	 */
	public UnreadableTextException(Throwable cause) {
		super("The model can read nothing in this text", cause);
	}

}
