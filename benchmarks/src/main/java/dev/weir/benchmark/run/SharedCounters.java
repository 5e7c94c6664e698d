package dev.weir.benchmark.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Counters that all JVMs of a run share. They are in a file that every JVM maps into its
 * memory, so counting costs each contender the same few nanoseconds and sends nothing to
 * Redis. Thread-safe.
 */
final class SharedCounters {

	/** Number of counters. */
	static final int SIZE = 8192;

	private static final VarHandle COUNTER = MethodHandles.byteBufferViewVarHandle(int[].class,
			ByteOrder.nativeOrder());

	/**
	 * Distance of two counters in bytes. Counters on one cache line would slow each other
	 * down.
	 */
	private static final int SPACING = 128;

	/** Position of the flag for checks, behind the counters. */
	private static final int CHECKING = SIZE * SPACING;

	private final ByteBuffer counters;

	private SharedCounters(ByteBuffer counters) {
		this.counters = counters;
	}

	static SharedCounters in(Path file) {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
			return new SharedCounters(channel.map(FileChannel.MapMode.READ_WRITE, 0, CHECKING + SPACING));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	int add(int counter, int change) {
		return (int) COUNTER.getAndAdd(this.counters, counter * SPACING, change) + change;
	}

	int get(int counter) {
		return (int) COUNTER.getVolatile(this.counters, counter * SPACING);
	}

	void reset() {
		for (int i = 0; i < SIZE; i++) {
			COUNTER.setVolatile(this.counters, i * SPACING, 0);
		}
	}

	boolean isChecking() {
		return (int) COUNTER.getVolatile(this.counters, CHECKING) == 1;
	}

	void setChecking(boolean checking) {
		COUNTER.setVolatile(this.counters, CHECKING, checking ? 1 : 0);
	}

}
