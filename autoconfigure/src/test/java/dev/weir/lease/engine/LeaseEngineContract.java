package dev.weir.lease.engine;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Holder;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseInterruptedException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.OnLost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the engine must pass with every store.
 */
@Timeout(90)
public abstract class LeaseEngineContract {

	private static final Duration TTL = Duration.ofSeconds(30);

	private static final Duration PATIENT = Duration.ofSeconds(30);

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final List<LeaseManager> managers = new ArrayList<>();

	private final String key = "engine:" + UUID.randomUUID();

	/**
	 * Returns the store of one instance. Stores of several instances share their leases.
	 * @param instance the number of the instance
	 * @return the store of the instance
	 */
	protected abstract LeaseStore store(int instance);

	/**
	 * Returns the number of keys of leases in the store.
	 * @return the number
	 */
	protected abstract long keys();

	@AfterEach
	void end() {
		this.threads.shutdownNow();
		this.managers.forEach(LeaseManager::close);
	}

	@Test
	void aLeaseIsValidUntilItIsClosed() {
		LeaseManager manager = manager(0);
		Lease lease = manager.acquire(lock().build());
		assertThat(lease.isValid()).isTrue();
		assertThat(lease.remaining()).isBetween(TTL.minusSeconds(5), TTL);
		assertThat(lease.name()).isEqualTo("policy");
		assertThat(lease.key()).isEqualTo(this.key);
		lease.close();
		lease.close();
		assertThat(lease.isValid()).isFalse();
		assertThat(lease.remaining()).isZero();
		assertThat(keys()).isZero();
		assertThat(manager.gates()).isZero();
	}

	@Test
	void aBusyLockFailsACallerThatDoesNotWaitAndNamesTheHolder() {
		LeaseManager here = manager(0);
		try (Lease lease = here.acquire(lock().build())) {
			for (LeaseManager manager : List.of(here, manager(1))) {
				assertThatExceptionOfType(LeaseBusyException.class)
					.isThrownBy(() -> manager.acquire(lock().waitTime(Duration.ZERO).build()))
					.satisfies((ex) -> {
						assertThat(ex.getHolder()).get().extracting(Holder::instance).isEqualTo("instance-0");
						assertThat(ex.getRetryAfter()).get().satisfies((time) -> assertThat(time).isPositive());
						assertThat(ex).hasMessageContaining("'policy'")
							.hasMessageContaining("shop@instance-0 in test since")
							.hasMessageNotContaining(this.key);
					});
			}
			assertThat(lease.isValid()).isTrue();
		}
	}

	@Test
	void aWaiterFailsWhenItsWaitTimeIsOver() throws Exception {
		try (Lease lease = manager(0).acquire(lock().build())) {
			for (LeaseManager manager : List.of(this.managers.get(0), manager(1))) {
				Duration waitTime = Duration.ofMillis(300);
				assertThat(Durations.best(waitTime.plusSeconds(1), () -> {
					Duration time = Durations.of(() -> assertThatExceptionOfType(LeaseBusyException.class)
						.isThrownBy(() -> manager.acquire(lock().waitTime(waitTime).build())));
					assertThat(time).isGreaterThanOrEqualTo(waitTime);
					return time;
				})).isLessThan(waitTime.plusSeconds(1));
			}
			assertThat(lease.isValid()).isTrue();
		}
		await().untilAsserted(() -> assertThat(keys()).isZero());
		await().untilAsserted(() -> assertThat(this.managers).extracting(LeaseManager::gates).containsOnly(0));
	}

	@Test
	void aWaiterOfTheSameInstanceGetsTheLockWithoutAskingTheStore() throws Exception {
		LeaseManager manager = manager(0);
		Lease first = manager.acquire(lock().build());
		CompletableFuture<Lease> second = waiting(manager, lock().build());
		first.close();
		assertThat(first.isValid()).isFalse();
		assertThat(second.get(10, TimeUnit.SECONDS).isValid()).isTrue();
		second.join().close();
		assertThat(keys()).isZero();
	}

