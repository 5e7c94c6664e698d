package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Takes many leases on fifty thousand keys. Afterwards heap, threads and keys in Redis
 * must be back at their initial level.
 */
class ManyCyclesTests {

	private static final int THREADS = 16;

	private static final int CYCLES = Integer.getInteger("lease.cycles", 250_000);

	private static final int KEYS = 50_000;

	private static final long MEGABYTE = 1024 * 1024;

	@Test
	@Tag("long")
	@Timeout(400)
	void heapThreadsAndKeysDoNotGrow() throws Exception {
		try (TestRedis redis = new TestRedis();
				TestRedis.Instance instance = redis.connect();
				LeaseManager manager = new LeaseManager(instance.store(),
						new LeaseSettings(Duration.ofSeconds(30), "test", "1"), instance.executor())) {
			cycle(manager, CYCLES / 20);
			long heap = usedHeap();
			long threads = threads();
			cycle(manager, CYCLES);
			await().atMost(20, TimeUnit.SECONDS)
				.untilAsserted(() -> assertThat(redis.server().number("DBSIZE")).isZero());
			assertThat(usedHeap()).isLessThan(heap + 4 * MEGABYTE);
			assertThat(threads()).isLessThanOrEqualTo(threads + 2);
		}
	}

	private static void cycle(LeaseManager manager, int cycles) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(THREADS);
		List<Future<?>> all = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			all.add(threads.submit(() -> {
				for (int round = 0; round < cycles / THREADS; round++) {
					manager.acquire(request(ThreadLocalRandom.current().nextInt(KEYS))).close();
				}
			}));
		}
		for (Future<?> one : all) {
			one.get();
		}
		threads.shutdown();
		assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
	}

	/**
	 * Counts the threads, without those of Redisson's fixed pool, which start one by one
	 * as Redisson opens connections.
	 */
	private static long threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> !thread.getName().startsWith("redisson-netty"))
			.count();
	}

	private static LeaseRequest request(int number) {
		LeaseKind kind = (number % 2 != 0) ? LeaseKind.LOCK : LeaseKind.SEMAPHORE;
		return new LeaseRequest("cycle", new LeaseKey(kind, "cycle:" + number), 1, null, Duration.ofSeconds(30), false,
				"test");
	}

	private static long usedHeap() {
		for (int i = 0; i < 3; i++) {
			System.gc();
		}
		return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
	}

}
