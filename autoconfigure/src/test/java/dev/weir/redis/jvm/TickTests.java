package dev.weir.redis.jvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
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

	private static final int ENOUGH = 4;

	/**
	 * By how much an instance may be later than its clock: the time for which the lock is
	 * kept has this much room on both sides. A tick for which a machine stalls for longer
	 * does not count.
	 */
	private static final long ROOM = Duration.ofMillis(60).toNanos();

	@TempDir
	private Path directory;

	private final List<Process> processes = new ArrayList<>();

	/** The logs, with the clocks of their instances. */
	private final Map<Path, Integer> logs = new LinkedHashMap<>();

	private long firstTick;

	@Test
	@Timeout(150)
	void eachTickRunsOnce() throws Exception {
		tick(0, false);
	}

	@Test
	@Tag("long")
	@EnabledIfSystemProperty(named = "once.seconds", matches = "\\d+")
	@Timeout(600)
	void eachTickRunsOnceForLong() throws Exception {
		tick(Integer.getInteger("once.seconds"), true);
	}

	private void tick(int seconds, boolean replaced) throws Exception {
		List<Long> killedAt = new ArrayList<>();
		try (RedisServer redis = RedisServer.start()) {
			this.firstTick = System.nanoTime();
			long endsAt = this.firstTick + TimeUnit.SECONDS.toNanos(seconds);
			for (int i = 0; i < JVMS; i++) {
				start(redis, i);
			}
			do {
				int before = counted(lines(), killedAt).size();
				// A slow machine takes longer until there are enough ticks to check.
				await().atMost(60, TimeUnit.SECONDS)
					.pollInterval(Duration.ofMillis(50))
					.until(() -> counted(lines(), killedAt).size() >= before + ENOUGH);
				killedAt.add(killTheRunning(redis, replaced));
				await().atMost(20, TimeUnit.SECONDS)
					.until(() -> firstRunAfter(killedAt.get(killedAt.size() - 1), lines()) > 0);
			}
			while (System.nanoTime() - endsAt < 0);
			Files.createFile(end());
			for (Process process : this.processes) {
				assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
			}
		}
		finally {
			this.processes.forEach(Process::destroyForcibly);
		}
		check(lines(), killedAt);
	}

	private void start(RedisServer redis, int number) throws Exception {
		Path log = this.directory.resolve("log-" + this.logs.size());
		this.logs.put(log, number);
		this.processes
			.add(ForkedJvm.start(this.directory.resolve("output-" + this.logs.size()), TickWorker.class, redis.uri(),
					log.toString(), Long.toString(this.firstTick), Long.toString(late(number)), end().toString()));
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

	private void check(List<Line> lines, List<Long> killedAt) {
		assertThatJobsDoNotOverlap(lines);
		List<Long> gaps = killedAt.stream().map((killed) -> firstRunAfter(killed, lines) - killed).toList();
		Map<Long, List<Line>> counted = counted(lines, killedAt);
		System.out.println("Job after a kill: " + gaps.stream().map((gap) -> gap / 1_000_000).toList() + " ms; "
				+ counted.size() + " ticks of all clocks");
		// The lock expires after its time to live. Then comes the next tick of some
		// clock.
		assertThat(gaps).allMatch((gap) -> gap < TickWorker.TTL.plus(TickWorker.PERIOD).plusMillis(500).toNanos());
		assertThat(counted).hasSizeGreaterThanOrEqualTo(ENOUGH - 1);
		counted.forEach((tick, ofTick) -> assertThat(ofTick.stream().filter((line) -> line.what().equals("R")).count())
			.as("runs of tick " + tick)
			.isEqualTo(1));
	}

	private List<Line> lines() throws IOException {
		List<Line> lines = new ArrayList<>();
		for (Map.Entry<Path, Integer> log : this.logs.entrySet()) {
			for (String line : Files.exists(log.getKey()) ? Files.readAllLines(log.getKey()) : List.<String>of()) {
				String[] parts = line.split(" ");
				// The last line of a JVM that was killed may be incomplete.
				if (parts.length == 3) {
					lines.add(new Line(parts[0], Long.parseLong(parts[1]), Long.parseLong(parts[2]), log.getValue()));
				}
			}
		}
		lines.sort(Comparator.comparingLong(Line::nanos));
		return lines;
	}

	/**
	 * Returns the ticks that count: all instances lived, and they were in time for this
	 * tick and the one before, whose lock may be in the way.
	 * @param lines the lines of all logs
	 * @param killedAt when instances were killed
	 * @return the lines by tick
	 */
	private Map<Long, List<Line>> counted(List<Line> lines, List<Long> killedAt) {
		Map<Long, List<Line>> ticks = new TreeMap<>();
		lines.forEach((line) -> ticks.computeIfAbsent(line.tick(), (added) -> new ArrayList<>()).add(line));
		Map<Long, List<Line>> counted = new TreeMap<>(ticks);
		counted.entrySet().removeIf((tick) -> {
			long due = due(tick.getKey());
			boolean disturbed = killedAt.stream()
				.anyMatch((killed) -> due - killed > -TickWorker.PERIOD.toNanos()
						&& due - killed < TickWorker.TTL.plusSeconds(1).toNanos());
			return disturbed || tick.getValue().stream().filter((line) -> line.what().equals("A")).count() != JVMS
					|| !isInTime(tick.getValue()) || !isInTime(ticks.getOrDefault(tick.getKey() - 1, List.of()));
		});
		return counted;
	}

	private long due(long tick) {
		return this.firstTick + tick * TickWorker.PERIOD.toNanos();
	}

	private boolean isInTime(List<Line> ofTick) {
		return ofTick.stream()
			.filter((line) -> !line.what().equals("E"))
			.allMatch(
					(line) -> line.nanos() - due(line.tick()) - Duration.ofMillis(late(line.clock())).toNanos() < ROOM);
	}

	private static long late(int clock) {
		return TickWorker.LATEST.toMillis() * clock / (JVMS - 1);
	}

	private static long firstRunAfter(long time, List<Line> lines) {
		return lines.stream()
			.filter((line) -> line.what().equals("R") && line.nanos() - time > 0)
			.mapToLong(Line::nanos)
			.findFirst()
			.orElse(0);
	}

	private static void assertThatJobsDoNotOverlap(List<Line> lines) {
		Line last = new Line("E", 0, 0, 0);
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
	 * @param clock the number of the clock of the instance
	 */
	private record Line(String what, long tick, long nanos, int clock) {

	}

}
