package dev.weir.sample.embedding;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the model gives no answer, or an answer that cannot be used.
 */
public class EmbedderException extends RuntimeException {

	EmbedderException(String model, String problem, @Nullable Throwable cause) {
		super("The model '" + model + "' " + problem, cause);
	}

}
