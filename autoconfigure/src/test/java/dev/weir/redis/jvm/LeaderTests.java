package dev.weir.redis.jvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Three JVMs campaign for a role while the leader is shut down, killed and stopped, and
 * Redis is frozen. Afterwards the logs of the JVMs show which of them was the leader at
 * each time.
 */
class LeaderTests {

	private static final int JVMS = 3;

	/** How much later than promised a machine with two processors may be once. */
	private static final Duration STALL = Duration.ofSeconds(3);

	@TempDir
	private Path directory;

	private final List<Instance> instances = new ArrayList<>();

	private final Map<Fault, List<Duration>> handOvers = new HashMap<>();

	/**
	 * What happens to the leader. Without new JVMs, one is left at the end.
	 */
	private enum Fault {

		STOP, FREEZE, KILL, SHUTDOWN

	}

	@Test
	@Timeout(150)
	void thereIsNeverMoreThanOneLeader() throws Exception {
		campaign(0);
	}

	@Test
	@Tag("long")
	@EnabledIfSystemProperty(named = "once.seconds", matches = "\\d+")
	@Timeout(600)
	void thereIsNeverMoreThanOneLeaderForLong() throws Exception {
		campaign(Integer.getInteger("once.seconds"));
	}

	private void campaign(int seconds) throws Exception {
		try (RedisServer redis = RedisServer.start()) {
			long endsAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
			for (int i = 0; i < JVMS; i++) {
				start(redis);
			}
			leaderAfter(redis, 0, Set.of());
			do {
				for (Fault fault : Fault.values()) {
					happens(fault, redis);
					if (isEnded(fault) && System.nanoTime() - endsAt < 0) {
						start(redis);
					}
				}
			}
			while (System.nanoTime() - endsAt < 0);
			for (Instance instance : this.instances) {
				if (instance.process.isAlive()) {
					ForkedJvm.signal(instance.process, "TERM");
					assertThat(instance.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
				}
			}
			assertThat(redis.number("EXISTS", LeaderWorker.KEY)).isZero();
		}
		finally {
			this.instances.forEach((instance) -> instance.process.destroyForcibly());
		}
		this.handOvers.forEach((fault, times) -> System.out.println(
				"Leader after " + fault + ": " + times.stream().map(Duration::toMillis).sorted().toList() + " ms"));
		assertHandOvers(Fault.SHUTDOWN, Duration.ofSeconds(1));
		assertHandOvers(Fault.KILL, LeaderWorker.TTL.plusSeconds(1));
		assertHandOvers(Fault.STOP, LeaderWorker.TTL.plusSeconds(1));
		assertThatLeadersDoNotOverlap();
		this.instances.forEach(Instance::assertThatEventsArePaired);
	}

	private static boolean isEnded(Fault fault) {
		return fault == Fault.KILL || fault == Fault.SHUTDOWN;
	}

	private void happens(Fault fault, RedisServer redis) throws Exception {
		Instance leader = leaderAfter(redis, 0, Set.of());
		// An instance that has just been started does not wait yet.
		await().atMost(40, TimeUnit.SECONDS)
			.pollInterval(Duration.ofMillis(20))
			.until(() -> redis.number("ZCARD", "{" + LeaderWorker.KEY + "}%waiters") > 0);
		// If the machine has stalled, another instance may lead already.
		Set<Long> tokens = leader.tokens();
		long now = System.nanoTime();
		switch (fault) {
			case SHUTDOWN -> {
				ForkedJvm.signal(leader.process, "TERM");
				handOver(fault, redis, now, tokens);
			}
			case KILL -> {
				leader.process.destroyForcibly();
				leader.killed = true;
				handOver(fault, redis, now, tokens);
			}
			case STOP -> {
				ForkedJvm.signal(leader.process, "STOP");
				handOver(fault, redis, now, tokens);
				ForkedJvm.signal(leader.process, "CONT");
			}
			case FREEZE -> {
				redis.pause();
				// For longer than the lease lives.
				await().atMost(20, TimeUnit.SECONDS)
					.until(() -> System.nanoTime() - now > LeaderWorker.TTL.plusMillis(300).toNanos());
				redis.resume();
				leaderAfter(redis, now, tokens);
			}
		}
	}

	private void handOver(Fault fault, RedisServer redis, long from, Set<Long> tokens) {
		Instance next = leaderAfter(redis, from, tokens);
		long began = next.yes().values().stream().mapToLong((times) -> times[0]).max().orElseThrow();
		this.handOvers.computeIfAbsent(fault, (added) -> new ArrayList<>()).add(Duration.ofNanos(began - from));
	}

	/**
	 * Waits until an instance leads with a token that is not known yet.
	 * @param redis contains the process of the leader
	 * @param from when that can be at the earliest
	 * @param tokens the known tokens
	 * @return the leader
	 */
	private Instance leaderAfter(RedisServer redis, long from, Set<Long> tokens) {
		return await().atMost(40, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(20)).until(() -> {
			String[] owner = redis.text("GETRANGE", LeaderWorker.KEY, "0", "-1").split("\\|");
			return this.instances.stream()
				.filter((instance) -> owner.length > 3 && owner[3].equals(Long.toString(instance.process.pid())))
				.filter((instance) -> instance.yes()
					.entrySet()
					.stream()
					.anyMatch((yes) -> !tokens.contains(yes.getKey()) && yes.getValue()[1] > from))
				.findFirst()
				.orElse(null);
		}, (leader) -> leader != null);
	}

	private void assertHandOvers(Fault fault, Duration most) {
		List<Duration> times = this.handOvers.get(fault);
		assertThat(Collections.min(times)).as("leader after " + fault).isLessThanOrEqualTo(most);
		assertThat(Collections.max(times)).as("leader after " + fault).isLessThanOrEqualTo(most.plus(STALL));
	}

	private void assertThatLeadersDoNotOverlap() {
		Map<Long, long[]> leaders = new HashMap<>();
		this.instances.forEach((instance) -> leaders.putAll(instance.yes()));
		List<Map.Entry<Long, long[]>> inTime = new ArrayList<>(leaders.entrySet());
		inTime.sort(Comparator.comparingLong((leader) -> leader.getValue()[0]));
		assertThat(inTime).hasSizeGreaterThan(4);
		for (int i = 1; i < inTime.size(); i++) {
			assertThat(inTime.get(i).getValue()[0]).as("begin of a leader")
				.isGreaterThan(inTime.get(i - 1).getValue()[1]);
			assertThat(inTime.get(i).getKey()).as("fencing token").isGreaterThan(inTime.get(i - 1).getKey());
		}
	}

	private void start(RedisServer redis) throws Exception {
		Path log = this.directory.resolve("log-" + this.instances.size());
		Process process = ForkedJvm.start(this.directory.resolve("output-" + this.instances.size()), LeaderWorker.class,
				redis.uri(), log.toString());
		this.instances.add(new Instance(process, log));
	}

	/**
	 * One JVM.
	 */
	private static final class Instance {

		private final Process process;

		private final Path log;

		private boolean killed;

		private Instance(Process process, Path log) {
			this.process = process;
			this.log = log;
		}

		private Stream<String[]> lines() {
			try {
				// The last line of a JVM that was killed may be incomplete.
				return Files.exists(this.log) ? Files.readAllLines(this.log)
					.stream()
					.map((line) -> line.split(" "))
					.filter((line) -> line.length == 3) : Stream.empty();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		private Set<Long> tokens() {
			return yes().keySet();
		}

		/**
		 * Returns when this instance was the leader.
		 * @return for each token the first and the last time
		 */
		private Map<Long, long[]> yes() {
			Map<Long, long[]> times = new HashMap<>();
			lines().filter((line) -> line[0].equals("Y")).forEach((line) -> {
				long now = Long.parseLong(line[2]);
				times.computeIfAbsent(Long.parseLong(line[1]), (token) -> new long[] { now, now })[1] = now;
			});
			return times;
		}

		private void assertThatEventsArePaired() {
			List<String> events = lines().filter((line) -> !line[0].equals("Y"))
				.map((line) -> line[0] + line[1])
				.toList();
			List<String> expected = new ArrayList<>();
			events.stream().filter((event) -> event.startsWith("G")).forEach((event) -> {
				expected.add(event);
				expected.add("L" + event.substring(1));
			});
			if (this.killed && events.size() < expected.size()) {
				expected.remove(expected.size() - 1);
			}
			assertThat(events).isEqualTo(expected);
		}

	}

}
