package dev.weir.redis.jvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnLost;
import dev.weir.lease.engine.LeaseGuard;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;

/**
 * One instance of a service for {@link TickTests}, in a JVM of its own with a clock that
 * is late. It runs a job at each tick of this clock, unless another instance does so.
 * <p>
 * Each line of the log is written as one piece: {@code A tick nanos} when the instance
 * asked for the lock, {@code R tick nanos} and {@code E tick nanos} when the job began
 * and ended. The time is that of the monotonic clock, which all processes of one machine
 * share.
 */
public final class TickWorker {

	static final Duration TTL = Duration.ofSeconds(1);

	/** The time from one tick to the next. */
	static final Duration PERIOD = Duration.ofMillis(500);

	/** By how much the clocks of two instances differ at most. */
	static final Duration LATEST = Duration.ofMillis(300);

	/** Longer than the clocks differ, and shorter than the time between two ticks. */
	private static final Duration AT_LEAST = Duration.ofMillis(400);

	private static final Duration JOB = Duration.ofMillis(100);

	static final String KEY = "tick";

	private final LeaseTemplate template;

	private final Path log;

	private TickWorker(LeaseTemplate template, Path log) {
		this.template = template;
		this.log = log;
	}

	/**
	 * Runs the worker until the end appears.
	 * @param args the address of Redis, the log, the time of the first tick in
	 * nanoseconds, by how many milliseconds the clock of this instance is late, the file
	 * that ends the worker when it appears
	 */
	public static void main(String[] args) {
		try (TestRedis.Instance instance = TestRedis.connect(RedisAddress.of(args[0]), TestRedis.PATIENCE);
				LeaseManager manager = new LeaseManager(instance.store(),
						new LeaseSettings(TTL, "tick", Long.toString(ProcessHandle.current().pid())),
						instance.executor())) {
			TickWorker worker = new TickWorker(new LeaseTemplate(manager, EnclosingWork.NONE), Path.of(args[1]));
			// The first calls connect and load classes.
			worker.template.call(guard("first"), () -> "", LeaseTemplate.Ending::atReturn, (busy) -> "");
			worker.template.call(guard("first"), () -> "", LeaseTemplate.Ending::atReturn, (busy) -> "");
			long clock = Long.parseLong(args[2]) + Duration.ofMillis(Long.parseLong(args[3])).toNanos();
			long tick = (System.nanoTime() - clock) / PERIOD.toNanos() + 1;
			for (; !Files.exists(Path.of(args[4])); tick++) {
				waitUntil(clock + tick * PERIOD.toNanos());
				worker.run(tick);
			}
		}
	}

	private static void waitUntil(long time) {
		for (long rest = time - System.nanoTime(); rest > 0; rest = time - System.nanoTime()) {
			LockSupport.parkNanos(rest);
		}
	}

	private static LeaseGuard guard(String key) {
		return new LeaseGuard(
				List.of(new LeaseRequest(key, new LeaseKey(LeaseKind.LOCK, key), 1, null, Duration.ZERO, false, "job")
					.keptFor(key.equals(KEY) ? AT_LEAST : Duration.ZERO)),
				OnUnavailable.FAIL, OnLost.FAIL);
	}

	private void run(long tick) {
		write("A", tick);
		try {
			this.template.call(guard(KEY), () -> {
				write("R", tick);
				waitUntil(System.nanoTime() + JOB.toNanos());
				write("E", tick);
				return "";
			});
		}
		catch (LeaseBusyException ex) {
			// Another instance runs this tick.
		}
	}

	private void write(String what, long tick) {
		try {
			Files.write(this.log,
					(what + " " + tick + " " + System.nanoTime() + "\n").getBytes(StandardCharsets.US_ASCII),
					StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
