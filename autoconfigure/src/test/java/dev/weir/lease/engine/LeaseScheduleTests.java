package dev.weir.lease.engine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.LossReason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for schedules that must not go wrong. The test controls them: it gives the
 * answers of the store, and no time passes unless the test lets it pass.
 */
@Timeout(60)
class LeaseScheduleTests {

	private static final Duration TTL = Duration.ofSeconds(30);

	private static final Duration SOON = Duration.ofSeconds(20);

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.LOCK, "key");

	private static final LeaseStore.Acquired ACQUIRED = new LeaseStore.Acquired(0);

	private static final LeaseStore.Busy BUSY = new LeaseStore.Busy(null, null, true);

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final ManualTimer timer = new ManualTimer(Long.MAX_VALUE - 1000);

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final LeaseManager manager = this.timer.manager(this.store, new LeaseSettings(TTL, "shop", "1"),
			this.threads);

	@AfterEach
	void end() {
		this.manager.close();
		this.threads.shutdownNow();
	}

	@Test
	void aWaiterThatGivesUpDuringItsClaimReleasesTheLease() {
		CompletableFuture<Lease> waiter = ask(10_000);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		waiter.cancel(true);
		acquire.answers(ACQUIRED);
		ScriptedLeaseStore.Call<LeaseStore.Release> release = this.store.next("release");
		assertThat(release.owner()).isEqualTo(acquire.owner());
		release.answers(LeaseStore.Release.RELEASED);
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
		assertThat(this.store.isQuiet()).isTrue();
	}

	@Test
	void theLeaseOfAWaiterThatGaveUpGoesToTheNextWaiter() throws Exception {
		CompletableFuture<Lease> first = ask(10_000);
		CompletableFuture<Lease> second = ask(10_000);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		first.cancel(true);
		acquire.answers(ACQUIRED);
		assertThat(second.get(20, TimeUnit.SECONDS).isValid()).isTrue();
		assertThat(this.store.isQuiet()).isTrue();
	}

	@Test
	void theDeadlineCountsFromBeforeTheClaimWasSent() throws Exception {
		CompletableFuture<Lease> asked = ask(10_000);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		pause(Duration.ofSeconds(10));
		acquire.answers(ACQUIRED);
		assertThat(asked.get(20, TimeUnit.SECONDS).remaining()).isEqualTo(Duration.ofSeconds(20));
	}

	@Test
	void anAnswerAfterTheDeadlineGrantsNothing() {
		CompletableFuture<Lease> asked = ask(10_000);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> late = this.store.next("acquire");
		pause(TTL);
		late.answers(ACQUIRED);
		ScriptedLeaseStore.Call<LeaseStore.Release> release = this.store.next("release");
		assertThat(release.owner()).isEqualTo(late.owner());
		assertThat(asked).isNotDone();
		release.answers(LeaseStore.Release.NOT_HELD);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> again = this.store.next("acquire");
		assertThat(again.owner()).isNotEqualTo(late.owner());
		again.answers(ACQUIRED);
		assertThat(asked).succeedsWithin(SOON).satisfies((lease) -> assertThat(lease.isValid()).isTrue());
	}

	@Test
	void aPausedHolderDetectsTheLossOfItsLeaseWithoutAskingTheStore() throws Exception {
		Lease lease = acquired();
		pause(TTL);
		assertThat(lease.isValid()).isFalse();
		assertThat(lease.remaining()).isZero();
		assertThat(this.store.isQuiet()).isTrue();
		lease.close();
		assertThat(((HeldLease) lease).lossReason()).isEqualTo(LossReason.EXPIRED);
	}

	@Test
	void closingAfterTheDeadlineReportsTheLossAndReleasesOnlyTheOwnPlace() throws Exception {
		HeldLease lease = (HeldLease) acquired();
		pause(TTL);
		assertThat(lease.closeAsync()).succeedsWithin(SOON).isEqualTo(LeaseStore.Release.NOT_HELD);
		// Only the place of this owner is released, if that place still exists.
		assertThat(this.store.next("release").owner()).isEqualTo(lease.place().owner());
	}

	@Test
	void aClaimWithoutAnAnswerIsReleasedUntilConfirmed() {
		CompletableFuture<Lease> asked = ask(0);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		acquire.fails();
		assertUnavailable(asked);
		this.store.<LeaseStore.Release>next("release").fails();
		pass(Duration.ofMillis(100));
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.NOT_HELD);
		// The claim may still be on its way: the store must answer "not held" twice.
		assertThat(this.manager.abandoned()).isEqualTo(1);
		pass(Duration.ofMillis(200));
		ScriptedLeaseStore.Call<LeaseStore.Release> last = this.store.next("release");
		assertThat(last.owner()).isEqualTo(acquire.owner());
		last.answers(LeaseStore.Release.NOT_HELD);
		await().untilAsserted(() -> assertThat(this.manager.abandoned()).isZero());
		assertThat(this.manager.gates()).isZero();
	}

	@Test
	void aMissingAnswerEndsNoWait() {
		CompletableFuture<Lease> first = ask(10_000);
		CompletableFuture<Lease> second = ask(10_000);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> lost = this.store.next("acquire");
		lost.fails();
		assertThat(this.store.next("release").owner()).isEqualTo(lost.owner());
		pass(Duration.ofMillis(250));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(first).succeedsWithin(SOON);
		assertThat(second).isNotDone();
	}

	@Test
	void aWaitWithoutAnAnswerEndsAsUnavailableWithTheWaitTime() {
		CompletableFuture<Lease> asked = ask(300);
		this.store.<LeaseStore.Attempt>next("acquire").fails();
		this.store.next("release");
		pass(Duration.ofMillis(250));
		ScriptedLeaseStore.Call<LeaseStore.Attempt> last = this.store.next("acquire");
		pass(Duration.ofMillis(50));
		assertThat(asked).isNotDone();
		last.fails();
		assertUnavailable(asked);
	}

	@Test
	void aWaitThatEndsBetweenTwoAttemptsEndsWithALastAttempt() {
		CompletableFuture<Lease> asked = ask(100);
		this.store.<LeaseStore.Attempt>next("acquire").fails();
		this.store.next("release");
		pass(Duration.ofMillis(100));
		this.store.<LeaseStore.Attempt>next("acquire").fails();
		assertUnavailable(asked);
	}

	@Test
	void aCallerThatDoesNotWaitAsksTheStoreAlthoughOthersWaitForIt() {
		CompletableFuture<Lease> patient = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").fails();
		this.store.next("release");
		CompletableFuture<Lease> impatient = ask(0);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(patient).succeedsWithin(SOON);
		assertThat(impatient).failsWithin(SOON)
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(LeaseBusyException.class);
	}

	@Test
	void anotherClaimFollowsAtOnceWhenTheStoreIsBack() {
		CompletableFuture<Lease> one = askForPermit(10_000);
		CompletableFuture<Lease> two = askForPermit(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").fails();
		this.store.next("release");
		CompletableFuture<Lease> impatient = askForPermit(0);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(one).succeedsWithin(SOON);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(two).succeedsWithin(SOON);
		assertThat(impatient).failsWithin(SOON);
	}

	/**
	 * Both failures arrive within the call. Another claim at once would never end.
	 */
	@Test
	void aStoreThatFailsAtOnceIsNotAskedAgainAtOnceWhileAnotherCommandIsOnItsWay() {
		CompletableFuture<Lease> first = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").answers(BUSY);
		first.cancel(false);
		ScriptedLeaseStore.Call<Void> leave = this.store.next("leave");
		CompletableFuture<Lease> second = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").isAway(Duration.ofMillis(1));
		assertThat(this.store.isQuiet()).isTrue();
		leave.answers(null);
		pass(Duration.ofMillis(250));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(second).succeedsWithin(SOON);
	}

	@Test
	void aWakeUpDuringALostClaimLeadsToAnotherClaimAtOnce() {
		CompletableFuture<Lease> asked = ask(10_000);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> lost = this.store.next("acquire");
		this.store.wakeUp(KEY);
		lost.fails();
		this.store.next("release");
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(asked).succeedsWithin(SOON);
	}

	@Test
	void aWaiterThatGivesUpAfterALostClaimLeavesTheQueueThatTheClaimMayHaveEntered() {
		CompletableFuture<Lease> asked = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").fails();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		asked.cancel(false);
		assertThat(this.store.next("leave").queue()).isFalse();
	}

	@Test
	void aWaiterGoesOnWhileTheOutageIsShorterThanItsWaitTime() {
		CompletableFuture<Lease> asked = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").isAway(Duration.ofSeconds(9));
		assertThat(asked).isNotDone();
		pass(Duration.ofMillis(250));
		this.store.<LeaseStore.Attempt>next("acquire").isAway(Duration.ofSeconds(10));
		assertUnavailable(asked);
	}

	private static void assertUnavailable(CompletableFuture<Lease> asked) {
		assertThat(asked).failsWithin(SOON)
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(LeaseUnavailableException.class);
	}

	@Test
	void aClaimThatWasNeverSentIsNotReleased() {
		CompletableFuture<Lease> asked = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
		assertUnavailable(asked);
		assertThat(this.store.isQuiet()).isTrue();
		assertThat(this.manager.abandoned()).isZero();
		assertThat(this.manager.gates()).isZero();
	}

	@Test
	void aReleaseWithoutAnAnswerIsRepeatedInTheBackground() throws Exception {
		HeldLease lease = (HeldLease) acquired();
		CompletableFuture<LeaseStore.Release> closing = lease.closeAsync().toCompletableFuture();
		this.store.<LeaseStore.Release>next("release").fails();
		assertThat(closing).failsWithin(SOON);
		ScriptedLeaseStore.Call<LeaseStore.Release> again = this.store.next("release");
		assertThat(again.owner()).isEqualTo(lease.place().owner());
		again.answers(LeaseStore.Release.RELEASED);
		await().untilAsserted(() -> assertThat(this.manager.abandoned()).isZero());
	}

	@Test
	void aWakeUpDuringAClaimIsNotForgotten() {
		CompletableFuture<Lease> asked = ask(10_000);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> first = this.store.next("acquire");
		this.store.wakeUp(KEY);
		first.answers(BUSY);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(asked).succeedsWithin(SOON);
	}

	@Test
	void aWakeUpEndsTheWaitAtOnce() {
		CompletableFuture<Lease> asked = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").answers(BUSY);
		this.store.wakeUp(KEY);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(asked).succeedsWithin(SOON);
	}

	@Test
	void aWaiterRetriesByItselfIfAWakeUpIsLost() {
		CompletableFuture<Lease> asked = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").answers(BUSY);
		pass(Duration.ofMillis(250));
		this.store.<LeaseStore.Attempt>next("acquire").answers(BUSY);
		pass(Duration.ofMillis(500));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(asked).succeedsWithin(SOON);
	}

	@Test
	void aWakeUpWithoutAWaiterIsPassedOn() {
		this.store.wakeUp(KEY);
		this.store.next("leave");
	}

	@Test
	void aWakeUpIsPassedOnIfThisInstanceHasAHolderButNoWaiter() {
		LeaseRequest request = semaphore(2);
		taken(request);
		this.store.wakeUp(request.key());
		this.store.next("leave");
	}

	@Test
	void aWaiterThatGivesUpLeavesTheQueue() {
		CompletableFuture<Lease> asked = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").answers(BUSY);
		asked.cancel(true);
		ScriptedLeaseStore.Call<Void> leave = this.store.next("leave");
		assertThat(leave.queue()).isFalse();
		leave.answers(null);
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
	}

	@Test
	void aCallerThatDoesNotWaitNeverQueuesAndFailsWhenTheStoreIsBusy() {
		CompletableFuture<Lease> asked = ask(0);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		assertThat(acquire.queue()).isFalse();
		assertThat(asked).isNotDone();
		acquire.answers(new LeaseStore.Busy(null, Duration.ofSeconds(7), false));
		assertThat(asked).failsWithin(SOON)
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(LeaseBusyException.class);
		assertThat(this.store.isQuiet()).isTrue();
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
	}

	@Test
	void aWaiterBehindACallerThatDoesNotWaitJoinsTheQueueAtOnce() {
		CompletableFuture<Lease> impatient = ask(0);
		CompletableFuture<Lease> patient = ask(10_000);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> first = this.store.next("acquire");
		assertThat(first.queue()).isFalse();
		first.answers(new LeaseStore.Busy(null, null, false));
		assertThat(impatient).failsWithin(SOON);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> second = this.store.next("acquire");
		assertThat(second.queue()).isTrue();
		second.answers(ACQUIRED);
		assertThat(patient).succeedsWithin(SOON);
	}

	@Test
	void anotherInstanceThatIsWokenHasItsTurnFirst() throws Exception {
		HeldLease lease = (HeldLease) acquired();
		CompletableFuture<Lease> next = ask(10_000);
		pause(Duration.ofMillis(60)); // longer than a lease is handed on locally
		lease.closeAsync();
		ScriptedLeaseStore.Call<LeaseStore.Release> release = this.store.next("release");
		assertThat(release.queue()).isTrue();
		release.answers(LeaseStore.Release.HANDED_ON_AND_QUEUED);
		assertThat(this.store.isQuiet()).isTrue();
		this.store.wakeUp(KEY);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(next).succeedsWithin(SOON);
	}

	@Test
	void aWakeUpThatOvertakesTheAnswerToTheReleaseIsNotForgotten() throws Exception {
		HeldLease lease = (HeldLease) acquired();
		CompletableFuture<Lease> next = ask(10_000);
		pause(Duration.ofMillis(60));
		lease.closeAsync();
		ScriptedLeaseStore.Call<LeaseStore.Release> release = this.store.next("release");
		// The other instance has had its turn already, and has woken this instance on
		// another connection.
		this.store.wakeUp(KEY);
		release.answers(LeaseStore.Release.HANDED_ON_AND_QUEUED);
		// The claim does not wait for the first retry, after at least 188 ms.
		assertThat(this.store.isQuiet()).isFalse();
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(next).succeedsWithin(SOON);
	}

	@Test
	void aWaiterClaimsAtOnceIfTheReleaseDidNotQueueTheInstance() throws Exception {
		HeldLease lease = (HeldLease) acquired();
		CompletableFuture<Lease> next = ask(10_000);
		pause(Duration.ofMillis(60));
		lease.closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.HANDED_ON);
		assertThat(this.store.isQuiet()).isFalse();
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		assertThat(acquire.queue()).isTrue();
		acquire.answers(ACQUIRED);
		assertThat(next).succeedsWithin(SOON);
	}

	@Test
	void theNextWaiterClaimsAtOnceIfNoOtherInstanceWaits() throws Exception {
		HeldLease lease = (HeldLease) acquired();
		CompletableFuture<Lease> next = ask(10_000);
		pause(Duration.ofMillis(60));
		lease.closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(next).succeedsWithin(SOON);
	}

	@Test
	void aLeaseIsHandedOnALimitedNumberOfTimesInARow() throws Exception {
		Lease lease = acquired();
		for (int i = 0; i < StorePlace.MAX_HAND_OFFS; i++) {
			CompletableFuture<Lease> next = ask(10_000);
			((HeldLease) lease).closeAsync();
			lease = next.get(20, TimeUnit.SECONDS);
			assertThat(this.store.isQuiet()).isTrue();
		}
		ask(10_000);
		((HeldLease) lease).closeAsync();
		this.store.next("release");
	}

	@Test
	void aPermitIsNotHandedOnToAWaiterWithALowerLimit() throws Exception {
		CompletableFuture<Lease> first = taken(semaphore(5));
		CompletableFuture<Lease> second = taken(semaphore(5));
		CompletableFuture<Lease> lower = ask(semaphore(2));
		assertThat(this.store.isQuiet()).isTrue();
		((HeldLease) first.get(20, TimeUnit.SECONDS)).closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(lower).succeedsWithin(SOON);
		assertThat(second.join().isValid()).isTrue();
	}

	@Test
	void aPermitIsNotHandedOnIfMorePermitsAreTakenThanTheWaiterAllows() throws Exception {
		CompletableFuture<Lease> lower = taken(semaphore(2));
		CompletableFuture<Lease> higher = taken(semaphore(5));
		taken(semaphore(5));
		CompletableFuture<Lease> waiter = ask(semaphore(2));
		((HeldLease) lower.get(20, TimeUnit.SECONDS)).closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		assertThat(waiter).isNotDone();
		assertThat(this.store.isQuiet()).isTrue();
		((HeldLease) higher.get(20, TimeUnit.SECONDS)).closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(waiter).succeedsWithin(SOON);
	}

	@ParameterizedTest
	@EnumSource
	void aCallerThatDoesNotWaitFailsIfTheStoreIsTooSlowForTheLease(LeaseKind kind) {
		CompletableFuture<Lease> asked = ask(new LeaseRequest("policy", new LeaseKey(kind, "key"),
				(kind == LeaseKind.LOCK) ? 1 : 2, Duration.ofMillis(100), Duration.ZERO, false, "test"));
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		pause(Duration.ofMillis(150));
		acquire.answers(ACQUIRED);
		assertThat(asked).failsWithin(SOON)
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(LeaseUnavailableException.class);
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
		assertThat(this.store.isQuiet()).isTrue();
	}

	@Test
	void aCallerThatDoesNotWaitOvertakesAWaiterWithALowerLimit() {
		for (int i = 0; i < 2; i++) {
			taken(semaphore(5));
		}
		CompletableFuture<Lease> lower = ask(semaphore(2));
		CompletableFuture<Lease> impatient = ask(new LeaseRequest("policy", new LeaseKey(LeaseKind.SEMAPHORE, "key"), 5,
				null, Duration.ZERO, false, "test"));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(impatient).succeedsWithin(SOON);
		assertThat(lower).isNotDone();
	}

	@Test
	void aHigherLimitIsClaimedWhileALowerLimitWaitsForItsRetry() {
		CompletableFuture<Lease> lower = ask(semaphore(2));
		this.store.<LeaseStore.Attempt>next("acquire").answers(BUSY);
		CompletableFuture<Lease> higher = taken(semaphore(8));
		assertThat(higher).succeedsWithin(SOON);
		assertThat(lower).isNotDone();
	}

	@Test
	void aPlaceThatBecomesFreeHereIsClaimedBeforeTheNextRetry() throws Exception {
		CompletableFuture<Lease> first = taken(semaphore(2));
		CompletableFuture<Lease> waiter = ask(semaphore(2));
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Busy(null, null, false));
		pause(Duration.ofMillis(60));
		((HeldLease) first.get(20, TimeUnit.SECONDS)).closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		assertThat(this.store.isQuiet()).isFalse();
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(waiter).succeedsWithin(SOON);
	}

	@Test
	void aFailedRenewalOfAShortPlaceIsRepeatedBeforeThePlaceExpires() throws Exception {
		CompletableFuture<Lease> shortOne = ask(10_000, Duration.ofSeconds(2));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		CompletableFuture<Lease> next = ask(10_000);
		((HeldLease) shortOne.get(20, TimeUnit.SECONDS)).closeAsync();
		Lease lease = next.get(20, TimeUnit.SECONDS);
		pass(Duration.ofMillis(700));
		this.store.<Boolean>next("renew").fails();
		while (this.store.isQuiet() && lease.isValid()) {
			pass(Duration.ofMillis(10));
		}
		assertThat(lease.isValid()).isTrue();
		this.store.<Boolean>next("renew").answers(true);
		await().untilAsserted(() -> assertThat(lease.remaining()).isGreaterThan(Duration.ofSeconds(20)));
	}

	@Test
	void theReleaseOfALeaseWhoseTimeoutPassedIsRepeated() throws Exception {
		CompletableFuture<Lease> longOne = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		CompletableFuture<Lease> shortOne = ask(10_000, Duration.ofMillis(500));
		((HeldLease) longOne.get(20, TimeUnit.SECONDS)).closeAsync();
		shortOne.get(20, TimeUnit.SECONDS);
		pass(Duration.ofMillis(500)); // its place in the store lives for much longer
		this.store.<LeaseStore.Release>next("release").fails();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
	}

	@Test
	void anEffectThatThrowsDoesNotPreventTheOtherEffects() throws Exception {
		CompletableFuture<Lease> held = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		held.get(20, TimeUnit.SECONDS).onLost(() -> {
			throw new IllegalStateException("from the callback");
		});
		CompletableFuture<Lease> waiter = ask(60_000);
		// From now on each callback is rejected and runs on the thread that submits it.
		this.threads.shutdown();
		pass(Duration.ofSeconds(10).plusMillis(1));
		this.store.<Boolean>next("renew").answers(false);
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.NOT_HELD);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertThat(waiter).succeedsWithin(SOON);
	}

	private CompletableFuture<Lease> askForPermit(long waitMillis) {
		return this.manager
			.acquireAsync(new LeaseRequest("policy", new LeaseKey(LeaseKind.SEMAPHORE, "permits"), 2, null,
					Duration.ofMillis(waitMillis), false, "test"))
			.toCompletableFuture();
	}

	private CompletableFuture<Lease> ask(LeaseRequest request) {
		return this.manager.acquireAsync(request).toCompletableFuture();
	}

	private CompletableFuture<Lease> taken(LeaseRequest request) {
		CompletableFuture<Lease> asked = ask(request);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		return asked;
	}

	private static LeaseRequest semaphore(int limit) {
		return new LeaseRequest("policy", new LeaseKey(LeaseKind.SEMAPHORE, "key"), limit, null, Duration.ofSeconds(10),
				false, "test");
	}

	@Test
	void theTimeoutOfTheHolderCountsFromBeforeTheRequestWasSent() throws Exception {
		CompletableFuture<Lease> asked = ask(60_000, Duration.ofSeconds(50));
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		pause(Duration.ofSeconds(10));
		acquire.answers(ACQUIRED);
		Lease lease = asked.get(20, TimeUnit.SECONDS);
		pass(Duration.ZERO);
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		pause(Duration.ofSeconds(19));
		renewal.answers(true);
		pass(Duration.ZERO);
		// 29 of its 50 seconds have passed.
		this.store.<Boolean>next("renew").answers(true);
		await().untilAsserted(() -> assertThat(lease.remaining()).isEqualTo(Duration.ofSeconds(21)));
	}

	@Test
	void aPlaceThatHasLivedForHalfItsTimeIsNotHandedOn() throws Exception {
		try (LeaseManager brisk = this.timer.manager(this.store, new LeaseSettings(Duration.ofMillis(100), "shop", "1"),
				this.threads)) {
			LeaseRequest request = new LeaseRequest("policy", KEY, 1, Duration.ofMillis(40), Duration.ofSeconds(10),
					false, "test");
			CompletableFuture<Lease> first = brisk.acquireAsync(request).toCompletableFuture();
			this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
			HeldLease lease = (HeldLease) first.get(20, TimeUnit.SECONDS);
			brisk.acquireAsync(request);
			pause(Duration.ofMillis(25));
			lease.closeAsync();
			assertThat(this.store.next("release").queue()).isTrue();
		}
	}

	@Test
	void theTimeToLiveIsNeverLongerThanTheTimeout() {
		ask(10_000, Duration.ofSeconds(5));
		assertThat(this.store.next("acquire").ttl()).isEqualTo(Duration.ofSeconds(5));
	}

	private Lease acquired() throws Exception {
		CompletableFuture<Lease> asked = ask(10_000);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		return asked.get(20, TimeUnit.SECONDS);
	}

	private CompletableFuture<Lease> ask(long waitMillis) {
		return ask(waitMillis, null);
	}

	private CompletableFuture<Lease> ask(long waitMillis, Duration timeout) {
		return this.manager
			.acquireAsync(new LeaseRequest("policy", KEY, 1, timeout, Duration.ofMillis(waitMillis), false, "test"))
			.toCompletableFuture();
	}

	private void pause(Duration duration) {
		this.timer.pause(duration);
	}

	private void pass(Duration duration) {
		this.timer.pass(duration);
	}

}
