package dev.weir.sample.service.search;

/**
 * Thrown when a batch with the same id and other documents was stored before.
 */
public class BatchConflictException extends RuntimeException {

	BatchConflictException(String batchId) {
		super("The batch '" + batchId + "' was stored before with other documents. Use another 'batch_id'");
	}

}
