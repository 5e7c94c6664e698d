package dev.weir.redis.jvm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.redis.TestRedis;
import dev.weir.redis.TestTransactions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests several JVMs with transactions on one Redis. They compete, and they or Redis are
 * killed.
 */
@Tag("long")
@Timeout(300)
class TransactionJvmTests {

	private static final int THREADS = 16;

	@TempDir
	private Path directory;

	private final List<Process> processes = new ArrayList<>();

	@Test
	void noUpdateIsLostAndTransfersKeepTheirSum() throws Exception {
		compete(10);
	}

	@Test
	void aKilledJvmLeavesWholeTransactions() throws Exception {
		kill(1000);
	}

	@Test
	void aKilledRedisRestartsWithWholeTransactions() throws Exception {
		try (RedisServer redis = RedisServer.start("--dir", this.directory.toString(), "--appendonly", "yes",
				"--appendfsync", "always")) {
			Process worker = start(redis, "whole", 4, 100_000);
			Random random = new Random();
			for (int i = 0; i < 3; i++) {
				long before = executed(redis);
				await().until(() -> executed(redis) > before + 100 + random.nextInt(200));
				redis.kill();
				worker.destroyForcibly().waitFor();
				redis.restart();
				// Redis answers, but refuses commands while it loads.
				await().ignoreExceptions().until(() -> executed(redis) > 0);
				assertWhole(redis);
				worker = start(redis, "whole", 4, 100_000);
			}
			assertThat(executed(redis)).isGreaterThan(300);
		}
		finally {
			this.processes.forEach(Process::destroyForcibly);
		}
	}

	private void compete(int times) throws Exception {
		try (TestRedis redis = new TestRedis(); TestRedis.Instance instance = redis.connect()) {
			IntStream.range(0, TransactionWorker.ACCOUNTS)
				.forEach((i) -> redis.server().command("SET", "account" + i, "100"));
			start(redis.server(), "count", THREADS, times);
			start(redis.server(), "count", THREADS, times);
			awaitEnd();
			assertThat(redis.server().text("GET", "n")).isEqualTo(Integer.toString(2 * THREADS * times));
			List<Process> transferring = List.of(start(redis.server(), "transfer", 4, 10 * times),
					start(redis.server(), "transfer", 4, 10 * times));
			var transactions = TestTransactions.of(instance);
			String[] accounts = IntStream.range(0, TransactionWorker.ACCOUNTS)
				.mapToObj((i) -> "account" + i)
				.toArray(String[]::new);
			int observed = 0;
			while (transferring.stream().anyMatch(Process::isAlive)) {
				long sum = transactions.execute((tx) -> {
					tx.prefetch(accounts);
					long total = 0;
					for (String account : accounts) {
						total += number(tx.get(account, Long.class));
					}
					return total;
				});
				assertThat(sum).isEqualTo(100L * TransactionWorker.ACCOUNTS);
				observed++;
			}
			assertThat(observed).isGreaterThan(10);
			awaitEnd();
		}
		finally {
			this.processes.forEach(Process::destroyForcibly);
		}
	}

	private void awaitEnd() throws Exception {
		for (Process process : this.processes) {
			assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
			assertThat(process.exitValue()).as(() -> output(process)).isZero();
		}
	}

	private void kill(int transactions) throws Exception {
		try (RedisServer redis = RedisServer.start()) {
			Random random = new Random();
			while (executed(redis) < transactions) {
				long before = executed(redis);
				int after = 1 + random.nextInt(Math.max(1, transactions / 2));
				Process worker = start(redis, "whole", 1, 100_000);
				await().pollDelay(0, TimeUnit.MILLISECONDS)
					.pollInterval(1, TimeUnit.MILLISECONDS)
					.atMost(60, TimeUnit.SECONDS)
					.until(() -> executed(redis) >= before + after);
				worker.destroyForcibly().waitFor();
				assertWhole(redis);
			}
		}
		finally {
			this.processes.forEach(Process::destroyForcibly);
		}
	}

	private static long executed(RedisServer redis) {
		return redis.number("DBSIZE") / TransactionWorker.KEYS;
	}

	private static void assertWhole(RedisServer redis) {
		// One script, so that no other command runs in between.
		assertThat(redis.number("EVAL",
				"local counts, torn = {}, 0 for _, key in ipairs(redis.call('KEYS', 'whole:*')) do "
						+ "local id = key:match('whole:%d+:(.*)') counts[id] = (counts[id] or 0) + 1 end "
						+ "for _, count in pairs(counts) do if count ~= tonumber(ARGV[1]) then torn = torn + 1 end end "
						+ "return torn",
				"0", Integer.toString(TransactionWorker.KEYS)))
			.isZero();
	}

	private Process start(RedisServer redis, String... arguments) throws Exception {
		List<String> all = new ArrayList<>(List.of(redis.uri()));
		all.addAll(List.of(arguments));
		Process process = ForkedJvm.start(this.directory.resolve("output-" + this.processes.size()),
				TransactionWorker.class, all.toArray(String[]::new));
		this.processes.add(process);
		return process;
	}

	private Process start(RedisServer redis, String kind, int threads, int times) throws Exception {
		return start(redis, kind, Integer.toString(threads), Integer.toString(times));
	}

	private String output(Process process) {
		try {
			return Files.readString(this.directory.resolve("output-" + this.processes.indexOf(process)));
		}
		catch (Exception ex) {
			return ex.toString();
		}
	}

	private static long number(@Nullable Long value) {
		return (value != null) ? value : 0;
	}

}
