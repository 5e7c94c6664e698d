package dev.weir.sample.embedding;

/**
 * There is nothing in a text that the model can read: invisible characters, for instance.
 */
public class UnreadableTextException extends RuntimeException {

	UnreadableTextException(Throwable cause) {
		super("The model can read nothing in this text", cause);
	}

}
