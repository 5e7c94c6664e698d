package dev.weir.benchmark.run;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.DataFormatException;

import org.HdrHistogram.Histogram;

/**
 * The operations of one JVM in one round.
 *
 * @param inTime the number of operations that ended before the time of the round was over
 * @param nanos the duration of each operation, including operations that ended later; the
 * results would be too good without them
 */
record Sample(long inTime, Histogram nanos) {

	/**
	 * Writes this sample to one line.
	 * @return the line
	 */
	String encoded() {
		ByteBuffer buffer = ByteBuffer.allocate(this.nanos.getNeededByteBufferCapacity());
		int length = this.nanos.encodeIntoCompressedByteBuffer(buffer);
		return this.inTime + " " + Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), length));
	}

	static Sample decoded(String line) {
		int space = line.indexOf(' ');
		ByteBuffer buffer = ByteBuffer.wrap(Base64.getDecoder().decode(line.substring(space + 1)));
		try {
			return new Sample(Long.parseLong(line.substring(0, space)),
					Histogram.decodeFromCompressedByteBuffer(buffer, 1));
		}
		catch (DataFormatException ex) {
			throw new IllegalArgumentException(ex);
		}
	}

}
