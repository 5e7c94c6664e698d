package dev.weir.benchmark.run;

/**
 * Thrown when a contender lets in more callers than it may.
 */
public final class OverlapException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	OverlapException(int inside, int limit) {
		super(inside + " callers were inside at the same time where " + limit + " may be");
	}

}
