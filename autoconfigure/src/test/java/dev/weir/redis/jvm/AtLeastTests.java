package dev.weir.redis.jvm;

import java.io.IOException;
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
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.engine.Durations;
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

	/** Redis counts milliseconds. */
	private static final Duration ROUNDING = Duration.ofMillis(3);

	private static final Duration AT_LEAST = AtLeastWorker.AT_LEAST;

	private static RedisServer redis;

	private static TestRedis.Instance instance;

	private static LeaseManager manager;

	private static LeaseTemplate template;

	@TempDir
	private static Path directory;

	/** By key. The first of each kind are started together. */
	private static final Map<String, Process> processes = new HashMap<>();

	@BeforeAll
	static void start() throws Exception {
		redis = RedisServer.start();
		for (String mode : List.of("run", "end", "stop")) {
			processes.put(mode + 0, start(mode, mode + 0));
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
	void aMethodThatIsShorterLeavesTheLockForTheRest() throws Exception {
		assertKept("shorter", (key) -> {
			long before = System.currentTimeMillis();
			long runs = template.call(AtLeastWorker.guard(key, AT_LEAST), System::currentTimeMillis);
			return new Acquired(before, runs);
		});
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
	void aMethodThatFailsLeavesTheLockForTheRest() throws Exception {
		assertKept("failing", (key) -> {
			long before = System.currentTimeMillis();
			List<Long> runs = new ArrayList<>();
			assertThatIllegalStateException().isThrownBy(() -> template.call(AtLeastWorker.guard(key, AT_LEAST), () -> {
				runs.add(System.currentTimeMillis());
				throw new IllegalStateException("expected");
			}));
			return new Acquired(before, runs.get(0));
		});
	}

	@Test
	void aReactiveMethodThatIsCancelledLeavesTheLockForTheRest() throws Exception {
		assertKept("cancelled", (key) -> {
			long before = System.currentTimeMillis();
			CompletableFuture<Long> runs = new CompletableFuture<>();
			Disposable subscription = new ReactiveLeases(template)
				.<String>guard(() -> AtLeastWorker.guard(key, AT_LEAST), true, () -> Mono.defer(() -> {
					runs.complete(System.currentTimeMillis());
					return Mono.never();
				}), Mono::error)
				.subscribe();
			runs.get(20, TimeUnit.SECONDS);
			subscription.dispose();
			awaitKept(key);
			return new Acquired(before, runs.get());
		});
	}

	@Test
	void anAsynchronousMethodReturnsAtOnceAndLeavesTheLockForTheRest() throws Exception {
		assertKept("async", (key) -> {
			long before = System.currentTimeMillis();
			CompletableFuture<Long> runs = new CompletableFuture<>();
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<String> result = template
				.<String, RuntimeException>callAsync(AtLeastWorker.guard(key, AT_LEAST), () -> {
					runs.complete(System.currentTimeMillis());
					return work;
				}, LeaseTemplate.Fallback.none());
			runs.get(20, TimeUnit.SECONDS);
			assertThat(redis.text("GET", key)).doesNotStartWith("kept-");
			work.complete("done");
			assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo("done");
			return new Acquired(before, runs.get());
		});
	}

	@Test
	void aWaiterGetsTheLockAtTheEndOfTheTime() throws Exception {
		AtomicInteger attempts = new AtomicInteger();
		// A machine that stalls makes one waiter late, but hardly all of them.
		assertThat(Durations.best(TOLERANCE, () -> lateness("waiter" + attempts.getAndIncrement())))
			.isLessThanOrEqualTo(TOLERANCE);
	}

	private static Duration lateness(String key) throws Exception {
		Duration atLeast = Duration.ofMillis(700);
		CountDownLatch holds = new CountDownLatch(1);
		CountDownLatch waits = new CountDownLatch(1);
		try (TestRedis.Instance other = TestRedis.connect(RedisAddress.of(redis.uri()), TestRedis.PATIENCE);
				LeaseManager elsewhere = new LeaseManager(other.store(),
						new LeaseSettings(Duration.ofSeconds(30), "test", "2"), other.executor())) {
			long before = System.nanoTime();
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
			long served = waiter.get(20, TimeUnit.SECONDS);
			assertThat(Duration.ofNanos(served - before)).isGreaterThanOrEqualTo(atLeast.minus(ROUNDING));
			return Duration.ofNanos(served - holder.get(20, TimeUnit.SECONDS) - atLeast.toNanos());
		}
	}

	@Test
	void aJvmThatIsKilledWhileItsMethodRunsLeavesTheLockForNoLonger() throws Exception {
		assertKept("run", (key) -> {
			Process process = process("run", key);
			Acquired acquired = acquired(key);
			process.destroyForcibly().waitFor();
			return acquired;
		});
	}

	@Test
	void aJvmThatIsKilledAfterItsMethodLeavesTheLockForTheRest() throws Exception {
		assertKept("end", (key) -> {
			Process process = process("end", key);
			Acquired acquired = acquired(key);
			awaitKept(key);
			process.destroyForcibly().waitFor();
			return acquired;
		});
	}

	@Test
	void aJvmThatShutsDownEndsAtOnceAndLeavesTheLockForTheRest() throws Exception {
		assertKept("stop", (key) -> {
			Process process = process("stop", key);
			Acquired acquired = acquired(key);
			assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
			assertThat(process.exitValue()).isZero();
			assertThat(redis.text("GET", key)).startsWith("kept-");
			return acquired;
		});
	}

	/**
	 * Returns the JVM that was started at the beginning; for a further attempt, a new
	 * one.
	 */
	private static Process process(String mode, String key) throws IOException {
		Process process = processes.get(key);
		if (process == null) {
			process = start(mode, key);
			processes.put(key, process);
		}
		return process;
	}

	private static Process start(String mode, String key) throws IOException {
		return ForkedJvm.start(output(key), AtLeastWorker.class, redis.uri(), key, mode);
	}

	private static Path output(String key) {
		return directory.resolve(key);
	}

	private static Acquired acquired(String key) {
		String text = await().atMost(40, TimeUnit.SECONDS)
			.pollInterval(Duration.ofMillis(20))
			.until(() -> Files.readString(output(key)), (output) -> output.contains("RUNS") && output.endsWith("\n"));
		return new Acquired(time(text, "CALLS "), time(text, "RUNS "));
	}

	private static long time(String output, String event) {
		return Long.parseLong(output.lines()
			.filter((line) -> line.startsWith(event))
			.findFirst()
			.orElseThrow()
			.substring(event.length()));
	}

	private static void awaitKept(String key) {
		await().atMost(20, TimeUnit.SECONDS).until(() -> redis.text("GET", key).startsWith("kept-"));
	}

	/**
	 * Asserts when a lock will be free. Redis and the holder have the same clock here. A
	 * machine that stalls makes one attempt late, but hardly all of them; it makes none
	 * early.
	 * @param key the beginning of the keys; each attempt has a key of its own
	 * @param holder acquires the lock of a key, and ends
	 */
	private static void assertKept(String key, Holder holder) throws Exception {
		AtomicInteger attempts = new AtomicInteger();
		assertThat(Durations.best(TOLERANCE, () -> lateness(key + attempts.getAndIncrement(), holder)))
			.isLessThanOrEqualTo(TOLERANCE);
	}

	private static Duration lateness(String key, Holder holder) throws Exception {
		Acquired acquired = holder.hold(key);
		long freeAt = redis.number("EVAL", "local time = redis.call('TIME') "
				+ "return time[1] * 1000 + math.floor(time[2] / 1000) + redis.call('PTTL', KEYS[1])", "1", key);
		assertThat(freeAt - acquired.earliest()).isGreaterThanOrEqualTo(AT_LEAST.minus(ROUNDING).toMillis());
		return Duration.ofMillis(freeAt - acquired.latest()).minus(AT_LEAST);
	}

	/**
	 * The times between which a lock was acquired: before the call of the method, and
	 * when it runs.
	 *
	 * @param earliest the earliest time, in milliseconds
	 * @param latest the latest time, in milliseconds
	 */
	private record Acquired(long earliest, long latest) {
	}

	@FunctionalInterface
	private interface Holder {

		Acquired hold(String key) throws Exception;

	}

}
