package dev.weir.redis.jvm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.lease.engine.ReactiveLeases;
import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Locks that stay taken after their method has ended. The tests ask Redis when a lock
 * will be free, so that a slow machine does not change the result.
 */
@Timeout(110)
class AtLeastTests {

	/** How much later than at the end of its time a lock may be free. */
	private static final Duration TOLERANCE = Duration.ofMillis(50);

	private static final Duration AT_LEAST = Duration.ofSeconds(20);

	private static RedisServer redis;

	private static TestRedis.Instance instance;

	private static LeaseManager manager;

	private static LeaseTemplate template;

	@TempDir
	private static Path directory;

	/** By what they do, all started together. */
	private static final Map<String, Process> processes = new HashMap<>();

	@BeforeAll
	static void start() throws Exception {
		redis = RedisServer.start();
		for (String mode : List.of("run", "end", "stop")) {
			processes.put(mode, ForkedJvm.start(output(mode), AtLeastWorker.class, redis.uri(), mode, mode));
		}
		instance = TestRedis.connect(RedisAddress.of(redis.uri()), TestRedis.PATIENCE);
		manager = new LeaseManager(instance.store(), new LeaseSettings(Duration.ofSeconds(30), "test", "1"),
				instance.executor());
		template = new LeaseTemplate(manager, EnclosingWork.NONE);
		// The first call connects.
		template.call(AtLeastWorker.guard("first", Duration.ZERO), () -> "");
	}

	@AfterAll
	static void stop() {
		processes.values().forEach(Process::destroyForcibly);
		manager.close();
		instance.close();
		redis.close();
	}

	@Test
	void aMethodThatIsShorterLeavesTheLockForTheRest() {
		long acquired = template.call(AtLeastWorker.guard("shorter", AT_LEAST), System::currentTimeMillis);
		assertFree("shorter", AT_LEAST, acquired);
	}

	@Test
	void aMethodThatIsLongerReleasesTheLock() {
		template.call(AtLeastWorker.guard("longer", Duration.ofMillis(20)), () -> {
			long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(30);
			await().pollInterval(Duration.ofMillis(1)).until(() -> System.nanoTime() - end > 0);
			return "";
		});
		assertThat(redis.number("EXISTS", "longer")).isZero();
	}

	@Test
	void aMethodThatFailsLeavesTheLockForTheRest() {
		List<Long> acquired = new ArrayList<>();
		assertThatIllegalStateException()
			.isThrownBy(() -> template.call(AtLeastWorker.guard("failing", AT_LEAST), () -> {
				acquired.add(System.currentTimeMillis());
				throw new IllegalStateException("expected");
			}));
		assertFree("failing", AT_LEAST, acquired.get(0));
	}

	@Test
	void aReactiveMethodThatIsCancelledLeavesTheLockForTheRest() throws Exception {
		CompletableFuture<Long> acquired = new CompletableFuture<>();
		Disposable subscription = new ReactiveLeases(template)
			.<String>guard(() -> AtLeastWorker.guard("cancelled", AT_LEAST), true, () -> Mono.defer(() -> {
				acquired.complete(System.currentTimeMillis());
				return Mono.never();
			}), Mono::error)
			.subscribe();
		long begin = acquired.get(20, TimeUnit.SECONDS);
		subscription.dispose();
		awaitKept("cancelled");
		assertFree("cancelled", AT_LEAST, begin);
	}

	@Test
	void anAsynchronousMethodReturnsAtOnceAndLeavesTheLockForTheRest() throws Exception {
		CompletableFuture<Long> acquired = new CompletableFuture<>();
		CompletableFuture<String> work = new CompletableFuture<>();
		CompletableFuture<String> result = template
			.<String, RuntimeException>callAsync(AtLeastWorker.guard("async", AT_LEAST), () -> {
				acquired.complete(System.currentTimeMillis());
				return work;
			}, LeaseTemplate.Fallback.none());
		assertThat(redis.text("GET", "async")).doesNotStartWith("kept-");
		work.complete("done");
		assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo("done");
		assertFree("async", AT_LEAST, acquired.get());
	}

