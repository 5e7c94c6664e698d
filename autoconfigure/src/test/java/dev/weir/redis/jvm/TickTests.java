package dev.weir.redis.jvm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Three JVMs whose clocks differ run a job at each tick, one of them each time. The JVM
 * that runs the job is killed now and then.
 */
class TickTests {

	private static final int JVMS = 3;

	/**
	 * By how much an instance may be later than its clock: the time for which the lock is
	 * kept has this much room on both sides. A tick for which a machine stalls for longer
	 * does not count.
	 */
	private static final long ROOM = Duration.ofMillis(60).toNanos();

	@TempDir
	private Path directory;

	private final List<Process> processes = new ArrayList<>();

	private final List<Path> logs = new ArrayList<>();

	private long firstTick;

	@Test
	@Timeout(120)
	void eachTickRunsOnce() throws Exception {
		tick(5, 1);
	}

	@Test
	@Tag("long")
	@EnabledIfSystemProperty(named = "once.seconds", matches = "\\d+")
	@Timeout(600)
	void eachTickRunsOnceForLong() throws Exception {
		int seconds = Integer.getInteger("once.seconds");
		tick(seconds, Math.max(1, seconds / 10));
	}

	private void tick(int seconds, int kills) throws Exception {
		List<Long> killedAt = new ArrayList<>();
		try (RedisServer redis = RedisServer.start()) {
			this.firstTick = System.nanoTime();
			for (int i = 0; i < JVMS; i++) {
				start(redis, i);
			}
			for (Path log : this.logs) {
				await().atMost(60, TimeUnit.SECONDS).until(() -> Files.exists(log));
			}
			long from = System.nanoTime();
			for (int i = 1; i <= kills; i++) {
				waitUntil(from + TimeUnit.SECONDS.toNanos(seconds) * (2 * i - 1) / (2 * kills));
				killedAt.add(killTheRunning(redis, kills > 1));
			}
			waitUntil(from + TimeUnit.SECONDS.toNanos(seconds));
			Files.createFile(end());
			for (Process process : this.processes) {
				assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
			}
		}
		finally {
			this.processes.forEach(Process::destroyForcibly);
		}
		check(killedAt);
	}

	private static void waitUntil(long time) {
		await().pollInterval(Duration.ofMillis(10))
			.atMost(10, TimeUnit.MINUTES)
			.until(() -> System.nanoTime() - time > 0);
	}

	private void start(RedisServer redis, int number) throws Exception {
		Path log = this.directory.resolve("log-" + this.logs.size());
		this.logs.add(log);
		this.processes.add(ForkedJvm.start(this.directory.resolve("output-" + this.logs.size()), TickWorker.class,
				redis.uri(), log.toString(), Long.toString(this.firstTick),
				Long.toString(TickWorker.LATEST.toMillis() * number / (JVMS - 1)), end().toString()));
	}

	private Path end() {
		return this.directory.resolve("end");
	}

	/**
	 * Kills the JVM that runs the job.
	 * @param redis contains the process
	 * @param replaced whether another one with the same clock starts
	 * @return when the JVM was killed
	 */
	private long killTheRunning(RedisServer redis, boolean replaced) throws Exception {
		int[] found = { -1 };
		await().atMost(20, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(2)).until(() -> {
			String owner = redis.text("GETRANGE", TickWorker.KEY, "0", "-1");
			for (int i = 0; i < JVMS; i++) {
				if (owner.contains("|" + this.processes.get(i).pid() + "|") && !owner.startsWith("kept-")) {
					found[0] = i;
				}
			}
			return found[0] >= 0;
		});
		long now = System.nanoTime();
		this.processes.get(found[0]).destroyForcibly().waitFor();
		if (replaced) {
			start(redis, found[0]);
			this.processes.set(found[0], this.processes.remove(JVMS));
		}
		return now;
	}

	private void check(List<Long> killedAt) throws Exception {
		List<Line> lines = new ArrayList<>();
		for (Path log : this.logs) {
			// The JVM that replaces a killed one has the same clock.
			for (String line : Files.exists(log) ? Files.readAllLines(log) : List.<String>of()) {
				String[] parts = line.split(" ");
				if (parts.length == 3) {
					lines.add(new Line(parts[0], Long.parseLong(parts[1]), Long.parseLong(parts[2])));
				}
			}
		}
		lines.sort(Comparator.comparingLong(Line::nanos));
		assertThatJobsDoNotOverlap(lines);
		List<Long> gaps = killedAt.stream().map((killed) -> firstRunAfter(killed, lines) - killed).toList();
		System.out.println("Job after a kill: " + gaps.stream().map((gap) -> gap / 1_000_000).toList() + " ms");
		// The lock expires after its time to live. Then comes the next tick of some
		// clock.
		assertThat(gaps).allMatch((gap) -> gap < TickWorker.TTL.plus(TickWorker.PERIOD).plusMillis(500).toNanos());
		Map<Long, List<Line>> ticks = new TreeMap<>();
		lines.forEach((line) -> ticks.computeIfAbsent(line.tick(), (added) -> new ArrayList<>()).add(line));
		long counted = 0;
		for (Map.Entry<Long, List<Line>> tick : ticks.entrySet()) {
			long due = this.firstTick + tick.getKey() * TickWorker.PERIOD.toNanos();
			List<Line> asked = tick.getValue().stream().filter((line) -> line.what().equals("A")).toList();
			boolean disturbed = killedAt.stream()
				.anyMatch((killed) -> Math.abs(due - killed) < TickWorker.TTL.plusSeconds(1).toNanos());
			if (asked.size() == JVMS && !disturbed && isInTime(asked, due)) {
				counted++;
				assertThat(tick.getValue().stream().filter((line) -> line.what().equals("R")).count())
					.as("runs of tick " + tick.getKey())
					.isEqualTo(1);
			}
		}
		System.out.println(counted + " of " + ticks.size() + " ticks counted, all ran once");
		assertThat(counted).isGreaterThan(1);
	}

	private static boolean isInTime(List<Line> asked, long due) {
		for (int i = 0; i < JVMS; i++) {
			long late = asked.get(i).nanos() - due - TickWorker.LATEST.toNanos() * i / (JVMS - 1);
			if (late > ROOM) {
				return false;
			}
		}
		return true;
	}

	private static long firstRunAfter(long time, List<Line> lines) {
		return lines.stream()
			.filter((line) -> line.what().equals("R") && line.nanos() - time > 0)
			.mapToLong(Line::nanos)
			.findFirst()
			.orElseThrow();
	}

	private static void assertThatJobsDoNotOverlap(List<Line> lines) {
		Line last = new Line("E", 0, 0);
		for (Line line : lines) {
			if (line.what().equals("R")) {
				// The job of a JVM that was killed has no end.
				assertThat(last.what().equals("E") || line.nanos() - last.nanos() > TickWorker.PERIOD.toNanos())
					.as("job of tick " + line.tick() + " begins after the end of the last one")
					.isTrue();
			}
			if (!line.what().equals("A")) {
				last = line;
			}
		}
	}

	/**
	 * One line of a log.
	 *
	 * @param what an instance asked for the lock (A), or its job began (R) or ended (E)
	 * @param tick the tick of its clock
	 * @param nanos the time
	 */
	private record Line(String what, long tick, long nanos) {

	}

}
