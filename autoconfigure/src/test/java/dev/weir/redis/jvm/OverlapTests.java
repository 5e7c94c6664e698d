package dev.weir.redis.jvm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Three JVMs compete for locks while one of them is killed and replaced, Redis is frozen,
 * its scripts are flushed, and threads are interrupted. Afterwards the logs of the JVMs
 * show when each lease was valid.
 */
class OverlapTests {

	private static final int JVMS = 3;

	private static final int KEYS = 20;

	/** Bytes that the JVMs must write: two lines of about 45 bytes for each lease. */
	private static final long ENOUGH = 90_000;

	@TempDir
	private Path directory;

	private final List<Process> processes = new ArrayList<>();

	private int started;

	@Test
	@Timeout(150)
	void noTwoValidLeasesOverlap() throws Exception {
		compete(12);
	}

	@Test
	@Tag("long")
	@Timeout(240)
	void noTwoValidLeasesOverlapForLong() throws Exception {
		compete(Integer.getInteger("overlap.seconds", 70));
	}

	private void compete(int seconds) throws Exception {
		try (RedisServer redis = RedisServer.start()) {
			long endsAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
			for (int i = 0; i < JVMS; i++) {
				start(redis);
			}
			Random random = new Random();
			// A slow machine takes longer until there are enough leases to check.
			while (remaining(endsAt) > 6 || written() < ENOUGH / 2) {
				// This is the rhythm of faults. It does not wait for a condition.
				Thread.sleep(500 + random.nextInt(1500));
				switch (random.nextInt(3)) {
					case 0 -> redis.command("SCRIPT", "FLUSH");
					case 1 -> freeze(redis);
					default -> {
						this.processes.remove(random.nextInt(JVMS)).destroyForcibly().waitFor();
						start(redis);
					}
				}
			}
			// All JVMs had time to recover from the last fault.
			await().atMost(60, TimeUnit.SECONDS)
				.pollInterval(Duration.ofMillis(100))
				.until(() -> remaining(endsAt) <= 0 && written() > ENOUGH);
			Files.createFile(end());
			for (Process process : this.processes) {
				assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
				assertThat(process.exitValue()).isZero();
			}
			await().atMost(OverlapWorker.TTL.plusSeconds(4))
				.untilAsserted(() -> assertThat(leftovers(redis)).isEmpty());
		}
		finally {
			this.processes.forEach(Process::destroyForcibly);
		}
		check();
	}

	private static void freeze(RedisServer redis) throws InterruptedException {
		redis.pause();
		try {
			Thread.sleep(2000);
		}
		finally {
			redis.resume();
		}
	}

	private void start(RedisServer redis) throws Exception {
		int number = this.started++;
		this.processes.add(ForkedJvm.start(this.directory.resolve("output-" + number), OverlapWorker.class, redis.uri(),
				this.directory.resolve("log-" + number).toString(), Integer.toString(KEYS), end().toString()));
	}

	private Path end() {
		return this.directory.resolve("end");
	}

	private long written() {
		long bytes = 0;
		for (int number = 0; number < this.started; number++) {
			bytes += this.directory.resolve("log-" + number).toFile().length();
		}
		return bytes;
	}

	private void check() throws Exception {
		Map<String, Map<Long, long[]>> leases = new HashMap<>();
		for (int number = 0; number < this.started; number++) {
			Path log = this.directory.resolve("log-" + number);
			if (Files.exists(log)) {
				Files.readAllLines(log).forEach((line) -> read(line.split(" "), leases));
			}
		}
		assertThat(leases).hasSize(KEYS);
		long checked = 0;
		for (Map.Entry<String, Map<Long, long[]>> ofKey : leases.entrySet()) {
			List<Map.Entry<Long, long[]>> inTime = new ArrayList<>(ofKey.getValue().entrySet());
			inTime.sort(Comparator.comparingLong((lease) -> lease.getValue()[0]));
			for (int i = 1; i < inTime.size(); i++) {
				assertThat(inTime.get(i).getValue()[0]).as("begin of a lease on %s", ofKey.getKey())
					.isGreaterThan(inTime.get(i - 1).getValue()[1]);
				assertThat(inTime.get(i).getKey()).as("fencing token of %s", ofKey.getKey())
					.isGreaterThan(inTime.get(i - 1).getKey());
				checked++;
			}
		}
		assertThat(checked).isGreaterThan(500);
	}

	/**
	 * Reads one line of a log. For each key and token, it contains the first or the last
	 * time at which the lease was valid. The lease of a holder that was killed or lost it
	 * has no last time: it was valid at least when it began.
	 * @param line the line
	 * @param leases the leases that were read so far
	 */
	private static void read(String[] line, Map<String, Map<Long, long[]>> leases) {
		if (line.length != 4) {
			return; // the last line of a JVM that was killed
		}
		Map<Long, long[]> ofKey = leases.computeIfAbsent(line[1], (key) -> new HashMap<>());
		long nanos = Long.parseLong(line[3]);
		if (line[0].equals("S")) {
			long[] lease = { nanos, nanos };
			long[] other = ofKey.putIfAbsent(Long.parseLong(line[2]), lease);
			// A thread that is interrupted while it writes may write the line again.
			assertThat((other != null) ? other : lease).as("token given twice").startsWith(nanos);
		}
		else {
			ofKey.get(Long.parseLong(line[2]))[1] = nanos;
		}
	}

	private static List<String> leftovers(RedisServer redis) {
		return redis.list("KEYS", "*").stream().map(Object::toString).filter((key) -> !key.endsWith("%fence")).toList();
	}

	private static long remaining(long endsAt) {
		return Duration.ofNanos(endsAt - System.nanoTime()).toSeconds();
	}

}
