package dev.weir.sample.service.embedding;

/**
 * Thrown when a caller requests a model that this service does not have.
 */
public class UnknownModelException extends RuntimeException {

	UnknownModelException(String model, String known) {
		super("There is no model '" + model + "'. Use the model '" + known + "'");
	}

}
