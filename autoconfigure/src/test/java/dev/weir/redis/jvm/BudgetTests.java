package dev.weir.redis.jvm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Two JVMs with 16 threads each share a budget of tokens. Calls reserve an estimate and
 * use another number of tokens. JVMs are killed in the middle of their calls.
 */
class BudgetTests {

	@TempDir
	private Path directory;

	private final List<Process> processes = new ArrayList<>();

	private final List<Path> logs = new ArrayList<>();

	@Test
	@Timeout(120)
	void usesNoMoreThanTheBudgetAndOneOverdraftForEachCall() throws Exception {
		run(3, 1);
	}

	@Test
	@Tag("long")
	@Timeout(600)
	void usesNoMoreThanTheBudgetForLong() throws Exception {
		int seconds = Integer.getInteger("budget.seconds", 20);
		run(seconds, Math.max(1, seconds / 4));
	}

	private void run(int seconds, int kills) throws Exception {
		try (TestRedis redis = new TestRedis(); TestRedis.Instance instance = redis.connect()) {
			RateLimiter limiter = instance.rateLimiter();
			limiter.peek(BudgetWorker.charges(0)).join();
			start(redis.server());
			start(redis.server());
			long begin = awaitFirstCall(redis.server());
			for (int i = 1; i <= kills; i++) {
				awaitCalls(this.logs.get(i), seconds * 1000L / (kills + 1));
				this.processes.get(i).destroyForcibly().waitFor();
				start(redis.server());
			}
			awaitCalls(this.logs.get(this.logs.size() - 1), seconds * 1000L / (kills + 1));
			Files.createFile(end());
			for (Process process : this.processes) {
				assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
			}
			double elapsed = (micros(redis.server()) - begin) / 1e6;
			Decision total = limiter.peek(BudgetWorker.charges(0)).join().all().get(1);
			check(BudgetWorker.TOTAL.burst() - total.remaining(), elapsed, kills);
		}
		finally {
			this.processes.forEach(Process::destroyForcibly);
		}
	}

	/**
	 * Waits for the first call. Until then the bucket is full, however long the JVMs take
	 * to start.
	 * @param redis the server
	 * @return a time of the server before the first call
	 */
	private long awaitFirstCall(RedisServer redis) {
		AtomicLong before = new AtomicLong(micros(redis));
		await().pollInterval(Duration.ofMillis(5)).atMost(60, TimeUnit.SECONDS).until(() -> {
			long now = micros(redis);
			if (this.logs.stream().anyMatch(Files::exists)) {
				return true;
			}
			before.set(now);
			return false;
		});
		return before.get();
	}

	private void awaitCalls(Path log, long millis) throws Exception {
		// On a slow machine, too, so many calls that the budget would not suffice for all
		// of them: the log has about 40 bytes for each.
		await().atMost(60, TimeUnit.SECONDS).until(() -> Files.exists(log) && Files.size(log) > 8000);
		long from = System.nanoTime();
		await().pollInterval(Duration.ofMillis(10))
			.atMost(10, TimeUnit.MINUTES)
			.until(() -> System.nanoTime() - from > TimeUnit.MILLISECONDS.toNanos(millis));
	}

	private void start(RedisServer redis) throws Exception {
		Path log = this.directory.resolve("log-" + this.logs.size());
		this.logs.add(log);
		this.processes.add(ForkedJvm.start(this.directory.resolve("output-" + this.logs.size()), BudgetWorker.class,
				redis.uri(), log.toString(), end().toString()));
	}

	private Path end() {
		return this.directory.resolve("end");
	}

	private static long micros(RedisServer redis) {
		List<?> time = redis.list("TIME");
		return TimeUnit.SECONDS.toMicros(Long.parseLong(time.get(0).toString()))
				+ Long.parseLong(time.get(1).toString());
	}

	private void check(long taken, double elapsed, int kills) throws Exception {
		long exact = 0;
		long used = 0;
		long least = 0;
		long most = 0;
		int calls = 0;
		int unsettled = 0;
		for (Path log : this.logs) {
			Map<String, String[]> last = new HashMap<>();
			Map<String, Long> estimates = new HashMap<>();
			for (String line : Files.readAllLines(log)) {
				String[] parts = line.split(" ");
				last.put(parts[1], parts);
				if (parts[0].equals("A")) {
					estimates.put(parts[1], Long.parseLong(parts[2]));
				}
			}
			for (String[] parts : last.values()) {
				long tokens = Long.parseLong(parts[2]);
				long estimate = estimates.get(parts[1]);
				switch (parts[0]) {
					case "S" -> {
						exact += tokens;
						used += tokens;
						calls++;
					}
					case "R" -> {
						exact += estimate;
						unsettled++;
					}
					case "A" -> {
						most += estimate;
						unsettled++;
					}
					case "U" -> {
						used += tokens;
						least += Math.min(estimate, tokens);
						most += Math.max(estimate, tokens);
						unsettled++;
					}
					default -> {
						// A denial takes nothing.
					}
				}
			}
		}
		assertThat(calls).isGreaterThan(50);
		// Calls that were killed, and only those.
		assertThat(unsettled).isLessThanOrEqualTo(kills * BudgetWorker.THREADS);
		assertThat(taken).isBetween(exact + least, exact + most);
		double budget = BudgetWorker.PER_SECOND.burst() + elapsed * BudgetWorker.PER_SECOND.limit();
		int overdraft = (2 + kills) * BudgetWorker.THREADS * BudgetWorker.MOST_USED;
		assertThat((double) used).isLessThanOrEqualTo(budget + overdraft);
	}

}
