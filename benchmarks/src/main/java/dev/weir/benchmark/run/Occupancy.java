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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts who is inside a guarded place, over all JVMs of a run. The counters lie in a
 * file that every JVM maps into its memory: counting costs each contender the same few
 * nanoseconds and sends nothing to Redis. Thread-safe.
 */
public final class Occupancy {

	/**
	 * How long a visit takes. Long enough for a second visitor to be seen, which an empty
	 * visit is not; short beside a round trip.
	 */
	private static final long VISIT_NANOS = TimeUnit.MICROSECONDS.toNanos(5);

	/**
	 * How long a visit takes when all that matters is who else comes. The visitor sleeps:
	 * on few processors, visitors that work are rarely there at the same time.
	 */
	private static final long LONG_VISIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

	private static final VarHandle COUNTER = MethodHandles.byteBufferViewVarHandle(int[].class,
			ByteOrder.nativeOrder());

	/** Counters on one cache line would slow each other down. */
	private static final int SPACING = 128;

	/** Where it stands whether visits are long, behind the counters. */
	private static final int LONG_VISITS = Load.MAX_THREADS * SPACING;

	private final ByteBuffer counters;

	private Occupancy(ByteBuffer counters) {
		this.counters = counters;
	}

	static Occupancy in(Path file) {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
			return new Occupancy(channel.map(FileChannel.MapMode.READ_WRITE, 0, LONG_VISITS + SPACING));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Goes into a place, stays there for a moment, and leaves it.
	 * @param place the number of the place, below {@link Load#MAX_THREADS}
	 * @param limit how many visitors may be in that place
	 * @throws OverlapException if there were more
	 */
	public void visit(int place, int limit) {
		int inside = add(place, 1);
		try {
			if (inside > limit) {
				throw new OverlapException(inside, limit);
			}
			stay();
		}
		finally {
			add(place, -1);
		}
	}

	/**
	 * Says how long visits take from now on, in all JVMs.
	 * @param longVisits whether they take long
	 */
	void setLongVisits(boolean longVisits) {
		COUNTER.setVolatile(this.counters, LONG_VISITS, longVisits ? 1 : 0);
	}

	private void stay() {
		if ((int) COUNTER.getVolatile(this.counters, LONG_VISITS) == 1) {
			LockSupport.parkNanos(LONG_VISIT_NANOS);
			return;
		}
		long begin = System.nanoTime();
		while (System.nanoTime() - begin < VISIT_NANOS) {
			Thread.onSpinWait();
		}
	}

	private int add(int place, int change) {
		return (int) COUNTER.getAndAdd(this.counters, place * SPACING, change) + change;
	}

}
