package dev.weir.policy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.lease.OnLost;
import dev.weir.lease.SemaphoreOperations;
import dev.weir.lease.SemaphoreSpec;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.local.LocalLeaseStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for the {@link LockOperations} and {@link SemaphoreOperations} that
 * {@link PolicyLeaseOperations} creates.
 */
@Timeout(60)
class PolicyLeaseOperationsTests {

	private static final LockSettings DEFAULTS = new LockSettings(true, null, null, Duration.ofSeconds(10),
			OnUnavailable.FAIL, OnLost.FAIL, null, null);

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final LocalLeaseStore store = new LocalLeaseStore();

	private final LeaseManager manager = new LeaseManager(this.store,
			new LeaseSettings(Duration.ofSeconds(30), "shop", "1"), this.threads);

	private final LeaseTemplate template = new LeaseTemplate(this.manager, EnclosingWork.NONE);

	private final LockOperations locks = locks(Map.of());

	private final SemaphoreOperations semaphores = PolicyLeaseOperations.semaphores(this.template, new LeasePolicies(
			LeaseKind.SEMAPHORE, "weir:", DEFAULTS, Map.of(), new LeaseNames(), new WaitRooms(), (text) -> text, null));

	@AfterEach
	void end() {
		this.manager.close();
		this.threads.shutdownNow();
	}

	@Test
	void aCallbackRunsUnderItsLease() throws Exception {
		LockSpec lock = LockSpec.of("invoice", "7").fenced(true);
		long token = this.locks.call(lock, () -> Lease.current().orElseThrow().fencingToken());
		assertThat(token).isPositive();
		this.locks.run(lock, () -> assertThat(Lease.current().orElseThrow().fencingToken()).isGreaterThan(token));
		assertThat(this.store.size()).isZero();
	}

	@Test
	void aCheckedExceptionOfTheCallbackReachesTheCaller() {
		assertThatExceptionOfType(InterruptedException.class)
			.isThrownBy(() -> this.locks.runChecked(LockSpec.of("x"), () -> {
				throw new InterruptedException("from the callback");
			}));
		assertThat(this.store.size()).isZero();
	}

	@Test
	void holdsALeaseUntilItsCallerClosesIt() {
		LockSpec lock = LockSpec.of("invoice", "7");
		try (Lease lease = this.locks.acquire(lock)) {
			assertThat(lease.key()).isEqualTo("weir:invoice:7");
			assertThat(this.locks.tryAcquire(lock)).isEmpty();
			assertThatExceptionOfType(LeaseBusyException.class)
				.isThrownBy(() -> this.locks.acquire(lock.waitTime(Duration.ofMillis(50))))
				.withMessageContaining("in LockOperations 'invoice' since");
			assertThat(this.locks.tryAcquire(LockSpec.of("invoice", "8"))).get().satisfies((other) -> other.close());
		}
		Optional<Lease> again = this.locks.tryAcquire(lock);
		assertThat(again).isPresent();
		again.get().close();
		assertThat(this.store.size()).isZero();
	}

	@Test
	void anAsynchronousAcquireWaitsForItsTurnAndCanBeCancelled() {
		LockSpec lock = LockSpec.of("invoice", "7");
		Lease holder = this.locks.acquire(lock);
		CompletableFuture<Lease> cancelled = this.locks.acquireAsync(lock);
		CompletableFuture<Lease> second = this.locks.acquireAsync(lock);
		assertThat(second).isNotDone();
		cancelled.cancel(true);
		holder.close();
		assertThat(second).succeedsWithin(Duration.ofSeconds(20)).satisfies(Lease::close);
		assertThat(this.store.size()).isZero();
	}

	@Test
	void anAsynchronousCallbackKeepsItsLeaseUntilItsStageEnds() {
		SemaphoreSpec permit = SemaphoreSpec.of("batch", 1).waitTime(Duration.ZERO);
		CompletableFuture<String> stage = new CompletableFuture<>();
		CompletableFuture<String> result = this.semaphores.callAsync(permit, () -> stage);
		assertThat(this.semaphores.callAsync(permit, () -> CompletableFuture.completedFuture("other")))
			.failsWithin(Duration.ofSeconds(20))
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(LeaseBusyException.class);
		stage.complete("result");
		assertThat(result).succeedsWithin(Duration.ofSeconds(20)).isEqualTo("result");
		assertThat(this.semaphores.tryAcquire(permit)).get().satisfies((lease) -> lease.close());
	}

