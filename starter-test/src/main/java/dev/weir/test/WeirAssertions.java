package dev.weir.test;

import dev.weir.lease.LeaseKind;

/**
 * Entry point for assertions of what is held in a test with {@link AutoConfigureWeir}.
 */
public final class WeirAssertions {

	private WeirAssertions() {
	}

	/**
	 * Looks at the locks of the test that runs on this thread.
	 * @return assertions
	 */
	public static LeasesAssert assertThatLocks() {
		return assertThatLocks(WeirTestExecutionListener.current());
	}

	/**
	 * Looks at locks.
	 * @param weir where to look
	 * @return assertions
	 */
	public static LeasesAssert assertThatLocks(TestWeir weir) {
		return new LeasesAssert(weir, LeaseKind.LOCK);
	}

	/**
	 * Looks at the semaphores of the test that runs on this thread.
	 * @return assertions
	 */
	public static LeasesAssert assertThatSemaphores() {
		return assertThatSemaphores(WeirTestExecutionListener.current());
	}

	/**
	 * Looks at semaphores.
	 * @param weir where to look
	 * @return assertions
	 */
	public static LeasesAssert assertThatSemaphores(TestWeir weir) {
		return new LeasesAssert(weir, LeaseKind.SEMAPHORE);
	}

	/**
	 * Looks at the buckets of the test that runs on this thread.
	 * @return assertions
	 */
	public static BucketsAssert assertThatBuckets() {
		return assertThatBuckets(WeirTestExecutionListener.current());
	}

	/**
	 * Looks at buckets.
	 * @param weir where to look
	 * @return assertions
	 */
	public static BucketsAssert assertThatBuckets(TestWeir weir) {
		return new BucketsAssert(weir);
	}

}
