package dev.weir.sample.service.search;

/**
 * Thrown when a batch could not be stored, because searches stored results at the same
 * time again and again.
 */
public class BatchNotStoredException extends RuntimeException {

	BatchNotStoredException(String batchId) {
		super("The batch '" + batchId + "' could not be stored, because the data changed too often at the same time. "
				+ "Send the batch again");
	}

}
