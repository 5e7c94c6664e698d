package dev.weir.benchmark.run;

/**
 * Thrown when a contender lets in more callers than its limit allows.
 */
public final class OverlapException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	OverlapException(int inside, int limit) {
		super(inside + " callers were inside at the same time, but the limit is " + limit);
	}

}
