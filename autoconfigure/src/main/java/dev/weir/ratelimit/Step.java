package dev.weir.ratelimit;

import java.util.List;

import io.github.bucket4j.distributed.remote.MutableBucketEntry;

/**
 * What is done with some buckets in one atomic step. May run several times before it
 * counts, each time with fresh buckets, and must have no other effect than on them.
 *
 * @param <T> the type of what the step finds
 */
@FunctionalInterface
interface Step<T> {

	/**
	 * Looks at the buckets and changes them.
	 * @param buckets the buckets, in the order of their keys; only what is
	 * {@linkplain MutableBucketEntry#set set} is written
	 * @param nanos the time of the store, in nanoseconds since 1970
	 * @return what was found
	 */
	T apply(List<MutableBucketEntry> buckets, long nanos);

}
