package dev.weir.lease.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.weir.embeddedredis.FaultyNetwork;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseInterruptedException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Runs at least ten thousand rounds with faults, after which no lease may be left behind
 * and no permit may be missing. Callers are interrupted before, while and after they
 * acquire a lease, give up waiting, or cancel, and some answers of Redis never arrive.
 */
class LeaseFaultTests {

	private static final int THREADS = 16;

	private static final int ROUNDS = 10_000;

	/** Long enough to find a lease that is left behind, before it expires. */
	private static final Duration TTL = Duration.ofMinutes(5);

	private final AtomicInteger acquired = new AtomicInteger();

	private final AtomicInteger busy = new AtomicInteger();

	private final AtomicInteger unavailable = new AtomicInteger();

	private final AtomicInteger interrupted = new AtomicInteger();

	private final AtomicInteger cancelled = new AtomicInteger();

	@Test
	@Timeout(100)
	void nothingIsLeftBehind() throws Exception {
		ExecutorService threads = Executors.newCachedThreadPool();
		try (TestRedis redis = new TestRedis();
				FaultyNetwork proxy = FaultyNetwork.start(redis.server().port());
				TestRedis.Instance instance = TestRedis.connect(RedisAddress.of(proxy.port()), Duration.ofMillis(100));
				LeaseManager manager = new LeaseManager(instance.store(), new LeaseSettings(TTL, "test", "1"),
						instance.executor())) {
			List<Future<?>> workers = new ArrayList<>();
			for (int i = 0; i < THREADS; i++) {
				workers.add(threads.submit(() -> work(manager)));
			}
			while (!workers.stream().allMatch(Future::isDone)) {
				// This sleep sets the rhythm of the faults. It does not wait for a
				// condition.
				Thread.sleep(60);
				proxy.dropAnswers();
				Thread.sleep(20);
				proxy.cutWhatLacksAnswers();
			}
			for (Future<?> worker : workers) {
				worker.get();
			}
			await().atMost(30, TimeUnit.SECONDS).untilAsserted(() -> {
				assertThat(manager.abandoned()).isZero();
				assertThat(manager.gates()).isZero();
				assertThat(redis.server().list("KEYS", "*")).isEmpty();
			});
		}
		finally {
			threads.shutdownNow();
		}
	}

	private boolean eachOutcomeOccurred() {
		return Stream.of(this.acquired, this.busy, this.unavailable, this.interrupted, this.cancelled)
			.allMatch((count) -> count.get() > 20);
	}

	private void work(LeaseManager manager) {
		Random random = new Random();
		// A slow machine connects late, and calls without a connection fail at once.
		for (int round = 0; round < ROUNDS / THREADS || !eachOutcomeOccurred(); round++) {
			LeaseRequest request = request(random);
			switch (random.nextInt(4)) {
				case 0 -> interruptedBefore(manager, request);
				case 1 -> interruptedMeanwhile(manager, request, random);
				case 2 -> cancelled(manager, request, random);
				default -> acquire(manager, request, false);
			}
		}
	}

	private static LeaseRequest request(Random random) {
		int number = random.nextInt(6);
		LeaseKey key = new LeaseKey((number < 4) ? LeaseKind.LOCK : LeaseKind.SEMAPHORE, "fault:" + number);
		return new LeaseRequest("fault", key, (number < 4) ? 1 : 2, null, Duration.ofMillis(random.nextInt(8)), false,
				"test");
	}

	private void interruptedBefore(LeaseManager manager, LeaseRequest request) {
		Thread.currentThread().interrupt();
		acquire(manager, request, false);
		Thread.interrupted();
	}

	private void interruptedMeanwhile(LeaseManager manager, LeaseRequest request, Random random) {
		Thread self = Thread.currentThread();
		CompletableFuture<Void> interrupter = CompletableFuture.runAsync(self::interrupt,
				CompletableFuture.delayedExecutor(random.nextInt(3000), TimeUnit.MICROSECONDS));
		acquire(manager, request, true);
		interrupter.join();
		Thread.interrupted();
	}

	private void cancelled(LeaseManager manager, LeaseRequest request, Random random) {
		CompletableFuture<Lease> lease = manager.acquireAsync(request).toCompletableFuture();
		CompletableFuture
			.runAsync(() -> lease.cancel(true),
					CompletableFuture.delayedExecutor(random.nextInt(3000), TimeUnit.MICROSECONDS))
			.join();
		if (lease.isCancelled()) {
			this.cancelled.incrementAndGet();
		}
		else if (!lease.isCompletedExceptionally()) {
			lease.join().close();
		}
	}

	private void acquire(LeaseManager manager, LeaseRequest request, boolean hold) {
		try (Lease lease = manager.acquire(request)) {
			assertThat(lease.isValid()).isTrue();
			if (hold) {
				Thread.sleep(1);
			}
			this.acquired.incrementAndGet();
		}
		catch (LeaseBusyException ex) {
			this.busy.incrementAndGet();
		}
		catch (LeaseUnavailableException ex) {
			this.unavailable.incrementAndGet();
		}
		catch (LeaseInterruptedException | InterruptedException ex) {
			this.interrupted.incrementAndGet();
		}
	}

}
