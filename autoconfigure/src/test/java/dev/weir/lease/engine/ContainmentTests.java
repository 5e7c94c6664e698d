package dev.weir.lease.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LossReason;
import dev.weir.lease.OnLost;
import dev.weir.local.LocalLeaseStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Foreign code that throws errors, blocks, or rejects tasks: callers get their answers,
 * other callers get the lease, and timers go on.
 */
@Timeout(60)
class ContainmentTests {

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.LOCK, "key");

	private static final LeaseSettings SETTINGS = new LeaseSettings(Duration.ofSeconds(1), "shop", "1");

	private final LocalLeaseStore store = new LocalLeaseStore();

	@Test
	void anErrorOfAListenerReachesNoCallerAndStopsNothing() throws Exception {
		try (LeaseManager manager = new LeaseManager(this.store, SETTINGS, Runnable::run, List.of(new Broken()))) {
			Lease first = manager.acquire(request(0));
			assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(() -> manager.acquire(request(0)));
			CompletableFuture<Lease> waiter = manager.acquireAsync(request(20)).toCompletableFuture();
			// Longer than a lease lives without renewal.
			await().pollDelay(Duration.ofMillis(1500)).until(first::isValid);
			first.close();
			Lease second = waiter.get(20, TimeUnit.SECONDS);
			second.close();
			manager.acquire(request(0)).close();
			assertThat(this.store.size()).isZero();
		}
	}

	@Test
	void aListenerThatCannotEvenBeAskedKeepsNoCallerFromItsLease() {
		LeaseListener broken = new LeaseListener() {

			@Override
			public Call asked(LeaseRequest request) {
				throw new NoSuchMethodError("asked");
			}

		};
		try (LeaseManager manager = new LeaseManager(this.store, SETTINGS, Runnable::run, List.of(broken, broken))) {
			manager.acquire(request(0)).close();
			assertThat(this.store.size()).isZero();
		}
	}

	@Test
	void anEffectThatThrowsStopsNoOtherEffect() {
		List<String> ran = new ArrayList<>();
		new Effects.Events().on((effects) -> {
			effects.addNotice(() -> ran.add("notice"));
			effects.add(() -> {
				throw new NoSuchMethodError("effect");
			});
			effects.add(() -> ran.add("effect"));
		});
		assertThat(ran).containsExactly("effect", "notice");
	}

	@Test
	void aListenerThatBlocksDelaysNoAnswer() throws Exception {
		CountDownLatch mayReturn = new CountDownLatch(1);
		CountDownLatch notified = new CountDownLatch(1);
		AtomicInteger acquired = new AtomicInteger();
		LeaseListener blocking = new LeaseListener() {

			@Override
			public Call asked(LeaseRequest request) {
				return new Call() {

					@Override
					public void acquired(Duration took, boolean handedOn) {
						// The second caller, whether the place was handed on or not.
						if (acquired.incrementAndGet() == 2) {
							notified.countDown();
							awaitQuietly(mayReturn);
						}
					}

				};
			}

		};
		try (LeaseManager manager = new LeaseManager(this.store, SETTINGS, Runnable::run, List.of(blocking))) {
			Lease first = manager.acquire(request(0));
			CompletableFuture<HeldLease> waiter = manager.submit(request(20), manager.now());
			CompletableFuture<Void> closing = CompletableFuture.runAsync(first::close);
			assertThat(notified.await(20, TimeUnit.SECONDS)).isTrue();
			assertThat(waiter).isCompletedWithValueMatching(HeldLease::isValid);
			assertThat(closing).isNotDone();
			mayReturn.countDown();
			closing.get(20, TimeUnit.SECONDS);
			waiter.join().close();
		}
	}

	static Stream<Executor> refusingExecutors() {
		return Stream.of((task) -> {
			throw new RejectedExecutionException();
		}, (task) -> {
			throw new OutOfMemoryError("unable to create native thread");
		});
	}

	@ParameterizedTest
	@MethodSource("refusingExecutors")
	void anExecutorThatRefusesTasksLosesNoAnswer(Executor refusing) throws Exception {
		try (LeaseManager manager = new LeaseManager(this.store, SETTINGS, refusing)) {
			LeaseTemplate template = new LeaseTemplate(manager, EnclosingWork.NONE);
			Lease lease = manager.acquireAsync(request(0)).toCompletableFuture().get(20, TimeUnit.SECONDS);
			AtomicBoolean lost = new AtomicBoolean();
			lease.onLost(() -> lost.set(true));
			assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(() -> manager.acquire(request(0)));
			this.store.release(KEY, ((HeldLease) lease).place().owner(), 0);
			manager.renewNow();
			await().untilTrue(lost);
			CompletableFuture<String> result = template.callAsync(
					new LeaseGuard(request(20), OnUnavailable.FAIL, OnLost.FAIL),
					() -> CompletableFuture.completedFuture("result"), LeaseTemplate.Fallback.none());
			assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo("result");
		}
	}

	@Test
	void anErrorOfACallbackStopsNoOtherCallback() throws Exception {
		try (LeaseManager manager = new LeaseManager(this.store, SETTINGS, Runnable::run)) {
			Lease lease = manager.acquire(request(0));
			AtomicInteger called = new AtomicInteger();
			lease.onLost(() -> {
				throw new NoSuchMethodError("a callback");
			});
			lease.onLost(called::incrementAndGet);
			this.store.release(KEY, ((HeldLease) lease).place().owner(), 0);
			manager.renewNow();
			await().until(() -> called.get() == 1);
			manager.acquire(request(0)).close();
		}
	}

	@Test
	void theSweepAndTheRenewalsGoOnAfterAnError() throws Exception {
		AtomicInteger errors = new AtomicInteger();
		AtomicBoolean failing = new AtomicBoolean();
		try (LeaseManager manager = new LeaseManager(this.store, SETTINGS, Runnable::run, List.of(), () -> {
			if (failing.get()) {
				errors.incrementAndGet();
				throw new OutOfMemoryError("expected");
			}
			return System.nanoTime();
		})) {
			Lease lease = manager.acquire(request(0));
			failing.set(true);
			await().until(() -> errors.get() >= 3);
			failing.set(false);
			// Longer than a lease lives without renewal.
			await().pollDelay(Duration.ofMillis(1500)).until(lease::isValid);
			lease.close();
		}
	}

	private static LeaseRequest request(int waitSeconds) {
		return new LeaseRequest("name", KEY, 1, null, Duration.ofSeconds(waitSeconds), false, "test");
	}

	private static void awaitQuietly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Throws an error at each event.
	 */
	private static final class Broken implements LeaseListener {

		@Override
		public Call asked(LeaseRequest request) {
			return new Call() {

				@Override
				public void waits() {
					throw new NoSuchMethodError("waits");
				}

				@Override
				public void acquired(Duration took, boolean handedOn) {
					throw new NoSuchMethodError("acquired");
				}

				@Override
				public void failed(Duration took, Failure failure) {
					throw new NoSuchMethodError("failed");
				}

			};
		}

		@Override
		public void released(LeaseRequest request, Duration held) {
			throw new NoSuchMethodError("released");
		}

		@Override
		public void lost(LeaseRequest request, LossReason reason, Duration held) {
			throw new NoSuchMethodError("lost");
		}

		@Override
		public void renewed(LeaseRequest request, Duration lag, boolean renewed) {
			throw new NoSuchMethodError("renewed");
		}

		@Override
		public void unavailable(LeaseRequest request, OnUnavailable policy) {
			throw new NoSuchMethodError("unavailable");
		}

	}

}
