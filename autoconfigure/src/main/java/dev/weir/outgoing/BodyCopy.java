package dev.weir.outgoing;

import java.io.ByteArrayOutputStream;

import org.jspecify.annotations.Nullable;

/**
 * A copy of the body that a caller reads, up to a bound. Not thread-safe.
 */
final class BodyCopy {

	/** The length of the longest body that is copied. */
	static final int MAX_BYTES = 8 * 1024 * 1024;

	private @Nullable ByteArrayOutputStream bytes = new ByteArrayOutputStream();

	/**
	 * Adds bytes.
	 * @param source the array with the bytes
	 * @param offset the index of the first byte
	 * @param length the number of bytes
	 */
	void add(byte[] source, int offset, int length) {
		if (this.bytes != null && this.bytes.size() + length > MAX_BYTES) {
			this.bytes = null;
		}
		if (this.bytes != null) {
			this.bytes.write(source, offset, length);
		}
	}

	/**
	 * Returns the copy.
	 * @return the bytes, {@code null} if the body was too long
	 */
	byte @Nullable [] toByteArray() {
		return (this.bytes != null) ? this.bytes.toByteArray() : null;
	}

}
