package dev.weir.redis.jvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseInterruptedException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;

/**
 * One instance of a service for {@link OverlapTests}, in a JVM of its own. Several
 * threads take random locks, hold them for random times, and log when each lease was
 * certainly valid.
 * <p>
 * Each line of the log is written as one piece: {@code S key token nanos} when a lease
 * was found valid for the first time, {@code E key token nanos} when it was found valid
 * for the last time. The time is that of the monotonic clock, which all processes of one
 * machine share.
 */
public final class OverlapWorker {

	static final Duration TTL = Duration.ofSeconds(3);

	private static final int THREADS = 8;

	private final LeaseManager manager;

	private final Path log;

	private final int keys;

	private final Path end;

	private OverlapWorker(LeaseManager manager, Path log, int keys, Path end) {
		this.manager = manager;
		this.log = log;
		this.keys = keys;
		this.end = end;
	}

	/**
	 * Runs the worker.
	 * @param args the address of Redis, the log, the number of keys, the file that ends
	 * the worker when it appears
	 */
	public static void main(String[] args) throws Exception {
		try (TestRedis.Instance instance = TestRedis.connect(RedisAddress.of(args[0]), Duration.ofMillis(500));
				LeaseManager manager = new LeaseManager(instance.store(),
						new LeaseSettings(TTL, "overlap", Long.toString(ProcessHandle.current().pid())),
						instance.executor())) {
			OverlapWorker worker = new OverlapWorker(manager, Path.of(args[1]), Integer.parseInt(args[2]),
					Path.of(args[3]));
			worker.run();
		}
		// All threads have finished, and no thread of the library keeps the JVM from
		// ending.
		System.out.println("FINISHED");
	}

	private void run() throws InterruptedException {
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			Thread thread = new Thread(this::work, "worker-" + i);
			thread.start();
			threads.add(thread);
		}
		Random random = new Random();
		while (!Files.exists(this.end)) {
			Thread.sleep(random.nextInt(50));
			threads.get(random.nextInt(THREADS)).interrupt();
		}
		for (Thread thread : threads) {
			thread.join();
		}
	}

	private void work() {
		Random random = new Random();
		while (!Files.exists(this.end)) {
			String key = "overlap:" + random.nextInt(this.keys);
			try (Lease lease = this.manager.acquire(new LeaseRequest("overlap", new LeaseKey(LeaseKind.LOCK, key), 1,
					null, Duration.ofMillis(random.nextInt(3000)), true, "worker"))) {
				hold(lease, key, random);
			}
			catch (LeaseInterruptedException ex) {
				Thread.interrupted();
			}
			catch (LeaseBusyException ex) {
				// expected here
			}
			catch (LeaseUnavailableException ex) {
				// While Redis is away, calls fail at once. Threads that only try again
				// would leave no processor for the answer that ends this.
				LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
			}
		}
	}

	private void hold(Lease lease, String key, Random random) {
		long start = System.nanoTime();
		if (!lease.isValid()) {
			return;
		}
		write("S " + key + " " + lease.fencingToken() + " " + start);
		try {
			Thread.sleep(random.nextInt(10));
		}
		catch (InterruptedException ex) {
			// The thread releases sooner. Its interrupt status is cleared.
		}
		long end = System.nanoTime();
		if (lease.isValid()) {
			write("E " + key + " " + lease.fencingToken() + " " + end);
		}
	}

	private void write(String line) {
		try {
			Files.write(this.log, (line + "\n").getBytes(StandardCharsets.US_ASCII), StandardOpenOption.CREATE,
					StandardOpenOption.APPEND);
		}
		catch (ClosedByInterruptException ex) {
			Thread.interrupted();
			write(line);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
