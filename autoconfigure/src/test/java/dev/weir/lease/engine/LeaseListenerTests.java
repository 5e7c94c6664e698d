package dev.weir.lease.engine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LossReason;
import dev.weir.lease.OnLost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the events that listeners receive. The test gives the answers of the store,
 * and no time passes unless the test lets it pass.
 */
@Timeout(60)
class LeaseListenerTests {

	private static final Duration TTL = Duration.ofSeconds(30);

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.LOCK, "key");

	private static final LeaseStore.Acquired ACQUIRED = new LeaseStore.Acquired(0);

	private static final LeaseStore.Busy BUSY = new LeaseStore.Busy(null, null, true);

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final ManualTimer timer = new ManualTimer();

	private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

	private final LeaseManager manager = new LeaseManager(this.store, new LeaseSettings(TTL, "shop", "1"),
			Runnable::run, this.timer.clock(), this.timer, List.of(new Recording(this.events)));

	@AfterEach
	void end() {
		this.manager.close();
	}

	@Test
	void aFreeLeaseIsAcquiredWithoutWaitingAndReleased() {
		Lease lease = acquire();
		assertReported("asked", "acquired after 0 s");
		this.timer.pass(Duration.ofSeconds(3));
		close(lease, LeaseStore.Release.RELEASED);
		assertReported("released after 3 s");
	}

	@Test
	void theTimeOfTheClaimCounts() {
		ask(10);
		this.timer.pass(Duration.ofSeconds(2));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertReported("asked", "acquired after 2 s");
	}

	@Test
	void aCallerBehindAnotherOneWaitsAndIsHandedTheLease() {
		Lease lease = acquire();
		ask(10);
		assertReported("asked", "acquired after 0 s", "asked", "waits");
		lease.close();
		assertReported("released after 0 s", "acquired after 0 s, handed on");
	}

	@Test
	void aCallerWaitsIfAnotherInstanceHasTheLease() {
		ask(10);
		this.store.<LeaseStore.Attempt>next("acquire").answers(BUSY);
		assertReported("asked", "waits");
	}

	@Test
	void aCallerWithoutWaitTimeIsNotReportedAsWaiting() {
		ask(0);
		this.store.<LeaseStore.Attempt>next("acquire").answers(BUSY);
		assertReported("asked", "BUSY after 0 s");
	}

	@Test
	void aCallerThatGivesUpIsReported() {
		CompletableFuture<Lease> asked = ask(10);
		asked.cancel(true);
		assertReported("asked", "GIVEN_UP after 0 s");
	}

	@Test
	void theLeaseOfACallerThatGaveUpIsNotReportedAsHeld() {
		CompletableFuture<Lease> asked = ask(10);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		asked.cancel(true);
		acquire.answers(ACQUIRED);
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		assertReported("asked", "GIVEN_UP after 0 s");
	}

	@Test
	void aStoreThatDoesNotAnswerIsNotReportedAsAnError() {
		ask(0);
		this.store.<LeaseStore.Attempt>next("acquire").fails();
		assertReported("asked", "UNAVAILABLE after 0 s");
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.NOT_HELD);
		ask(10);
		this.store.<LeaseStore.Attempt>next("acquire")
			.answer()
			.completeExceptionally(new IllegalStateException("type"));
		assertReported("asked", "ERROR after 0 s");
	}

	@Test
	void renewalsAndTheirLagAreReported() {
		acquire();
		this.timer.pass(TTL.dividedBy(3));
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		this.timer.pause(Duration.ofSeconds(2));
		renewal.answers(true);
		assertReported("asked", "acquired after 0 s", "renewed 2 s late");
	}

	@Test
	void aRenewalWithoutAnAnswerIsReportedAndSoIsTheLoss() {
		acquire();
		this.timer.pass(TTL.dividedBy(3));
		this.store.<Boolean>next("renew").fails();
		assertReported("asked", "acquired after 0 s", "not renewed 0 s late");
		this.timer.pause(TTL);
		this.timer.pass(Duration.ZERO);
		assertReported("lost after 40 s: EXPIRED");
	}

	@Test
	void aLossThatTheReleaseDetectsIsNotReportedAsARelease() {
		Lease lease = acquire();
		close(lease, LeaseStore.Release.NOT_HELD);
		assertReported("asked", "acquired after 0 s", "lost after 0 s: TAKEN");
	}

	@Test
	void renewingNowDetectsALossAtOnce() {
		acquire();
		this.manager.renewNow();
		this.store.<Boolean>next("renew").answers(false);
		assertReported("asked", "acquired after 0 s", "lost after 0 s: TAKEN");
	}

	@Test
	void renewingNowDoesNotExtendTheTimeoutOfTheHolder() {
		this.manager
			.acquireAsync(new LeaseRequest("name", KEY, 1, Duration.ofSeconds(5), Duration.ZERO, false, "test"));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		this.timer.pass(Duration.ofSeconds(3));
		this.manager.renewNow();
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		assertThat(renewal.ttl()).isEqualTo(Duration.ofSeconds(2));
		renewal.answers(true);
		this.timer.pass(Duration.ofSeconds(2));
		assertReported("asked", "acquired after 0 s", "renewed 0 s late", "lost after 5 s: TIMEOUT");
	}

	@Test
	void theTimeoutOfTheHolderIsReportedAsTheReasonOfTheLoss() {
		this.manager
			.acquireAsync(new LeaseRequest("name", KEY, 1, Duration.ofSeconds(5), Duration.ZERO, false, "test"));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		this.timer.pass(Duration.ofSeconds(5));
		assertReported("asked", "acquired after 0 s", "lost after 5 s: TIMEOUT");
	}

	@Test
	void aCallAfterTheEndOfTheManagerIsReported() {
		this.manager.close();
		assertThat(ask(10)).isCompletedExceptionally();
		assertReported("asked", "UNAVAILABLE after 0 s");
	}

	@Test
	void thePolicyForAStoreThatDoesNotAnswerIsReported() {
		LeaseTemplate template = new LeaseTemplate(this.manager, EnclosingWork.NONE);
		CompletableFuture<Lease> unguarded = template
			.acquireAsync(new LeaseGuard(request(10), OnUnavailable.PROCEED, OnLost.FAIL));
		this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
		assertThat(unguarded).isCompleted();
		assertReported("asked", "policy PROCEED", "UNAVAILABLE after 0 s");
		CompletableFuture<Lease> local = template
			.acquireAsync(new LeaseGuard(request(10), OnUnavailable.LOCAL, OnLost.FAIL));
		this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
		assertThat(local).isCompleted();
		assertReported("asked", "policy LOCAL", "acquired after 0 s");
		local.join().close();
		assertReported("released after 0 s");
	}

	@Test
	void aListenerThatThrowsIsHarmless() {
		try (LeaseManager observed = new LeaseManager(this.store, new LeaseSettings(TTL, "shop", "1"), Runnable::run,
				List.of(new Failing(), new Recording(this.events)))) {
			CompletableFuture<Lease> asked = observed.acquireAsync(request(10)).toCompletableFuture();
			this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
			close(asked.join(), LeaseStore.Release.RELEASED);
			assertReported("asked", "acquired after 0 s", "released after 0 s");
		}
	}

	private Lease acquire() {
		CompletableFuture<Lease> asked = ask(10);
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		return asked.join();
	}

	private CompletableFuture<Lease> ask(int waitSeconds) {
		return this.manager.acquireAsync(request(waitSeconds)).toCompletableFuture();
	}

	private static LeaseRequest request(int waitSeconds) {
		return new LeaseRequest("name", KEY, 1, null, Duration.ofSeconds(waitSeconds), false, "test");
	}

	private void close(Lease lease, LeaseStore.Release release) {
		CompletableFuture<Void> closing = CompletableFuture.runAsync(lease::close);
		this.store.<LeaseStore.Release>next("release").answers(release);
		closing.orTimeout(20, TimeUnit.SECONDS).exceptionally((failure) -> null).join();
	}

	private void assertReported(String... expected) {
		for (String event : expected) {
			assertThat(poll()).isEqualTo(event);
		}
		assertThat(this.events).isEmpty();
	}

	private String poll() {
		try {
			return this.events.poll(20, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	private static String after(Duration time) {
		return " after " + time.toSeconds() + " s";
	}

	/**
	 * Records the events that it receives.
	 *
	 * @param events the recorded events
	 */
	private record Recording(BlockingQueue<String> events) implements LeaseListener {

		@Override
		public Call asked(LeaseRequest request) {
			this.events.add("asked");
			return new Call() {

				@Override
				public void waits() {
					Recording.this.events.add("waits");
				}

				@Override
				public void acquired(Duration took, boolean handedOn) {
					Recording.this.events.add("acquired" + after(took) + (handedOn ? ", handed on" : ""));
				}

				@Override
				public void failed(Duration took, Failure failure) {
					Recording.this.events.add(failure + after(took));
				}

			};
		}

		@Override
		public void released(LeaseRequest request, Duration held) {
			this.events.add("released" + after(held));
		}

		@Override
		public void lost(LeaseRequest request, LossReason reason, Duration held) {
			this.events.add("lost" + after(held) + ": " + reason);
		}

		@Override
		public void renewed(LeaseRequest request, Duration lag, boolean renewed) {
			this.events.add((renewed ? "renewed " : "not renewed ") + lag.toSeconds() + " s late");
		}

		@Override
		public void unavailable(LeaseRequest request, OnUnavailable policy) {
			this.events.add("policy " + policy);
		}

	}

	private static final class Failing implements LeaseListener {

		@Override
		public Call asked(LeaseRequest request) {
			throw new IllegalStateException("a mistake in a listener");
		}

		@Override
		public void released(LeaseRequest request, Duration held) {
			throw new IllegalStateException("a mistake in a listener");
		}

		@Override
		public void lost(LeaseRequest request, LossReason reason, Duration held) {
			throw new IllegalStateException("a mistake in a listener");
		}

	}

}
