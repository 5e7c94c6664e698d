package dev.weir.ratelimit;

import java.util.List;

import io.github.bucket4j.distributed.remote.MutableBucketEntry;

/**
 * Reads and changes some buckets in one atomic step. May run several times before its
 * result counts, each time with fresh buckets, and must have no effect other than on
 * these buckets.
 *
 * @param <T> the type of the result of the step
 */
@FunctionalInterface
interface Step<T> {

	/**
	 * Reads and changes the buckets.
	 * @param buckets the buckets, in the order of their keys; only a state that is
	 * {@linkplain MutableBucketEntry#set set} is written
	 * @param nanos the time of the store, in nanoseconds since 1970
	 * @return the result
	 */
	T apply(List<MutableBucketEntry> buckets, long nanos);

}
