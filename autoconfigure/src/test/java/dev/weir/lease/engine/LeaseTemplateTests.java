package dev.weir.lease.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.OnLost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link LeaseTemplate}. No time passes unless the test lets it pass.
 */
@Timeout(60)
class LeaseTemplateTests {

	private static final Duration SOON = Duration.ofSeconds(20);

	private final ManualTimer timer = new ManualTimer();

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final LeaseManager shared = manager(this.store);

	private final RecordedWork work = new RecordedWork();

	private final LeaseTemplate template = new LeaseTemplate(this.shared, this.work);

	@AfterEach
	void end() {
		this.shared.close();
		this.threads.shutdownNow();
	}

	@Test
	void theBodyFindsItsLeaseOnlyWhileItRuns() throws Exception {
		answer(this.store, Answers.GRANT);
		String name = this.template.call(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL),
				() -> Lease.current().orElseThrow().name());
		assertThat(name).isEqualTo("policy");
		assertThat(Lease.current()).isEmpty();
	}

	@Test
	void anExceptionOfTheBodyReleasesTheLeaseAndReachesTheCaller() {
		answer(this.store, Answers.GRANT);
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> this.template.call(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL), () -> {
				throw new IOException("from the body");
			}))
			.withMessage("from the body");
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
		assertThat(Lease.current()).isEmpty();
	}

	@Test
	void aNestedCallJoinsTheOuterLease() throws Exception {
		answer(this.store, Answers.GRANT);
		boolean same = this.template.call(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL), () -> {
			Lease outer = Lease.current().orElseThrow();
			this.template.call(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL),
					() -> assertThat(Lease.current()).containsSame(outer));
			return outer.isValid();
		});
		assertThat(same).isTrue();
		assertThat(this.store.isQuiet()).isTrue();
	}

	@Test
	void aNestedFencedCallUnderALeaseWithoutATokenDoesNotRun() {
		List<String> ran = new ArrayList<>();
		answer(this.store, Answers.GRANT);
		LeaseRequest fenced = new LeaseRequest("policy", request().key(), 1, null, Duration.ofSeconds(10), true,
				"inner");
		this.template.call(guard(request(), OnLost.FAIL), () -> {
			assertThatIllegalStateException()
				.isThrownBy(() -> this.template.call(guard(fenced, OnLost.FAIL), () -> ran.add("nested")))
				.withMessageContaining("The code around inner holds the lock 'policy' without a fencing token")
				.withMessageContaining("Set 'fenced' on the lock of test, too");
			return "outer";
		});
		assertThat(ran).isEmpty();
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void aNestedCallUnderALostLeaseDoesNotRun() {
		List<String> ran = new ArrayList<>();
		answer(this.store, Answers.GRANT);
		assertThatExceptionOfType(LeaseLostException.class).isThrownBy(() -> this.template
			.call(new LeaseGuard(request(Duration.ofMillis(100)), OnUnavailable.FAIL, OnLost.FAIL), () -> {
				this.timer.pause(Duration.ofMillis(100));
				return this.template.call(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL),
						() -> ran.add("nested"));
			}, LeaseTemplate.Ending::atReturn, LeaseTemplate.Fallback.none()));
		assertThat(ran).isEmpty();
	}

	@Test
	void aLeaseThatWasLostFailsTheCallAlthoughTheBodyReturned() {
		answer(this.store, Answers.GRANT);
		assertThatExceptionOfType(LeaseLostException.class).isThrownBy(() -> this.template
			.call(new LeaseGuard(request(Duration.ofMillis(100)), OnUnavailable.FAIL, OnLost.FAIL), () -> {
				this.timer.pause(Duration.ofMillis(100));
				return "result";
			}, LeaseTemplate.Ending::atReturn, LeaseTemplate.Fallback.none()))
			.withMessageContaining("'policy' was lost while test ran: its timeout passed");
	}

	@Test
	void aLossThatOnlyTheReleaseDetectsFailsTheCall() {
		answer(this.store, Answers.GRANT_AND_FORGET);
		assertThatExceptionOfType(LeaseLostException.class).isThrownBy(
				() -> this.template.call(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL), () -> "result"))
			.withMessageContaining("the store no longer knows this holder");
	}

	@Test
	void aLossIsOnlyLoggedIfThePolicyIsReport() throws Exception {
		answer(this.store, Answers.GRANT_AND_FORGET);
		String result = this.template.call(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.REPORT),
				() -> "result");
		assertThat(result).isEqualTo("result");
	}

	@Test
	void aReleaseThatIsNotAnsweredDoesNotFailTheCall() throws Exception {
		answer(this.store, Answers.GRANT_AND_FALL_SILENT);
		String result = this.template.call(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL), () -> "result");
		assertThat(result).isEqualTo("result");
	}

	@Test
	void theCallFailsIfTheStoreIsUnavailable() {
		answer(this.store, Answers.FAIL);
		List<String> ran = new ArrayList<>();
		assertThatExceptionOfType(LeaseUnavailableException.class).isThrownBy(() -> this.template
			.call(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL), () -> ran.add("body")));
		assertThat(ran).isEmpty();
	}

	@Test
	void theCallRunsWithoutALeaseIfThePolicyIsProceed() throws Exception {
		answer(this.store, Answers.FAIL);
		boolean underLease = this.template.call(new LeaseGuard(request(), OnUnavailable.PROCEED, OnLost.FAIL),
				() -> Lease.current().isPresent());
		assertThat(underLease).isFalse();
	}

	@Test
	void theCallIsGuardedWithinThisJvmIfThePolicyIsLocal() throws Exception {
		answer(this.store, Answers.FAIL);
		boolean valid = this.template.call(new LeaseGuard(request(), OnUnavailable.LOCAL, OnLost.FAIL),
				() -> Lease.current().orElseThrow().isValid());
		assertThat(valid).isTrue();
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void aBusyLeaseIsNotHandledAsAnOutage() {
		answer(this.store, Answers.BUSY);
		LeaseRequest impatient = new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, "key"), 1, null, Duration.ZERO,
				false, "test");
		assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(() -> this.template
			.call(new LeaseGuard(impatient, OnUnavailable.PROCEED, OnLost.FAIL), () -> "result"));
	}

	@Test
	void anAsynchronousBodyKeepsItsLeaseUntilItsStageEnds() throws Exception {
		answer(this.store, Answers.GRANT);
		CompletableFuture<String> stage = new CompletableFuture<>();
		CompletableFuture<String> result = this.template.callAsync(
				new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL), () -> stage, LeaseTemplate.Fallback.none());
		assertThat(this.shared.gates()).isEqualTo(1);
		assertThat(Lease.current()).isEmpty();
		stage.complete("result");
		assertThat(result).succeedsWithin(SOON).isEqualTo("result");
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void anAsynchronousBodyThatFailsReleasesItsLease() throws Exception {
		answer(this.store, Answers.GRANT);
		CompletableFuture<String> result = this.template.callAsync(
				new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL),
				() -> CompletableFuture.failedFuture(new IOException("from the stage")), LeaseTemplate.Fallback.none());
		assertThat(result).failsWithin(SOON)
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(IOException.class);
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void anAsynchronousBodyWhoseResultIsCancelledKeepsItsLeaseUntilItEnds() throws Exception {
		answer(this.store, Answers.GRANT);
		CompletableFuture<String> stage = new CompletableFuture<>();
		CompletableFuture<String> result = this.template.callAsync(
				new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL), () -> stage, LeaseTemplate.Fallback.none());
		result.cancel(true);
		// Cancelling a stage does not end the work behind it.
		assertThat(stage).isNotDone();
		assertThat(this.shared.gates()).isEqualTo(1);
		stage.complete("result");
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void aCallThatReturnsAStageKeepsItsLeaseUntilTheStageEnds() throws Exception {
		answer(this.store, Answers.GRANT);
		CompletableFuture<String> stage = new CompletableFuture<>();
		CompletableFuture<String> result = this.template.<CompletableFuture<String>, RuntimeException>call(
				guard(request(), OnLost.FAIL), () -> stage, (value) -> new LeaseTemplate.Ending<>(value, value),
				LeaseTemplate.Fallback.none());
		assertThat(this.shared.gates()).isEqualTo(1);
		stage.complete("result");
		assertThat(result).succeedsWithin(SOON).isEqualTo("result");
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void aStageThatACallReturnsFailsIfTheLeaseWasLost() throws Exception {
		answer(this.store, Answers.GRANT_AND_FORGET);
		CompletableFuture<String> stage = new CompletableFuture<>();
		CompletableFuture<String> result = this.template.<CompletableFuture<String>, RuntimeException>call(
				guard(request(), OnLost.FAIL), () -> stage, (value) -> new LeaseTemplate.Ending<>(value, value),
				LeaseTemplate.Fallback.none());
		stage.complete("result");
		assertThatExceptionOfType(CompletionException.class).isThrownBy(result::join)
			.withCauseInstanceOf(LeaseLostException.class);
	}

	@Test
	void aCallWhoseEndCannotBeDetectedReleasesItsLease() throws Exception {
		answer(this.store, Answers.GRANT);
		assertThatIllegalStateException().isThrownBy(() -> this.template
			.<String, RuntimeException>call(guard(request(), OnLost.FAIL), () -> "result", (value) -> {
				throw new IllegalStateException("unknown");
			}, LeaseTemplate.Fallback.none()));
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void anAsynchronousBodyThatThrowsOrReturnsNothingReleasesItsLease() throws Exception {
		answer(this.store, Answers.GRANT);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.template
			.<String, IOException>callAsync(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL), () -> {
				throw new IOException();
			}, LeaseTemplate.Fallback.none()));
		answer(this.store, Answers.GRANT);
		assertThat(this.template.<String, RuntimeException>callAsync(
				new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL), () -> null, LeaseTemplate.Fallback.none()))
			.isNull();
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void anAsynchronousBodyThatLostItsLeaseFails() throws Exception {
		answer(this.store, Answers.GRANT_AND_FORGET);
		CompletableFuture<String> result = this.template.callAsync(
				new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL),
				() -> CompletableFuture.completedFuture("result"), LeaseTemplate.Fallback.none());
		assertThatExceptionOfType(CompletionException.class).isThrownBy(result::join)
			.withCauseInstanceOf(LeaseLostException.class);
	}

	@ParameterizedTest
	@CsvSource({ "BUSY,LeaseBusyException", "FAIL,LeaseUnavailableException", "GRANT_AND_FORGET,LeaseLostException" })
	void aFallbackReplacesACallWithABusyUnavailableOrLostLease(Answers answers, String failure) {
		answer(this.store, answers);
		LeaseRequest request = (answers == Answers.BUSY) ? impatient() : request();
		assertThat(this.template.<String, RuntimeException>call(guard(request, OnLost.FAIL), () -> "result",
				LeaseTemplate.Ending::atReturn, (ex) -> ex.getClass().getSimpleName()))
			.isEqualTo(failure);
	}

	@Test
	void aFallbackNeverSeesAnExceptionOfTheBody() {
		answer(this.store, Answers.GRANT);
		LeaseBusyException fromTheBody = new LeaseBusyException(impatient(), null);
		assertThatExceptionOfType(LeaseBusyException.class)
			.isThrownBy(() -> this.template.<String, RuntimeException>call(guard(request(), OnLost.FAIL), () -> {
				throw fromTheBody;
			}, LeaseTemplate.Ending::atReturn, (failure) -> "fallback"))
			.isSameAs(fromTheBody);
	}

	@Test
	void aFallbackForAnAsynchronousBodyReplacesItsStage() {
		answer(this.store, Answers.BUSY);
		assertThat(this.template.<String, RuntimeException>callAsync(guard(impatient(), OnLost.FAIL),
				() -> CompletableFuture.completedFuture("result"),
				(failure) -> CompletableFuture.completedFuture("fallback")))
			.succeedsWithin(SOON)
			.isEqualTo("fallback");
		answer(this.store, Answers.GRANT_AND_FORGET);
		assertThat(this.template.<String, RuntimeException>callAsync(guard(request(), OnLost.FAIL),
				() -> CompletableFuture.completedFuture("result"),
				(failure) -> CompletableFuture.completedFuture("fallback")))
			.succeedsWithin(SOON)
			.isEqualTo("fallback");
	}

	@Test
	void aNestedStageKeepsTheLeaseOfTheOuterCallUntilItEnds() throws Exception {
		CompletableFuture<String> stage = new CompletableFuture<>();
		Future<LeaseStore.Release> released = this.threads.submit(() -> {
			this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(0));
			ScriptedLeaseStore.Call<LeaseStore.Release> release = this.store.next("release");
			release.answers(LeaseStore.Release.RELEASED);
			return release.answer().join();
		});
		CompletableFuture<String> result = this.template.call(guard(request(), OnLost.FAIL),
				() -> this.template.<String, RuntimeException>callAsync(guard(request(), OnLost.FAIL), () -> stage,
						LeaseTemplate.Fallback.none()));
		// The outer call has returned. The work that it started goes on.
		assertThat(this.shared.gates()).isEqualTo(1);
		assertThat(released).isNotDone();
		stage.complete("result");
		assertThat(released.get(20, TimeUnit.SECONDS)).isEqualTo(LeaseStore.Release.RELEASED);
		assertThat(result).succeedsWithin(SOON).isEqualTo("result");
	}

	@Test
	void aLeaseIsKeptUntilTheGivenStageEnds() throws Exception {
		CompletableFuture<Void> end = new CompletableFuture<>();
		answer(this.store, Answers.GRANT);
		assertThat(this.template.<String, RuntimeException>call(guard(request(), OnLost.FAIL), () -> "result",
				(value) -> new LeaseTemplate.Ending<>(value, end), LeaseTemplate.Fallback.none()))
			.isEqualTo("result");
		assertThat(this.shared.gates()).isEqualTo(1);
		end.completeExceptionally(new IOException("the client has gone"));
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void aBodyThatThrowsReleasesItsLeaseBeforeTheGivenStageEnds() {
		answer(this.store, Answers.GRANT);
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> this.template.<String, IOException>call(guard(request(), OnLost.FAIL), () -> {
				throw new IOException();
			}, (value) -> new LeaseTemplate.Ending<>(value, new CompletableFuture<>()), LeaseTemplate.Fallback.none()));
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void aLeaseOfATransactionIsReleasedWhenTheTransactionHasEnded() {
		for (Runnable end : List.<Runnable>of(this.work::commit, this.work::rollback)) {
			this.work.begin();
			answer(this.store, Answers.GRANT);
			Lease lease = this.template.call(guard(request(), OnLost.FAIL), () -> Lease.current().orElseThrow());
			assertThat(Lease.current()).isEmpty();
			assertThat(lease.isValid()).isTrue();
			end.run();
			assertThat(lease.isValid()).isFalse();
			await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
		}
	}

	@Test
	void aSecondCallInTheSameTransactionJoinsTheLeaseOfTheFirst() {
		this.work.begin();
		answer(this.store, Answers.GRANT);
		Lease first = this.template.call(guard(request(), OnLost.FAIL), () -> Lease.current().orElseThrow());
		Lease second = this.template.call(guard(request(), OnLost.FAIL), () -> Lease.current().orElseThrow());
		assertThat(second).isSameAs(first);
		this.work.commit();
		assertThat(first.isValid()).isFalse();
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void aLostLeasePreventsTheCommitUnlessALossIsOnlyReported() {
		for (OnLost onLost : OnLost.values()) {
			this.work.begin();
			answer(this.store, Answers.GRANT);
			Lease lease = this.template.call(guard(request(Duration.ofMillis(100)), onLost),
					() -> Lease.current().orElseThrow());
			this.timer.pause(Duration.ofMillis(100));
			assertThat(lease.isValid()).isFalse();
			if (onLost == OnLost.FAIL) {
				assertThatExceptionOfType(LeaseLostException.class).isThrownBy(this.work::commit);
			}
			else {
				this.work.commit();
			}
			await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
		}
	}

	@Test
	void severalKeysAreClaimedInOrderAndTheTimeoutCountsFromTheLast() {
		CompletableFuture<Lease> lease = this.template.acquireAsync(keys("b", "c", "a"));
		ScriptedLeaseStore.Call<LeaseStore.Attempt> first = this.store.next("acquire");
		// The time to live is not shorter yet, because the last key may take a while.
		assertThat(first.ttl()).isEqualTo(Duration.ofSeconds(30));
		first.answers(new LeaseStore.Acquired(0));
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(0));
		assertThat(lease).isNotDone();
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(0));
		assertThat(lease).succeedsWithin(SOON).satisfies((joint) -> {
			assertThat(joint.key()).isEqualTo("a, b, c");
			assertThat(joint.remaining()).isEqualTo(Duration.ofSeconds(5));
			assertThat(joint.isValid()).isTrue();
			assertThatIllegalStateException().isThrownBy(joint::fencingToken);
		});
		for (int i = 0; i < 3; i++) {
			assertThat(this.store.next("renew").ttl()).isEqualTo(Duration.ofSeconds(5));
		}
	}

	@Test
	void aCallerThatGivesUpBetweenTwoKeysReleasesTheFirstKey() {
		CompletableFuture<Lease> lease = this.template.acquireAsync(keys("a", "b"));
		ScriptedLeaseStore.Call<LeaseStore.Attempt> first = this.store.next("acquire");
		first.answers(new LeaseStore.Acquired(0));
		ScriptedLeaseStore.Call<LeaseStore.Attempt> second = this.store.next("acquire");
		lease.cancel(true);
		ScriptedLeaseStore.Call<LeaseStore.Release> release = this.store.next("release");
		assertThat(release.owner()).isEqualTo(first.owner());
		release.answers(LeaseStore.Release.RELEASED);
		second.answers(new LeaseStore.Acquired(0));
		ScriptedLeaseStore.Call<LeaseStore.Release> late = this.store.next("release");
		assertThat(late.owner()).isEqualTo(second.owner());
		late.answers(LeaseStore.Release.RELEASED);
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void aKeyIsGuardedWithinThisJvmIfTheStoreFailsBetweenTwoKeys() {
		LeaseGuard guard = keys("a", "b");
		CompletableFuture<Lease> lease = this.template
			.acquireAsync(new LeaseGuard(guard.requests(), OnUnavailable.LOCAL, OnLost.FAIL));
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(0));
		this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
		assertThat(lease).succeedsWithin(SOON).satisfies((joint) -> assertThat(joint.isValid()).isTrue());
		assertThat(this.shared.gates()).isEqualTo(2);
		// The timeout of the holder begins now, and only the shared place is shortened.
		this.store.<Boolean>next("renew").answers(true);
		((OwnedLease) lease.join()).closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
		assertThat(this.store.isQuiet()).isTrue();
	}

	@Test
	void aCallJoinsTheKeysThatItHoldsAndAcquiresTheOthers() {
		this.threads.submit(() -> {
			for (int i = 0; i < 3; i++) {
				this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(0));
			}
			for (int i = 0; i < 3; i++) {
				this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
			}
		});
		this.template.call(keysWithin(null, "a", "b"), () -> {
			Lease outer = Lease.current().orElseThrow();
			this.template.call(keysWithin(null, "b", "c"), () -> {
				assertThat(Lease.current().orElseThrow().key()).isEqualTo("b, c");
				return null;
			});
			assertThat(outer.isValid()).isTrue();
			return null;
		});
		await().untilAsserted(() -> assertThat(this.shared.gates()).isZero());
	}

	@Test
	void aCallerThatProceedsGetsALeaseThatGuardsNothing() {
		answer(this.store, Answers.FAIL);
		Lease lease = this.template.acquire(new LeaseGuard(request(), OnUnavailable.PROCEED, OnLost.FAIL));
		assertThat(lease.isValid()).isTrue();
		assertThatIllegalStateException().isThrownBy(lease::fencingToken)
			.withMessageContaining("runs without the lock 'policy'");
		lease.close();
		assertThat(lease.isValid()).isFalse();
	}

	private static LeaseGuard keys(String... keys) {
		return keysWithin(Duration.ofSeconds(5), keys);
	}

	private static LeaseGuard keysWithin(Duration timeout, String... keys) {
		return new LeaseGuard(Stream.of(keys)
			.map((key) -> new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, key), 1, timeout,
					Duration.ofSeconds(10), false, "test"))
			.toList(), OnUnavailable.FAIL, OnLost.FAIL);
	}

	private static LeaseGuard guard(LeaseRequest request, OnLost onLost) {
		return new LeaseGuard(request, OnUnavailable.FAIL, onLost);
	}

	private static LeaseRequest impatient() {
		return new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, "key"), 1, null, Duration.ZERO, false, "test");
	}

	private LeaseManager manager(LeaseStore of) {
		return this.timer.manager(of, new LeaseSettings(Duration.ofSeconds(30), "shop", "1"), this.threads);
	}

	private static LeaseRequest request() {
		return request(null);
	}

	private static LeaseRequest request(Duration timeout) {
		return new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, "key"), 1, timeout, Duration.ofSeconds(10),
				false, "test");
	}

	private void answer(ScriptedLeaseStore scripted, Answers answers) {
		// A task, because the end of a test interrupts the tasks that still wait. Such an
		// interrupt must not look like a failure of the next test.
		this.threads.submit(() -> answers.play(scripted));
	}

	/**
	 * The answers of the store to one call.
	 */
	private enum Answers {

		GRANT, GRANT_AND_FORGET, GRANT_AND_FALL_SILENT, BUSY, FAIL;

		private void play(ScriptedLeaseStore store) {
			ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = store.next("acquire");
			switch (this) {
				case FAIL -> acquire.isNotSent();
				case BUSY -> acquire.answers(new LeaseStore.Busy(null, null, false));
				default -> acquire.answers(new LeaseStore.Acquired(0));
			}
			ScriptedLeaseStore.Call<LeaseStore.Release> release = (this != BUSY && this != FAIL) ? store.next("release")
					: null;
			switch (this) {
				case GRANT -> release.answers(LeaseStore.Release.RELEASED);
				case GRANT_AND_FORGET -> release.answers(LeaseStore.Release.NOT_HELD);
				case GRANT_AND_FALL_SILENT -> release.fails();
				default -> {
				}
			}
		}

	}

}
