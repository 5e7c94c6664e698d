package dev.weir.sample.embedding;

/**
 * Thrown when the model gives no answer.
 */
public class EmbedderException extends RuntimeException {

	EmbedderException(String model, Throwable cause) {
		super("The model '" + model + "' gave no answer", cause);
	}

}
