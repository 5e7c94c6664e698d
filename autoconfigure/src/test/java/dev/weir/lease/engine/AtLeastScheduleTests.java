package dev.weir.lease.engine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.OnLost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Schedules of locks that stay taken for a time after their holder has ended. The test
 * gives the answers of the store, and no time passes unless the test lets it pass.
 */
@Timeout(60)
class AtLeastScheduleTests {

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.LOCK, "key");

	private static final LeaseKey OTHER = new LeaseKey(LeaseKind.LOCK, "other");

	private static final LeaseStore.Acquired ACQUIRED = new LeaseStore.Acquired(0);

	private static final Duration MINUTE = Duration.ofMinutes(1);

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final ManualTimer timer = new ManualTimer();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final LeaseManager manager = this.timer.manager(this.store,
			new LeaseSettings(Duration.ofSeconds(30), "shop", "1"), this.threads);

	private final LeaseTemplate template = new LeaseTemplate(this.manager, EnclosingWork.NONE);

	@AfterEach
	void end() {
		this.manager.close();
		this.threads.shutdownNow();
	}

	@Test
	void theRestOfTheTimeCountsFromTheAnswerToTheClaim() {
		CompletableFuture<String> call = call(MINUTE);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		this.timer.pause(Duration.ofSeconds(1));
		acquire.answers(ACQUIRED);
		assertThat(this.store.<Boolean>next("keep").ttl()).isEqualTo(MINUTE);
		assertThat(call).isNotDone();
	}

	@Test
	void aCrashWouldLeaveTheLockForThisTimeToo() {
		call(MINUTE);
		assertThat(this.store.next("acquire").ttl()).isEqualTo(MINUTE);
	}

	@Test
	void aRenewalNeverShortensTheTime() {
		HeldLease lease = acquire(Duration.ofSeconds(33), null);
		this.timer.pass(Duration.ofSeconds(11));
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		assertThat(renewal.ttl()).isEqualTo(Duration.ofSeconds(30));
		renewal.answers(true);
		lease.closeAsync();
		assertThat(this.store.next("keep").ttl()).isEqualTo(Duration.ofSeconds(22));
	}

	@Test
	void theStoreIsAskedOnceAndTheCallerReturnsAtOnce() {
		CompletableFuture<String> call = call(MINUTE);
		answer();
		this.store.<Boolean>next("keep").answers(true);
		assertThat(call).succeedsWithin(Duration.ofSeconds(20)).isEqualTo("ran");
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
		this.timer.pass(Duration.ofMinutes(2));
		assertThat(this.store.isQuiet()).isTrue();
	}

	@Test
	void aMethodThatTookLongerReleasesTheLock() {
		HeldLease lease = acquire(Duration.ofSeconds(5), null);
		this.timer.pause(Duration.ofSeconds(5));
		lease.closeAsync();
		this.store.next("release");
	}

	@Test
	void aLockOfAStoreWithoutAnAnswerIsKeptAgainForTheRest() {
		HeldLease lease = acquire(Duration.ofSeconds(1), null);
		lease.closeAsync();
		this.store.<Boolean>next("keep").fails();
		ScriptedLeaseStore.Call<Boolean> again = this.store.next("keep");
		assertThat(again.owner()).isEqualTo(lease.place().owner());
		again.fails();
		this.timer.pass(Duration.ofMillis(100));
		ScriptedLeaseStore.Call<Boolean> third = this.store.next("keep");
		assertThat(third.ttl()).isEqualTo(Duration.ofMillis(900));
		third.fails();
		this.timer.pass(Duration.ofSeconds(1));
		// Its time is over.
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.NOT_HELD);
	}

	@Test
	void theEndOfTheEngineDoesNotWaitForTheTime() {
		HeldLease lease = acquire(MINUTE, null);
		lease.closeAsync();
		this.manager.close();
		assertThat(this.manager.ended().toCompletableFuture()).isNotDone();
		this.store.<Boolean>next("keep").answers(true);
		assertThat(this.manager.ended()).succeedsWithin(Duration.ofSeconds(20));
	}

	@Test
	void anotherCallerOfThisInstanceWaitsForTheEndOfTheTime() throws Exception {
		HeldLease first = acquire(MINUTE, null);
		CompletableFuture<Lease> second = this.manager.acquireAsync(request(KEY, Duration.ZERO, MINUTE.multipliedBy(2)))
			.toCompletableFuture();
		first.closeAsync();
		this.store.<Boolean>next("keep").answers(true);
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Busy(null, Duration.ofMillis(100), true));
		this.timer.pass(Duration.ofMillis(106));
		answer();
		assertThat(second.get(20, TimeUnit.SECONDS).isValid()).isTrue();
	}

	@Test
	void aCallerThatGaveUpReleasesTheLockAtOnce() {
		CompletableFuture<Lease> asked = this.manager.acquireAsync(request(KEY, MINUTE, MINUTE)).toCompletableFuture();
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		asked.cancel(true);
		acquire.answers(ACQUIRED);
		this.store.next("release");
	}

	@Test
	void aCallThatFindsItsSecondLockBusyReleasesTheFirstOneAtOnce() {
		this.template.acquireAsync(guard(request(KEY, MINUTE, Duration.ZERO), request(OTHER, MINUTE, Duration.ZERO)));
		answer();
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Busy(null, null, false));
		this.store.next("release");
	}

	@Test
	void aReactiveCallThatIsCancelledBeforeItRanReleasesTheLockAtOnce() {
		new ReactiveLeases(this.template)
			.<String>guard(() -> guard(request(KEY, MINUTE, MINUTE)), true, () -> Mono.just("ran"), Mono::error)
			.subscribe()
			.dispose();
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		acquire.answers(ACQUIRED);
		this.store.next("release");
	}

	@Test
	void aLockIsHandedOnOnlyIfThePlaceLivesForLongEnough() {
		HeldLease first = acquire(Duration.ZERO, null);
		this.manager.acquireAsync(request(KEY, MINUTE, MINUTE));
		first.closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		assertThat(this.store.next("acquire").ttl()).isEqualTo(MINUTE);
	}

	@Test
	void aKeptLockIsNeverHandedOn() {
		HeldLease first = acquire(MINUTE, null);
		this.manager.acquireAsync(request(KEY, Duration.ZERO, MINUTE));
		first.closeAsync();
		this.store.next("keep");
	}

	private CompletableFuture<String> call(Duration atLeast) {
		return CompletableFuture.supplyAsync(
				() -> this.template.call(guard(request(KEY, atLeast, Duration.ZERO)), () -> "ran"), this.threads);
	}

	private HeldLease acquire(Duration atLeast, Duration timeout) {
		CompletableFuture<Lease> asked = this.manager
			.acquireAsync(new LeaseRequest("policy", KEY, 1, timeout, Duration.ZERO, false, "test").keptFor(atLeast))
			.toCompletableFuture();
		answer();
		return (HeldLease) asked.join();
	}

	private void answer() {
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
	}

	private static LeaseRequest request(LeaseKey key, Duration atLeast, Duration waitTime) {
		return new LeaseRequest("policy", key, 1, null, waitTime, false, "test").keptFor(atLeast);
	}

	private static LeaseGuard guard(LeaseRequest... requests) {
		return new LeaseGuard(List.of(requests), OnUnavailable.FAIL, OnLost.FAIL);
	}

}
