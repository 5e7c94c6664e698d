package dev.weir.lease.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.OnLost;
import org.hamcrest.Matchers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for schedules of guarded calls that must not go wrong: several keys, stand-in
 * leases, nested calls and transactions. The test gives the answers of the stores, and no
 * time passes unless the test lets it pass.
 */
@Timeout(60)
class GuardScheduleTests {

	private static final LeaseStore.Acquired ACQUIRED = new LeaseStore.Acquired(0);

	private static final Duration SOON = Duration.ofSeconds(20);

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final ManualTimer timer = new ManualTimer();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final LeaseManager manager = manager(this.store);

	private final Transactions transactions = new Transactions();

	private final LeaseTemplate template = new LeaseTemplate(this.manager, this.transactions);

	@AfterEach
	void end() {
		this.manager.close();
		this.threads.shutdownNow();
	}

	@Test
	void aPlaceThatWasShortenedIsNeverHandedOn() throws Exception {
		CompletableFuture<Lease> both = this.template
			.acquireAsync(guard(lock("a", Duration.ofMillis(100), 10_000), lock("b", Duration.ofMillis(100), 10_000)));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		ScriptedLeaseStore.Call<Boolean> shortened = this.store.next("renew");
		assertThat(shortened.ttl()).isEqualTo(Duration.ofMillis(100));
		this.store.next("renew");
		CompletableFuture<Lease> next = this.manager.acquireAsync(lock("a", null, 10_000)).toCompletableFuture();
		((OwnedLease) both.get(20, TimeUnit.SECONDS)).closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		// The store may have shortened the place although the answer was lost. No holder
		// may rely on the old deadline.
		shortened.fails();
		assertThat(next).isNotDone();
		this.store.next("release");
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(next).succeedsWithin(SOON).satisfies((lease) -> assertThat(lease.isValid()).isTrue());
	}

	@Test
	void aShortenedPlaceHasTheNewDeadlineBeforeTheStoreAnswers() {
		CompletableFuture<Lease> both = this.template
			.acquireAsync(guard(lock("a", Duration.ofMillis(100), 10_000), lock("b", Duration.ofMillis(100), 10_000)));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(both).succeedsWithin(SOON).satisfies((lease) -> {
			assertThat(lease.remaining()).isEqualTo(Duration.ofMillis(100));
			pause(100);
			assertThat(lease.isValid()).isFalse();
		});
	}

	@Test
	void theLossOfSeveralKeysIsReportedOnce() {
		CompletableFuture<Lease> both = this.template
			.acquireAsync(guard(lock("a", null, 10_000), lock("b", null, 10_000)));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		AtomicInteger losses = new AtomicInteger();
		assertThat(both).succeedsWithin(SOON).satisfies((lease) -> lease.onLost(losses::incrementAndGet));
		pass(10_001);
		ScriptedLeaseStore.Call<Boolean> first = this.store.next("renew");
		ScriptedLeaseStore.Call<Boolean> second = this.store.next("renew");
		first.answers(false);
		second.answers(false);
		this.store.next("release");
		this.store.next("release");
		await().untilAtomic(losses, Matchers.is(1));
		await().during(Duration.ofMillis(100)).untilAtomic(losses, Matchers.is(1));
		assertThat(both.join().isValid()).isFalse();
	}

	@Test
	void aCallerThatGivesUpWhenTheLastKeyIsGrantedReleasesAllKeys() {
		CompletableFuture<@Nullable OwnedLease> both = this.template
			.begin(guard(lock("a", null, 10_000), lock("b", null, 10_000)), null);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> first = this.store.next("acquire");
		first.answers(ACQUIRED);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> second = this.store.next("acquire");
		// The key is granted first. Then the caller gives up, before it has the answer.
		second.answer().thenRun(() -> both.cancel(false));
		second.answers(ACQUIRED);
		assertThat(List.of(this.store.next("release").owner(), this.store.next("release").owner()))
			.containsExactlyInAnyOrder(first.owner(), second.owner());
	}

