package dev.weir.ratelimit;

import java.util.Arrays;

import io.github.bucket4j.distributed.remote.MutableBucketEntry;
import io.github.bucket4j.distributed.remote.RemoteBucketState;
import io.github.bucket4j.distributed.versioning.Versions;
import org.jspecify.annotations.Nullable;

/**
 * The stored value of a bucket: bytes in the format of Bucket4j, and the state that they
 * encode. The bytes of a state are created on first use, because a store that keeps
 * buckets in this JVM does not need them. Two stored buckets are equal if their bytes are
 * equal. Immutable.
 */
public final class StoredBucket {

	private final @Nullable RemoteBucketState state;

	private volatile byte @Nullable [] bytes;

	private StoredBucket(@Nullable RemoteBucketState state, byte @Nullable [] bytes) {
		this.state = state;
		this.bytes = bytes;
	}

	/**
	 * Creates a stored bucket from bytes.
	 * @param bytes any bytes, not changed later
	 * @return the stored bucket, without a state if the bytes encode none
	 */
	public static StoredBucket of(byte[] bytes) {
		try {
			return new StoredBucket(new MutableBucketEntry(bytes).get(), bytes);
		}
		catch (RuntimeException ex) {
			return new StoredBucket(null, bytes);
		}
	}

	/**
	 * Creates a stored bucket from a state.
	 * @param state the state, not changed later
	 * @return the stored bucket
	 */
	static StoredBucket of(RemoteBucketState state) {
		return new StoredBucket(state, null);
	}

	/**
	 * Returns the bytes.
	 * @return the bytes, which must not be changed
	 */
	public byte[] bytes() {
		byte[] known = this.bytes;
		if (known == null) {
			known = new MutableBucketEntry(this.state).getStateBytes(Versions.getLatest());
			this.bytes = known;
		}
		return known;
	}

	/**
	 * Returns the state.
	 * @return the state, which must not be changed, {@code null} if the bytes encode no
	 * state
	 */
	@Nullable RemoteBucketState state() {
		return this.state;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return this == other || (other instanceof StoredBucket bucket && Arrays.equals(bytes(), bucket.bytes()));
	}

	@Override
	public int hashCode() {
		return Arrays.hashCode(bytes());
	}

	@Override
	public String toString() {
		return (this.state != null) ? this.state.toString() : Arrays.toString(this.bytes);
	}

}
