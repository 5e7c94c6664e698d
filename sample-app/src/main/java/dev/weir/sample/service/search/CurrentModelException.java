package dev.weir.sample.service.search;

/**
 * Thrown when documents of the current model should be embedded anew.
 */
public class CurrentModelException extends RuntimeException {

	CurrentModelException(String model) {
		super("The documents already belong to the model '" + model + "'. Name the model that the service had before");
	}

}
