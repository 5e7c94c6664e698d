package dev.weir.local;

import java.util.function.LongSupplier;

import dev.weir.ratelimit.BucketStore;

/**
 * Creates local stores for tests of other packages.
 */
public final class LocalBucketStores {

	private LocalBucketStores() {
	}

	/**
	 * Creates a store with a clock of the test.
	 * @param micros the time, in microseconds since 1970
	 * @return the store
	 */
	public static BucketStore withClock(LongSupplier micros) {
		return new LocalBucketStore(micros);
	}

}