	@Test
	void aSemaphoreHasTheLimitThatCodeRequests() {
		SemaphoreSpec permit = SemaphoreSpec.of("batch", "tenant", 2);
		List<Lease> held = List.of(this.semaphores.acquire(permit), this.semaphores.acquire(permit));
		assertThat(this.semaphores.tryAcquire(permit)).isEmpty();
		assertThat(this.semaphores.tryAcquire(SemaphoreSpec.of("batch", "tenant", 3))).get()
			.satisfies((lease) -> lease.close());
		held.forEach(Lease::close);
		assertThat(this.store.size()).isZero();
	}

	@Test
	void acquiresSeveralKeysTogether() {
		try (Lease lease = this.locks.acquire(LockSpec.ofAll("account", List.of("b", "a", "b")))) {
			assertThat(lease.key()).isEqualTo("weir:account:a, weir:account:b");
			assertThat(this.locks.tryAcquire(LockSpec.of("account", "a"))).isEmpty();
		}
		assertThat(this.store.size()).isZero();
	}

	@Test
	void propertiesHavePrecedenceOverCode() {
		LockOperations overridden = locks(Map.of("invoice",
				new SemaphoreSettings(null, null, Duration.ofSeconds(5), Duration.ZERO, null, null, null, null)));
		LockSpec lock = LockSpec.of("invoice").timeout(Duration.ofMinutes(1)).waitTime(Duration.ofMinutes(1));
		try (Lease lease = overridden.acquire(lock)) {
			assertThat(lease.remaining()).isLessThanOrEqualTo(Duration.ofSeconds(5));
			assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(() -> overridden.acquire(lock))
				.withMessageContaining("the call does not wait");
		}
	}

	@Test
	void aDisabledPolicyGuardsNothing() {
		LockOperations off = locks(
				Map.of("invoice", new SemaphoreSettings(false, null, null, null, null, null, null, null)));
		LockSpec lock = LockSpec.of("invoice", "7");
		assertThat(off.<Boolean>call(lock, () -> Lease.current().isPresent())).isFalse();
		try (Lease one = off.acquire(lock); Lease two = off.tryAcquire(lock).orElseThrow()) {
			assertThat(one.isValid()).isTrue();
			assertThat(two.isValid()).isTrue();
			assertThat(off.acquireAsync(lock)).succeedsWithin(Duration.ofSeconds(20));
			assertThat(this.store.size()).isZero();
		}
	}

	@Test
	void escapesAKeyFromAUser() {
		try (Lease lease = this.locks.acquire(LockSpec.of("order", "{x}\n"))) {
			assertThat(lease.key()).isEqualTo("weir:order:%7Bx%7D%0A");
		}
	}

	@Test
	void rejectsInvalidRequestsAtOnce() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.locks.acquire(LockSpec.of("a b")))
			.withMessageContaining("cannot begin a key");
		assertThatIllegalArgumentException().isThrownBy(() -> this.locks.acquire(LockSpec.of("")))
			.withMessageContaining("cannot begin a key");
		assertThatIllegalArgumentException().isThrownBy(() -> this.locks.acquire(LockSpec.of("order", " ")))
			.withMessageContaining("is blank");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.locks.acquire(LockSpec.of("order").timeout(Duration.ZERO)))
			.withMessageContaining("at least 1 ms");
		assertThatIllegalArgumentException().isThrownBy(() -> SemaphoreSpec.of("batch", 0))
			.withMessageContaining("at least 1");
		assertThatIllegalArgumentException().isThrownBy(() -> LockSpec.ofAll("account", List.of("a", "b")).fenced(true))
			.withMessageContaining("cannot be fenced");
	}

	@Test
	void callersOfACacheAlwaysWait() {
		LeasePolicies crowded = new LeasePolicies(LeaseKind.LOCK, "weir:", DEFAULTS, Map.of(), new LeaseNames(),
				new WaitRooms(0, () -> true), (text) -> text, null);
		LockSpec lock = LockSpec.of("cache", "entry");
		Lease held = this.locks.acquire(lock);
		assertThatExceptionOfType(LeaseBusyException.class)
			.isThrownBy(() -> PolicyLeaseOperations.locks(this.template, crowded).acquire(lock))
			.withMessageContaining("the maximum number of callers waits already");
		CompletableFuture<Lease> waiting = CompletableFuture
			.supplyAsync(() -> PolicyLeaseOperations.locksOfCaches(this.template, crowded).acquire(lock), this.threads);
		assertThat(waiting).isNotDone();
		held.close();
		assertThat(waiting).succeedsWithin(Duration.ofSeconds(20)).satisfies(Lease::close);
	}

	private LockOperations locks(Map<String, SemaphoreSettings> overrides) {
		return PolicyLeaseOperations.locks(this.template, new LeasePolicies(LeaseKind.LOCK, "weir:", DEFAULTS,
				overrides, new LeaseNames(), new WaitRooms(), (text) -> text, null));
	}

}