	@Test
	void aWaiterGetsTheLockAtTheEndOfTheTime() throws Exception {
		List<Duration> late = new ArrayList<>();
		// A machine that stalls makes one waiter late, but hardly all of them.
		while (late.isEmpty() || (late.get(late.size() - 1).compareTo(TOLERANCE) > 0 && late.size() < 10)) {
			late.add(lateness("waiter" + late.size()));
		}
		assertThat(late.get(late.size() - 1)).isBetween(Duration.ofMillis(-5), TOLERANCE);
	}

	private static Duration lateness(String key) throws Exception {
		Duration atLeast = Duration.ofMillis(700);
		CountDownLatch holds = new CountDownLatch(1);
		CountDownLatch waits = new CountDownLatch(1);
		try (TestRedis.Instance other = TestRedis.connect(RedisAddress.of(redis.uri()), TestRedis.PATIENCE);
				LeaseManager elsewhere = new LeaseManager(other.store(),
						new LeaseSettings(Duration.ofSeconds(30), "test", "2"), other.executor())) {
			CompletableFuture<Long> holder = CompletableFuture
				.supplyAsync(() -> template.call(AtLeastWorker.guard(key, atLeast), () -> {
					long acquired = System.nanoTime();
					holds.countDown();
					await().until(() -> waits.getCount() == 0);
					return acquired;
				}), instance.executor());
			holds.await();
			CompletableFuture<Long> waiter = CompletableFuture
				.supplyAsync(() -> new LeaseTemplate(elsewhere, EnclosingWork.NONE)
					.call(AtLeastWorker.guard(key, Duration.ZERO), System::nanoTime), other.executor());
			await().until(() -> redis.number("EXISTS", "{" + key + "}%waiters") == 1);
			waits.countDown();
			return Duration
				.ofNanos(waiter.get(20, TimeUnit.SECONDS) - holder.get(20, TimeUnit.SECONDS) - atLeast.toNanos());
		}
	}

	@Test
	void aJvmThatIsKilledWhileItsMethodRunsLeavesTheLockForNoLonger() throws Exception {
		Process process = processes.get("run");
		long acquired = acquiredAt("run");
		process.destroyForcibly().waitFor();
		assertFree("run", AtLeastWorker.AT_LEAST, acquired);
	}

	@Test
	void aJvmThatIsKilledAfterItsMethodLeavesTheLockForTheRest() throws Exception {
		Process process = processes.get("end");
		long acquired = acquiredAt("end");
		awaitKept("end");
		process.destroyForcibly().waitFor();
		assertFree("end", AtLeastWorker.AT_LEAST, acquired);
	}

	@Test
	void aJvmThatShutsDownEndsAtOnceAndLeavesTheLockForTheRest() throws Exception {
		Process process = processes.get("stop");
		long acquired = acquiredAt("stop");
		assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).isZero();
		assertThat(redis.text("GET", "stop")).startsWith("kept-");
		assertFree("stop", AtLeastWorker.AT_LEAST, acquired);
	}

	private static Path output(String mode) {
		return directory.resolve(mode);
	}

	private static long acquiredAt(String mode) {
		String text = await().atMost(40, TimeUnit.SECONDS)
			.pollInterval(Duration.ofMillis(20))
			.until(() -> Files.readString(output(mode)), (output) -> output.contains("RUNS") && output.endsWith("\n"));
		return Long
			.parseLong(text.lines().filter((line) -> line.startsWith("RUNS ")).findFirst().orElseThrow().substring(5));
	}

	private static void awaitKept(String key) {
		await().atMost(20, TimeUnit.SECONDS).until(() -> redis.text("GET", key).startsWith("kept-"));
	}

	/**
	 * Asserts when a lock will be free. Redis and the holder have the same clock here.
	 * @param key the key
	 * @param atLeast the time for which the lock is taken at least
	 * @param acquired when it was acquired, in milliseconds
	 */
	private static void assertFree(String key, Duration atLeast, long acquired) {
		long freeAt = redis.number("EVAL", "local time = redis.call('TIME') "
				+ "return time[1] * 1000 + math.floor(time[2] / 1000) + redis.call('PTTL', KEYS[1])", "1", key);
		assertThat(freeAt - acquired).isBetween(atLeast.minus(TOLERANCE).toMillis(),
				atLeast.plus(TOLERANCE).toMillis());
	}

}
