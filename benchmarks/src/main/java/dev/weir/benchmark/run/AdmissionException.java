package dev.weir.benchmark.run;

/**
 * Thrown when a contender lets through more or fewer callers than expected.
 */
public final class AdmissionException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	AdmissionException(int admitted, int limit) {
		super(admitted + " callers were admitted, expected " + limit);
	}

}
