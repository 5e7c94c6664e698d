package dev.weir.sample.service.search;

/**
 * Thrown when there is no room for more documents.
 */
public class StorageFullException extends RuntimeException {

	StorageFullException(String problem) {
		super(problem);
	}

}
