package dev.weir.sample.embedding;

/**
 * Thrown when the model can read nothing in a text, for example because all characters
 * are invisible.
 */
public class UnreadableTextException extends RuntimeException {

	UnreadableTextException(Throwable cause) {
		super("The model can read nothing in this text", cause);
	}

}
