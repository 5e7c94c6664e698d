package dev.weir.benchmark.annotation;

/**
 * A service whose methods are annotated by each contender in its own way.
 */
interface GuardedService {

	/** How many callers the limit of {@link #tight} lets through. */
	int TIGHT = 3;

	/**
	 * Guarded so that nobody ever waits or is denied.
	 * @param value the argument
	 * @return the argument plus one
	 */
	int call(int value);

	/**
	 * Guarded so that only {@link #TIGHT} callers come through, at a time or in all.
	 * @param work what the caller does inside
	 */
	void tight(Runnable work);

}
