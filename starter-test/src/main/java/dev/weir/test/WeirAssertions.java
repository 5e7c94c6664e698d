package dev.weir.test;

import dev.weir.lease.LeaseKind;

/**
 * Entry point for assertions on the leases and buckets of a test with
 * {@link AutoConfigureWeir}.
 */
public final class WeirAssertions {

	private WeirAssertions() {
	}

	/**
	 * Returns assertions on the locks of the test that runs on this thread.
	 * @return the assertions
	 */
	public static LeasesAssert assertThatLocks() {
		return assertThatLocks(WeirTestExecutionListener.current());
	}

	/**
	 * Returns assertions on locks.
	 * @param weir the bean of the test
	 * @return the assertions
	 */
	public static LeasesAssert assertThatLocks(TestWeir weir) {
		return new LeasesAssert(weir, LeaseKind.LOCK);
	}

	/**
	 * Returns assertions on the semaphores of the test that runs on this thread.
	 * @return the assertions
	 */
	public static LeasesAssert assertThatSemaphores() {
		return assertThatSemaphores(WeirTestExecutionListener.current());
	}

	/**
	 * Returns assertions on semaphores.
	 * @param weir the bean of the test
	 * @return the assertions
	 */
	public static LeasesAssert assertThatSemaphores(TestWeir weir) {
		return new LeasesAssert(weir, LeaseKind.SEMAPHORE);
	}

	/**
	 * Returns assertions on the buckets of the test that runs on this thread.
	 * @return the assertions
	 */
	public static BucketsAssert assertThatBuckets() {
		return assertThatBuckets(WeirTestExecutionListener.current());
	}

	/**
	 * Returns assertions on buckets.
	 * @param weir the bean of the test
	 * @return the assertions
	 */
	public static BucketsAssert assertThatBuckets(TestWeir weir) {
		return new BucketsAssert(weir);
	}

}