	@Test
	void aWaiterOfAnotherInstanceGetsTheLockWhenItIsReleased() throws Exception {
		Lease first = manager(0).acquire(lock().build());
		CompletableFuture<Lease> second = waiting(manager(1), lock().build());
		first.close();
		assertThat(second.get(10, TimeUnit.SECONDS).isValid()).isTrue();
		second.join().close();
	}

	@Test
	void waitersAreServedInTheOrderOfTheirArrival() throws Exception {
		LeaseManager manager = manager(0);
		Lease first = manager.acquire(lock().build());
		List<Integer> order = Collections.synchronizedList(new ArrayList<>());
		List<CompletableFuture<Void>> all = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			int number = i;
			all.add(manager.acquireAsync(lock().build()).thenAccept((lease) -> {
				order.add(number);
				lease.close();
			}).toCompletableFuture());
		}
		first.close();
		CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
		assertThat(order).isSorted().hasSize(20);
	}

	@RepeatedTest(5)
	void aLockNeverHasTwoHolders() throws Exception {
		assertThat(maxInside(1, 4)).isEqualTo(1);
		await().untilAsserted(() -> assertThat(keys()).isZero());
	}

	@RepeatedTest(5)
	void aSemaphoreNeverHasMoreHoldersThanPermits() throws Exception {
		assertThat(maxInside(3, 4)).isBetween(1, 3);
		await().untilAsserted(() -> assertThat(keys()).isZero());
	}

	@Test
	void allPermitsOfASemaphoreCanBeHeldAtOnce() throws Exception {
		List<CompletableFuture<Lease>> holders = List.of(waiting(manager(0), semaphore(3)),
				waiting(manager(0), semaphore(3)), waiting(manager(1), semaphore(3)));
		for (CompletableFuture<Lease> holder : holders) {
			assertThat(holder.get(10, TimeUnit.SECONDS).isValid()).isTrue();
		}
		CompletableFuture<Lease> waiter = waiting(manager(1), semaphore(3));
		assertThat(waiter).isNotDone();
		holders.get(0).join().close();
		assertThat(waiter.get(10, TimeUnit.SECONDS).isValid()).isTrue();
		waiter.join().close();
		holders.forEach((holder) -> holder.join().close());
		assertThat(keys()).isZero();
	}

	@Test
	void aNewLimitHoldsFromTheNextAcquireOn() {
		LeaseManager[] instances = { manager(0), manager(1) };
		Deque<Lease> held = new ArrayDeque<>();
		for (int i = 0; i < 5; i++) {
			held.add(instances[i % 2].acquire(semaphore(5)));
		}
		assertBusy(instances, 5);
		assertBusy(instances, 2);
		while (held.size() > 2) {
			held.pop().close();
			assertThat(instances[0].gates()).isPositive();
		}
		assertBusy(instances, 2);
		held.pop().close();
		held.add(instances[1].acquire(semaphore(2)));
		assertBusy(instances, 2);
		for (int i = 0; i < 6; i++) {
			held.add(instances[i % 2].acquire(semaphore(8)));
		}
		assertBusy(instances, 8);
		held.forEach(Lease::close);
		assertThat(keys()).isZero();
	}

	private void assertBusy(LeaseManager[] instances, int limit) {
		for (LeaseManager instance : instances) {
			assertThatExceptionOfType(LeaseBusyException.class)
				.isThrownBy(() -> instance.acquire(semaphore(limit, Duration.ZERO)))
				.satisfies((ex) -> assertThat(ex.getRetryAfter()).isPresent());
		}
	}

	@RepeatedTest(3)
	void instancesWithDifferentLimitsReachAtMostTheLargerLimit() throws Exception {
		AtomicInteger inside = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		List<CompletableFuture<?>> all = new ArrayList<>();
		for (int i = 0; i < 2; i++) {
			LeaseManager manager = manager(i);
			LeaseRequest request = semaphore((i == 0) ? 2 : 4);
			for (int thread = 0; thread < 5; thread++) {
				all.add(CompletableFuture.runAsync(() -> {
					for (int round = 0; round < 40; round++) {
						try (Lease lease = manager.acquire(request)) {
							most.accumulateAndGet(inside.incrementAndGet(), Math::max);
							Thread.yield();
							inside.decrementAndGet();
						}
					}
				}, this.threads));
			}
		}
		CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(50, TimeUnit.SECONDS);
		assertThat(most.get()).isBetween(1, 4);
		await().untilAsserted(() -> assertThat(keys()).isZero());
	}

	@RepeatedTest(3)
	void severalKeysAreHeldTogetherWithoutADeadlock() throws Exception {
		AtomicInteger[] inside = { new AtomicInteger(), new AtomicInteger(), new AtomicInteger(), new AtomicInteger() };
		AtomicInteger overlaps = new AtomicInteger();
		List<CompletableFuture<?>> all = new ArrayList<>();
		for (int i = 0; i < 2; i++) {
			LeaseManager manager = manager(i);
			LeaseTemplate template = new LeaseTemplate(manager, EnclosingWork.NONE);
			for (int thread = 0; thread < 4; thread++) {
				Random random = new Random(8 * i + thread);
				all.add(CompletableFuture.runAsync(() -> {
					for (int round = 0; round < 40; round++) {
						// Each round requests the keys in another order.
						List<Integer> keys = new ArrayList<>(List.of(0, 1, 2, 3));
						Collections.shuffle(keys, random);
						keys = keys.subList(0, 2 + random.nextInt(2));
						try (Lease lease = template.acquire(guard(keys))) {
							keys.forEach((key) -> overlaps.addAndGet(inside[key].incrementAndGet() - 1));
							assertThat(lease.isValid()).isTrue();
							keys.forEach((key) -> inside[key].decrementAndGet());
						}
					}
				}, this.threads));
			}
		}
		CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(50, TimeUnit.SECONDS);
		assertThat(overlaps).hasValue(0);
		await().untilAsserted(() -> assertThat(keys()).isZero());
		await().untilAsserted(() -> assertThat(this.managers).extracting(LeaseManager::gates).containsOnly(0));
	}

	private LeaseGuard guard(List<Integer> keys) {
		return new LeaseGuard(keys.stream()
			.map((number) -> new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, this.key + ":" + number), 1,
					Duration.ofMinutes(1), PATIENT, false, "test"))
			.toList(), OnUnavailable.FAIL, OnLost.FAIL);
	}

	@Test
	void manyKeysAreHeldTogether() {
		LeaseManager manager = manager(0);
		LeaseTemplate template = new LeaseTemplate(manager, EnclosingWork.NONE);
		int count = 2000;
		Lease lease = template.acquire(guard(IntStream.range(0, count).boxed().toList()));
		assertThat(lease.isValid()).isTrue();
		assertThat(keys()).isEqualTo(count);
		lease.close();
		assertThat(keys()).isZero();
	}

	@Test
	void aCallerThatCannotAcquireAllKeysKeepsNone() {
		LeaseManager manager = manager(1);
		LeaseTemplate template = new LeaseTemplate(manager, EnclosingWork.NONE);
		try (Lease last = manager(0).acquire(guard(List.of(3)).requests().get(0))) {
			assertThatExceptionOfType(LeaseBusyException.class)
				.isThrownBy(() -> template.acquire(guard(List.of(3, 0, 1)).withoutWaiting()))
				.withMessageContaining("shop@instance-0")
				.withMessageContaining("the call does not wait");
			assertThat(last.isValid()).isTrue();
			await().untilAsserted(() -> assertThat(keys()).isEqualTo(1));
		}
		assertThat(keys()).isZero();
	}

	@Test
	void fencingTokensGrowAcrossHandOffsAndInstances() throws Exception {
		AtomicLong last = new AtomicLong();
		AtomicInteger wrong = new AtomicInteger();
		List<CompletableFuture<?>> all = new ArrayList<>();
		for (int i = 0; i < 2; i++) {
			LeaseManager manager = manager(i);
			for (int thread = 0; thread < 4; thread++) {
				all.add(CompletableFuture.runAsync(() -> {
					for (int round = 0; round < 100; round++) {
						try (Lease lease = manager.acquire(lock().fenced(true).build())) {
							if (last.getAndSet(lease.fencingToken()) >= lease.fencingToken()) {
								wrong.incrementAndGet();
							}
						}
					}
				}, this.threads));
			}
		}
		CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(50, TimeUnit.SECONDS);
		assertThat(wrong).hasValue(0);
		assertThat(last.get()).isPositive();
	}

	@Test
	void aFencedWaiterDoesNotTakeOverALeaseWithoutToken() throws Exception {
		LeaseManager manager = manager(0);
		Lease first = manager.acquire(lock().build());
		assertThatIllegalStateException().isThrownBy(first::fencingToken).withMessageContaining("fenced = true");
		CompletableFuture<Lease> second = waiting(manager, lock().fenced(true).build());
		first.close();
		assertThat(second.get(10, TimeUnit.SECONDS).fencingToken()).isPositive();
		second.join().close();
	}

	@Test
	void aLeaseIsRenewedWhileItIsHeld() {
		// Long enough for a machine that stalls for two thirds of this time.
		Duration ttl = Duration.ofSeconds(3);
		LeaseManager manager = manager(0, ttl);
		try (Lease lease = manager.acquire(lock().build())) {
			CompletableFuture<Lease> other = waiting(manager(1), lock().build());
			await().during(ttl.plusMillis(500))
				.atMost(Duration.ofSeconds(20))
				.until(() -> lease.isValid() && !other.isDone());
			other.cancel(true);
		}
	}

	@Test
	void aLeaseIsLostAndFreeWhenItsTimeoutPasses() throws Exception {
		LeaseManager manager = manager(0);
		Lease first = manager.acquire(lock().timeout(Duration.ofMillis(300)).build());
		CountDownLatch lost = new CountDownLatch(1);
		first.onLost(lost::countDown);
		CompletableFuture<Lease> here = waiting(manager, lock().build());
		assertThat(here.get(10, TimeUnit.SECONDS).isValid()).isTrue();
		assertThat(first.isValid()).isFalse();
		assertThat(lost.await(10, TimeUnit.SECONDS)).isTrue();
		first.close();
		assertThat(here.join().isValid()).isTrue();
		here.join().close();
	}

	@Test
	void aCallbackForALostLeaseRunsAtOnceIfItIsLostAlready() throws Exception {
		Lease lease = manager(0).acquire(lock().timeout(Duration.ofMillis(100)).build());
		await().until(() -> !lease.isValid());
		lease.close();
		CountDownLatch lost = new CountDownLatch(1);
		lease.onLost(lost::countDown);
		assertThat(lost.await(10, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void aClosedLeaseIsNeverReportedAsLost() {
		Duration timeout = Duration.ofMillis(1500);
		Lease lease = manager(0).acquire(lock().timeout(timeout).build());
		AtomicInteger lost = new AtomicInteger();
		lease.onLost(lost::incrementAndGet);
		lease.close();
		await().during(timeout.plusMillis(200)).atMost(Duration.ofSeconds(20)).until(() -> lost.get() == 0);
	}

	@Test
	void aCrashedHolderBlocksOthersForTheTimeToLiveAtMost() throws Exception {
		Duration ttl = Duration.ofSeconds(1);
		assertThat(Durations.best(ttl.plusMillis(500), () -> {
			ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
			LeaseManager crashed = new LeaseManager(store(0), new LeaseSettings(ttl, "shop", "crashed"), this.threads,
					System::nanoTime, timer, List.of());
			crashed.acquire(lock().timeout(Duration.ofSeconds(300)).build());
			timer.shutdownNow();
			return Durations.of(() -> waiting(manager(1), lock().build()).get(20, TimeUnit.SECONDS).close());
		})).isLessThan(ttl.plusMillis(500));
	}

	@Test
	void anInterruptedWaiterLeavesNothingBehind() throws Exception {
		Lease holder = manager(0).acquire(lock().build());
		for (LeaseManager manager : List.of(this.managers.get(0), manager(1))) {
			CompletableFuture<Throwable> outcome = new CompletableFuture<>();
			Thread thread = new Thread(() -> {
				try {
					manager.acquire(lock().build());
					outcome.complete(new AssertionError("acquired"));
				}
				catch (LeaseInterruptedException ex) {
					outcome.complete(Thread.currentThread().isInterrupted() ? ex : new AssertionError("flag lost"));
				}
			});
			thread.start();
			await().until(() -> thread.getState() == Thread.State.WAITING);
			thread.interrupt();
			assertThat(outcome.get(10, TimeUnit.SECONDS)).isInstanceOf(LeaseInterruptedException.class);
		}
		holder.close();
		await().untilAsserted(() -> assertThat(keys()).isZero());
		await().untilAsserted(() -> assertThat(this.managers).extracting(LeaseManager::gates).containsOnly(0));
	}

	@Test
	void aThreadThatIsInterruptedAlreadyLeavesNothingBehind() {
		LeaseManager manager = manager(0);
		for (int i = 0; i < 200; i++) {
			Thread.currentThread().interrupt();
			try {
				manager.acquire(lock().build()).close();
			}
			catch (LeaseInterruptedException ex) {
				assertThat(ex).hasMessageContaining("Interrupted while waiting for the lock 'policy'");
			}
			assertThat(Thread.interrupted()).isTrue();
		}
		await().untilAsserted(() -> assertThat(keys()).isZero());
		await().untilAsserted(() -> assertThat(manager.gates()).isZero());
	}

	@Test
	void anInterruptedHolderReleasesBeforeItReturns() {
		LeaseManager manager = manager(0);
		Lease lease = manager.acquire(lock().build());
		Thread.currentThread().interrupt();
		lease.close();
		assertThat(Thread.interrupted()).isTrue();
		assertThat(keys()).isZero();
	}

	@Test
	void aCancelledAcquireLeavesNothingBehind() {
		LeaseManager manager = manager(0);
		Lease holder = manager.acquire(lock().build());
		CompletableFuture<Lease> waiter = waiting(manager, lock().build());
		waiter.cancel(true);
		holder.close();
		await().untilAsserted(() -> assertThat(keys()).isZero());
		await().untilAsserted(() -> assertThat(manager.gates()).isZero());
	}

	@Test
	void aLeaseCanBeClosedByAnotherThread() throws Exception {
		Lease lease = manager(0).acquire(lock().build());
		CompletableFuture.runAsync(lease::close, this.threads).get(10, TimeUnit.SECONDS);
		assertThat(keys()).isZero();
	}

	@Test
	void thereIsNoLongestTimeout() {
		Duration forever = ChronoUnit.FOREVER.getDuration();
		Lease holder = manager(0).acquire(lock().timeout(forever).waitTime(forever).build());
		CompletableFuture<Lease> waiter = waiting(manager(1), lock().timeout(forever).waitTime(forever).build());
		assertThat(holder.isValid()).isTrue();
		holder.close();
		assertThat(waiter).succeedsWithin(Duration.ofSeconds(10)).satisfies(Lease::close);
	}

	@Test
	void aClosedManagerRenewsItsLeasesUntilTheyAreClosed() {
		// Long enough for a machine that stalls for two thirds of this time.
		Duration ttl = Duration.ofSeconds(3);
		LeaseManager manager = manager(0, ttl);
		Lease lease = manager.acquire(lock().build());
		manager.close();
		await().during(ttl.plusMillis(500)).atMost(Duration.ofSeconds(20)).until(lease::isValid);
		assertThat(manager.ended().toCompletableFuture()).isNotDone();
		lease.close();
		assertThat(manager.ended().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
		assertThat(keys()).isZero();
	}

	@Test
	void aClosedManagerFailsItsWaiters() {
		LeaseManager manager = manager(0);
		manager.acquire(lock().build());
		CompletableFuture<Lease> waiter = waiting(manager, lock().build());
		manager.close();
		assertThat(waiter).failsWithin(Duration.ofSeconds(10))
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(LeaseUnavailableException.class);
		assertThatExceptionOfType(LeaseUnavailableException.class).isThrownBy(() -> manager.acquire(lock().build()));
	}

	private int maxInside(int limit, int threadsPerInstance) throws Exception {
		AtomicInteger inside = new AtomicInteger();
		Set<Integer> seen = ConcurrentHashMap.newKeySet();
		List<CompletableFuture<?>> all = new ArrayList<>();
		for (int i = 0; i < 2; i++) {
			LeaseManager manager = manager(i);
			for (int thread = 0; thread < threadsPerInstance; thread++) {
				all.add(CompletableFuture.runAsync(() -> {
					for (int round = 0; round < 50; round++) {
						try (Lease lease = manager.acquire((limit == 1) ? lock().build() : semaphore(limit))) {
							seen.add(inside.incrementAndGet());
							Thread.yield();
							assertThat(lease.isValid()).isTrue();
							inside.decrementAndGet();
						}
					}
				}, this.threads));
			}
		}
		CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(50, TimeUnit.SECONDS);
		return seen.stream().mapToInt(Integer::intValue).max().orElse(0);
	}

	/**
	 * Requests a lease in the background and returns when the request waits.
	 * @param manager the manager
	 * @param request the request
	 * @return the lease
	 */
	private static CompletableFuture<Lease> waiting(LeaseManager manager, LeaseRequest request) {
		CompletableFuture<Lease> lease = manager.acquireAsync(request).toCompletableFuture();
		assertThat(manager.gates()).isPositive();
		return lease;
	}

	protected final LeaseManager manager(int instance) {
		return manager(instance, TTL);
	}

	private LeaseManager manager(int instance, Duration ttl) {
		LeaseManager manager = new LeaseManager(store(instance), new LeaseSettings(ttl, "shop", "instance-" + instance),
				this.threads);
		this.managers.add(manager);
		return manager;
	}

	private LeaseRequest semaphore(int limit) {
		return semaphore(limit, PATIENT);
	}

	private LeaseRequest semaphore(int limit, Duration waitTime) {
		return new LeaseRequest("policy", new LeaseKey(LeaseKind.SEMAPHORE, this.key), limit, null, waitTime, false,
				"test");
	}

	private RequestBuilder lock() {
		return new RequestBuilder(this.key);
	}

	/**
	 * Builds requests for a lock.
	 */
	private static final class RequestBuilder {

		private final String key;

		private Duration timeout;

		private Duration waitTime = PATIENT;

		private boolean fenced;

		private RequestBuilder(String key) {
			this.key = key;
		}

		private RequestBuilder timeout(Duration timeout) {
			this.timeout = timeout;
			return this;
		}

		private RequestBuilder waitTime(Duration waitTime) {
			this.waitTime = waitTime;
			return this;
		}

		private RequestBuilder fenced(boolean fenced) {
			this.fenced = fenced;
			return this;
		}

		private LeaseRequest build() {
			return new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, this.key), 1, this.timeout, this.waitTime,
					this.fenced, "test");
		}

	}

}
