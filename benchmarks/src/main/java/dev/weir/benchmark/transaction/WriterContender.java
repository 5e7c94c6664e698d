package dev.weir.benchmark.transaction;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import org.redisson.api.RBuckets;
import org.redisson.client.codec.StringCodec;

/**
 * Writes three values of its own for each thread. In checks, all threads write the same
 * three values. After each write, the thread checks that all three values come from the
 * same write.
 */
final class WriterContender implements Contender {

	private static final int VALUES = 3;

	private final Writer writer;

	private final Environment environment;

	private final RBuckets buckets;

	private final AtomicLong next = new AtomicLong();

	private final List<String> shared;

	private final List<List<String>> own;

	WriterContender(Writer writer, Environment environment) {
		this.writer = writer;
		this.environment = environment;
		this.buckets = environment.redisson().getBuckets(StringCodec.INSTANCE);
		this.shared = keys("shared");
		this.own = IntStream.range(0, 16).mapToObj((thread) -> keys(Integer.toString(thread))).toList();
	}

	private List<String> keys(String place) {
		return IntStream.range(0, VALUES)
			.mapToObj((i) -> "benchmark:" + this.writer.name() + ":" + place + ":" + i)
			.toList();
	}

	@Override
	public String name() {
		return this.writer.name();
	}

	@Override
	public void operate(int thread) throws Exception {
		String value = Long.toString(this.next.incrementAndGet());
		if (!this.environment.isChecking()) {
			this.writer.write().write(this.own.get(thread), value);
			return;
		}
		this.writer.write().write(this.shared, value);
		Map<String, String> written = this.buckets.get(this.shared.toArray(String[]::new));
		if (written.size() != VALUES || new HashSet<>(written.values()).size() != 1) {
			throw new IllegalStateException("A part of a transaction is visible: " + written);
		}
	}

}
