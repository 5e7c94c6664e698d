package dev.weir.sample.search;

/**
 * A batch could not be stored since searches kept on storing their results meanwhile.
 */
public class BatchNotStoredException extends RuntimeException {

	BatchNotStoredException(String batchId) {
		super("The batch '" + batchId + "' could not be stored, too much changed meanwhile. Send it again");
	}

}
