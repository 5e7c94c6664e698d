package dev.weir.benchmark.annotation;

/**
 * A service whose methods each contender annotates in its own way.
 */
interface GuardedService {

	/** Number of callers that the limit of {@link #tight} lets through. */
	int TIGHT = 3;

	/**
	 * Adds one to a value. The guard never makes a caller wait and never denies a call.
	 * @param value the argument
	 * @return the argument plus one
	 */
	int call(int value);

	/**
	 * Runs the work of a caller. The guard lets only {@link #TIGHT} callers through, at
	 * the same time or in total.
	 * @param work the work of the caller
	 */
	void tight(Runnable work);

}