	@Test
	void aBodyDoesNotRunIfAKeyWasLostDuringTheWaitForAnother() {
		AtomicBoolean ran = new AtomicBoolean();
		Future<?> call = this.threads.submit(() -> this.template
			.call(guard(lock("a", null, 60_000), lock("b", null, 60_000)), () -> ran.getAndSet(true)));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> second = this.store.next("acquire");
		pass(10_001);
		this.store.<Boolean>next("renew").answers(false);
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.NOT_HELD);
		second.answers(new LeaseStore.Busy(null, null, true));
		pass(250);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		assertThat(call).failsWithin(SOON)
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(LeaseLostException.class);
		assertThat(ran).isFalse();
	}

	@Test
	void aLossOfOneKeyFailsTheCallAlthoughAnotherReleaseHasNoAnswer() {
		this.threads.submit(() -> {
			this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
			this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
			this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.NOT_HELD);
			this.store.<LeaseStore.Release>next("release").fails();
		});
		assertThatExceptionOfType(LeaseLostException.class)
			.isThrownBy(() -> this.template.call(guard(lock("a", null, 1000), lock("b", null, 1000)), () -> "result"));
	}

	@Test
	void aCallerAfterAnOutageAndTheHolderOfALocalPlaceExcludeEachOther() throws Exception {
		LeaseGuard guard = new LeaseGuard(lock("key", Duration.ofSeconds(5), 0), OnUnavailable.LOCAL, OnLost.FAIL);
		CompletableFuture<Lease> first = this.template.acquireAsync(guard);
		this.store.<LeaseStore.Attempt>next("acquire").fails();
		Lease local = first.get(20, TimeUnit.SECONDS);
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		assertThat(this.template.acquireAsync(guard)).failsWithin(SOON)
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(LeaseBusyException.class);
		assertThat(this.store.isQuiet()).isTrue();
		CompletableFuture<Lease> patient = this.template
			.acquireAsync(new LeaseGuard(lock("key", Duration.ofSeconds(5), 10_000), OnUnavailable.LOCAL, OnLost.FAIL));
		((OwnedLease) local).closeAsync();
		// The store answers again, so other instances are excluded, too.
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(patient).succeedsWithin(SOON).satisfies((lease) -> {
			assertThat(lease.isValid()).isTrue();
			assertThat(lease.key()).isEqualTo("key");
			assertThat(lease.remaining()).isEqualTo(Duration.ofSeconds(5));
		});
	}

	@ParameterizedTest
	@EnumSource(names = { "PROCEED", "LOCAL" })
	void aCallerThatCanDoWithoutTheStoreDoesSoAsSoonAsTheOutageIsCertain(OnUnavailable policy) throws Exception {
		LeaseGuard guard = new LeaseGuard(lock("key", null, 10_000), policy, OnLost.FAIL);
		CompletableFuture<Lease> asked = this.template.acquireAsync(guard);
		this.store.<LeaseStore.Attempt>next("acquire").fails();
		this.store.next("release");
		assertThat(asked).isNotDone();
		pass(250);
		this.store.<LeaseStore.Attempt>next("acquire").isAway(Duration.ofMillis(1));
		assertThat(asked.get(20, TimeUnit.SECONDS)).isNotNull();
	}

	@ParameterizedTest
	@EnumSource
	void theEndOfTheApplicationIsNoOutage(OnUnavailable policy) {
		LeaseGuard guard = new LeaseGuard(lock("key", null, 10_000), policy, OnLost.FAIL);
		List<CompletableFuture<Lease>> waiting = List.of(this.template.acquireAsync(guard),
				this.template.acquireAsync(guard));
		this.manager.close();
		assertThat(waiting).allSatisfy((asked) -> assertThat(asked).failsWithin(SOON)
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(LeaseUnavailableException.class)
			.withMessageContaining("shutting down"));
		assertThat(this.template.acquireAsync(guard)).failsWithin(SOON);
	}

	@Test
	void aCallerWaitsForALocalPlaceOnlyForItsWaitTime() throws Exception {
		LeaseGuard guard = new LeaseGuard(lock("key", null, 1000), OnUnavailable.LOCAL, OnLost.FAIL);
		CompletableFuture<Lease> blocker = this.template.acquireAsync(guard);
		this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
		pause(1); // distinguishes the calls below from the call of the blocker
		CompletableFuture<Lease> asked = this.template.acquireAsync(guard);
		pass(1000);
		assertThat(asked).failsWithin(SOON)
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(LeaseBusyException.class);
		assertThat(blocker.get(20, TimeUnit.SECONDS).isValid()).isTrue();
	}

	/**
	 * One caller waits for the first of two keys while the store does not answer another
	 * caller for the second key.
	 */
	@Test
	void aLocalPlaceAndASharedPlaceOfOneKeyExcludeEachOther() throws Exception {
		CompletableFuture<Lease> both = this.template.acquireAsync(new LeaseGuard(
				List.of(lock("a", null, 60_000), lock("b", null, 60_000)), OnUnavailable.LOCAL, OnLost.FAIL));
		ScriptedLeaseStore.Call<LeaseStore.Attempt> first = this.store.next("acquire");
		CompletableFuture<Lease> local = this.template
			.acquireAsync(new LeaseGuard(lock("b", null, 0), OnUnavailable.LOCAL, OnLost.FAIL));
		this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
		assertThat(local.get(20, TimeUnit.SECONDS).isValid()).isTrue();
		// The store answers again.
		first.answers(ACQUIRED);
		assertThat(both).isNotDone();
		assertThat(this.store.isQuiet()).isTrue();
		((OwnedLease) local.join()).closeAsync();
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(both).succeedsWithin(SOON).satisfies((lease) -> assertThat(lease.isValid()).isTrue());
	}

	@Test
	void localAndSharedPermitsTogetherNeverExceedTheLimit() throws Exception {
		LeaseRequest permit = new LeaseRequest("permits", new LeaseKey(LeaseKind.SEMAPHORE, "permits"), 2, null,
				Duration.ofSeconds(60), false, "test");
		LeaseGuard guard = new LeaseGuard(permit, OnUnavailable.LOCAL, OnLost.FAIL);
		CompletableFuture<Lease> shared = this.template.acquireAsync(guard);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		List<CompletableFuture<Lease>> others = List.of(this.template.acquireAsync(guard),
				this.template.acquireAsync(guard), this.template.acquireAsync(guard));
		this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
		await().until(() -> others.stream().filter(CompletableFuture::isDone).count() == 1);
		assertThat(shared.join().isValid()).isTrue();
		assertThat(this.store.isQuiet()).isTrue();
		CompletableFuture<Lease> local = others.stream().filter(CompletableFuture::isDone).findFirst().orElseThrow();
		((OwnedLease) local.join()).closeAsync();
		await().until(() -> others.stream().filter(CompletableFuture::isDone).count() == 2);
	}

	@Test
	void theTimeoutOfALocalHolderPasses() throws Exception {
		CompletableFuture<Lease> asked = this.template
			.acquireAsync(new LeaseGuard(lock("key", Duration.ofSeconds(5), 0), OnUnavailable.LOCAL, OnLost.FAIL));
		this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
		Lease lease = asked.get(20, TimeUnit.SECONDS);
		pass(4999);
		assertThat(lease.isValid()).isTrue();
		pass(1);
		assertThat(lease.isValid()).isFalse();
		assertThat(this.store.isQuiet()).isTrue();
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
	}

	@Test
	void aLeaseThatTwoTransactionsNeedIsFoundUntilTheOuterOneEnds() {
		this.threads.submit(() -> {
			this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
			this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		});
		LeaseGuard guard = guard(lock("key", null, 0));
		List<String> ran = new ArrayList<>();
		this.transactions.begin();
		this.template.call(guard, () -> ran.add("outer"));
		this.transactions.begin(); // REQUIRES_NEW
		this.template.call(guard, () -> ran.add("inner"));
		this.transactions.end();
		this.template.call(guard, () -> ran.add("outer again"));
		this.transactions.end();
		assertThat(ran).hasSize(3);
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
	}

	@Test
	void aTransactionThatRejectsTheRegistrationLeavesNoLeaseBehind() {
		this.transactions.begin();
		this.transactions.failing = true;
		this.threads.submit(() -> {
			this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
			this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		});
		LeaseGuard guard = guard(lock("key", null, 1000));
		assertThatIllegalStateException().isThrownBy(() -> this.template.call(guard, () -> "result"));
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
		assertThat(OuterLeases.find(new LeaseKey(LeaseKind.LOCK, "key"), null)).isNull();
	}

	@Test
	void aNestedCallUnderAClosedLeaseAcquiresItsOwnLease() {
		this.threads.submit(() -> {
			for (int i = 0; i < 2; i++) {
				this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
				this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
			}
		});
		LeaseGuard guard = guard(lock("key", null, 1000));
		boolean valid = this.template.call(guard, () -> {
			Lease.current().orElseThrow().close();
			return this.template.call(guard, () -> Lease.current().orElseThrow().isValid());
		});
		assertThat(valid).isTrue();
	}

	@Test
	void dependentStagesDoNotRunOnTheThreadOfTheStore() {
		this.threads.submit(() -> this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED));
		CompletableFuture<String> stage = new CompletableFuture<>();
		CompletableFuture<Thread> follower = this.template
			.<String, RuntimeException>callAsync(guard(lock("key", null, 1000)), () -> stage,
					LeaseTemplate.Fallback.none())
			.thenApply((result) -> Thread.currentThread());
		stage.complete("result");
		ScriptedLeaseStore.Call<LeaseStore.Release> release = this.store.next("release");
		Thread storeThread = new Thread(() -> release.answers(LeaseStore.Release.RELEASED));
		storeThread.start();
		assertThat(follower).succeedsWithin(SOON).isNotSameAs(storeThread).isNotSameAs(Thread.currentThread());
	}

	@Test
	void aCallerThatFindsNoRoomToWaitIsAnsweredAtOnce() {
		WaitRoom room = new RoomForOne();
		CompletableFuture<Lease> first = this.template.acquireAsync(waiting(room));
		this.store.<LeaseStore.Attempt>next("acquire").answers(busy());
		CompletableFuture<Lease> second = this.template.acquireAsync(waiting(room));
		assertThat(second).failsWithin(SOON)
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(LeaseBusyException.class)
			.withMessageContaining("the maximum number of callers waits already");
		assertThat(first).isNotDone();
		first.cancel(false);
		CompletableFuture<Lease> third = this.template.acquireAsync(waiting(room));
		this.store.next("leave");
		this.store.<LeaseStore.Attempt>next("acquire").answers(busy());
		assertThat(room.enter()).isFalse();
		assertThat(third).isNotDone();
	}

	@Test
	void aCallerWithoutRoomTakesALeaseThatIsFree() {
		WaitRoom full = new RoomForOne();
		full.enter();
		CompletableFuture<Lease> free = this.template.acquireAsync(waiting(full));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(free).succeedsWithin(SOON);
		CompletableFuture<Lease> behind = this.template.acquireAsync(waiting(full));
		assertThat(behind).failsWithin(SOON).withThrowableThat().havingCause().isInstanceOf(LeaseBusyException.class);
	}

	@Test
	void aCallerLeavesTheRoomWithItsLease() {
		WaitRoom room = new RoomForOne();
		CompletableFuture<Lease> holder = this.template.acquireAsync(guard(lock("key", null, 10_000)));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		CompletableFuture<Lease> waiting = this.template.acquireAsync(waiting(room));
		assertThat(waiting).isNotDone();
		((OwnedLease) holder.join()).closeAsync();
		assertThat(waiting).succeedsWithin(SOON);
		await().until(room::enter);
	}

	@Test
	void callersWithoutRoomAreAnsweredWhileTheStoreIsAsked() {
		WaitRoom room = new RoomForOne();
		CompletableFuture<Lease> first = this.template.acquireAsync(waiting(room));
		CompletableFuture<Lease> second = this.template.acquireAsync(waiting(room));
		CompletableFuture<Lease> third = this.template.acquireAsync(waiting(room));
		this.store.<LeaseStore.Attempt>next("acquire").answers(busy());
		await().until(
				() -> Stream.of(first, second, third).filter(CompletableFuture::isCompletedExceptionally).count() == 2);
	}

	@Test
	void aCallerWithoutRoomDoesNotRunUnguardedAfterARefusal() {
		WaitRoom full = new RoomForOne();
		full.enter();
		for (OnUnavailable policy : List.of(OnUnavailable.PROCEED, OnUnavailable.LOCAL, OnUnavailable.FAIL)) {
			CompletableFuture<Lease> crowded = this.template
				.acquireAsync(new LeaseGuard(List.of(lock("key", null, 10_000)), policy, OnLost.FAIL, full));
			for (int i = 0; i < 2; i++) {
				this.store.<LeaseStore.Attempt>next("acquire")
					.answer()
					.completeExceptionally(StoreUnavailableException.withoutAsking("TRYAGAIN"));
			}
			assertThat(crowded).failsWithin(SOON)
				.withThrowableThat()
				.havingCause()
				.isInstanceOf(LeaseBusyException.class)
				.withMessageContaining("the maximum number of callers waits already");
		}
	}

	@Test
	void aCallerLeavesTheRoomBeforeItWaitsForItsNextKey() {
		WaitRoom room = new RoomForOne();
		CompletableFuture<Lease> holder = this.template.acquireAsync(guard(lock("a", null, 10_000)));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		CompletableFuture<Lease> other = this.template.acquireAsync(guard(lock("b", null, 10_000)));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		CompletableFuture<Lease> both = this.template.acquireAsync(new LeaseGuard(
				List.of(lock("a", null, 10_000), lock("b", null, 10_000)), OnUnavailable.FAIL, OnLost.FAIL, room));
		((OwnedLease) holder.join()).closeAsync();
		await().during(Duration.ofMillis(100)).until(() -> !both.isDone());
		((OwnedLease) other.join()).closeAsync();
		assertThat(both).succeedsWithin(SOON);
	}

	private static LeaseStore.Busy busy() {
		return new LeaseStore.Busy(null, Duration.ofSeconds(30), true);
	}

	private static LeaseGuard waiting(WaitRoom room) {
		return new LeaseGuard(List.of(lock("key", null, 10_000)), OnUnavailable.FAIL, OnLost.FAIL, room);
	}

	private LeaseManager manager(LeaseStore of) {
		return this.timer.manager(of, new LeaseSettings(Duration.ofSeconds(30), "shop", "1"), this.threads);
	}

	private static LeaseRequest lock(String key, Duration timeout, long waitMillis) {
		return new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, key), 1, timeout, Duration.ofMillis(waitMillis),
				false, "test");
	}

	private static LeaseGuard guard(LeaseRequest... requests) {
		return new LeaseGuard(List.of(requests), OnUnavailable.FAIL, OnLost.FAIL);
	}

	private void pause(long millis) {
		this.timer.pause(Duration.ofMillis(millis));
	}

	private void pass(long millis) {
		this.timer.pass(Duration.ofMillis(millis));
	}

	/**
	 * A room in which one caller can wait.
	 */
	private static final class RoomForOne implements WaitRoom {

		private final AtomicInteger waiting = new AtomicInteger();

		@Override
		public boolean enter() {
			return this.waiting.compareAndSet(0, 1);
		}

		@Override
		public void leave() {
			assertThat(this.waiting.getAndSet(0)).isOne();
		}

	}

	/**
	 * Nested transactions.
	 */
	private static final class Transactions implements EnclosingWork {

		private final Deque<List<Runnable>> running = new ArrayDeque<>();

		private boolean failing;

		private void begin() {
			this.running.push(new ArrayList<>());
		}

		private void end() {
			this.running.pop().forEach(Runnable::run);
		}

		@Override
		public boolean isActive() {
			return !this.running.isEmpty();
		}

		@Override
		public void register(Runnable beforeCommit, Runnable afterEnd) {
			if (this.failing) {
				throw new IllegalStateException("no registration");
			}
			this.running.element().add(afterEnd);
		}

	}

}
