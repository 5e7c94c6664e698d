package dev.weir.sample.embedding;

/**
 * Somebody asked for a model that this service does not have.
 */
public class UnknownModelException extends RuntimeException {

	UnknownModelException(String model, String known) {
		super("There is no model '" + model + "' here. Known is '" + known + "'");
	}

}
