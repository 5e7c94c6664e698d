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
 * What listeners hear, played by hand: the store answers when the test says so, and no
 * time passes unless the test lets it.
 */
@Timeout(60)
class LeaseListenerTests {

	private static final Duration TTL = Duration.ofSeconds(30);

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.LOCK, "key");

	private static final LeaseStore.Acquired ACQUIRED = new LeaseStore.Acquired(0);

	private static final LeaseStore.Busy BUSY = new LeaseStore.Busy(null, null, true);

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final ManualTimer timer = new ManualTimer();

	private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

	private final LeaseManager manager = new LeaseManager(this.store, new LeaseSettings(TTL, "shop", "1"),
			Runnable::run, this.timer.clock(), this.timer, List.of(new Recording(this.heard)));

	@AfterEach
	void end() {
		this.manager.close();
	}

	@Test
	void aFreeLeaseIsAcquiredWithoutWaitingAndReleased() {
		Lease lease = acquire();
		assertHeard("asked", "acquired after 0 s");
		this.timer.pass(Duration.ofSeconds(3));
		close(lease, LeaseStore.Release.RELEASED);
		assertHeard("released after 3 s");
	}

	@Test
	void timeOnTheWayToTheStoreCounts() {
		ask(10);
		this.timer.pass(Duration.ofSeconds(2));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		assertHeard("asked", "acquired after 2 s");
	}

	@Test
	void whoStandsBehindAnotherCallerWaitsAndIsHandedTheLease() {
		Lease lease = acquire();
		ask(10);
		assertHeard("asked", "acquired after 0 s", "asked", "waits");
		lease.close();
		assertHeard("released after 0 s", "acquired after 0 s, handed on");
	}

	@Test
	void whoFindsTheLeaseBusyElsewhereWaits() {
		ask(10);
		this.store.<LeaseStore.Attempt>next("acquire").answers(BUSY);
		assertHeard("asked", "waits");
	}

	@Test
	void whoDoesNotWaitDoesNotWait() {
		ask(0);
		this.store.<LeaseStore.Attempt>next("acquire").answers(BUSY);
		assertHeard("asked", "BUSY after 0 s");
	}

	@Test
	void whoGivesUpIsHeard() {
		CompletableFuture<Lease> asked = ask(10);
		asked.cancel(true);
		assertHeard("asked", "GIVEN_UP after 0 s");
	}

	@Test
	void aLeaseThatCameTooLateForWhoGaveUpIsNotHeardAsHeld() {
		CompletableFuture<Lease> asked = ask(10);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		asked.cancel(true);
		acquire.answers(ACQUIRED);
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		assertHeard("asked", "GIVEN_UP after 0 s");
	}

	@Test
	void aStoreThatDoesNotAnswerIsNoMistakeInItsUse() {
		ask(10);
		this.store.<LeaseStore.Attempt>next("acquire").fails();
		assertHeard("asked", "UNAVAILABLE after 0 s");
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.NOT_HELD);
		ask(10);
		this.store.<LeaseStore.Attempt>next("acquire")
			.answer()
			.completeExceptionally(new IllegalStateException("type"));
		assertHeard("asked", "ERROR after 0 s");
	}

	@Test
	void renewalsAndTheirLagAreHeard() {
		acquire();
		this.timer.pass(TTL.dividedBy(3));
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		this.timer.pause(Duration.ofSeconds(2));
		renewal.answers(true);
		assertHeard("asked", "acquired after 0 s", "renewed 2 s late");
	}

	@Test
	void aRenewalWithoutAnswerIsHeardAndTheLossAfterTheLast() {
		acquire();
		this.timer.pass(TTL.dividedBy(3));
		this.store.<Boolean>next("renew").fails();
		assertHeard("asked", "acquired after 0 s", "not renewed 0 s late");
		this.timer.pause(TTL);
		this.timer.pass(Duration.ZERO);
		assertHeard("lost after 40 s: EXPIRED");
	}

	@Test
	void aLossThatIsFoundAtTheReleaseIsNoRelease() {
		Lease lease = acquire();
		close(lease, LeaseStore.Release.NOT_HELD);
		assertHeard("asked", "acquired after 0 s", "lost after 0 s: TAKEN");
	}

	@Test
	void askedToRenewAtOnceALossIsFoundAtOnce() {
		acquire();
		this.manager.renewNow();
		this.store.<Boolean>next("renew").answers(false);
		assertHeard("asked", "acquired after 0 s", "lost after 0 s: TAKEN");
	}

	@Test
	void askedToRenewAtOnceTheTimeoutOfTheHolderStays() {
		this.manager
			.acquireAsync(new LeaseRequest("name", KEY, 1, Duration.ofSeconds(5), Duration.ZERO, false, "test"));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		this.timer.pass(Duration.ofSeconds(3));
		this.manager.renewNow();
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		assertThat(renewal.ttl()).isEqualTo(Duration.ofSeconds(2));
		renewal.answers(true);
		this.timer.pass(Duration.ofSeconds(2));
		assertHeard("asked", "acquired after 0 s", "renewed 0 s late", "lost after 5 s: TIMEOUT");
	}

	@Test
	void theTimeoutOfTheHolderIsAReasonOfItsOwn() {
		this.manager
			.acquireAsync(new LeaseRequest("name", KEY, 1, Duration.ofSeconds(5), Duration.ZERO, false, "test"));
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		this.timer.pass(Duration.ofSeconds(5));
		assertHeard("asked", "acquired after 0 s", "lost after 5 s: TIMEOUT");
	}

	@Test
	void whoAsksAfterTheEndIsHeardAsWell() {
		this.manager.close();
		assertThat(ask(10)).isCompletedExceptionally();
		assertHeard("asked", "UNAVAILABLE after 0 s");
	}

	@Test
	void thePolicyForAStoreThatDoesNotAnswerIsHeard() {
		try (LeaseTemplate template = new LeaseTemplate(this.manager,
				new LeaseManager(new ScriptedLeaseStore(), new LeaseSettings(TTL, "shop", "1"), Runnable::run),
				EnclosingWork.NONE)) {
			CompletableFuture<Lease> unguarded = template
				.acquireAsync(new LeaseGuard(request(10), OnUnavailable.PROCEED, OnLost.FAIL));
			this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
			assertThat(unguarded).isCompleted();
			assertHeard("asked", "UNAVAILABLE after 0 s", "policy PROCEED");
		}
	}

	@Test
	void aListenerThatThrowsIsHarmless() {
		try (LeaseManager listenedTo = new LeaseManager(this.store, new LeaseSettings(TTL, "shop", "1"), Runnable::run,
				List.of(new Failing(), new Recording(this.heard)))) {
			CompletableFuture<Lease> asked = listenedTo.acquireAsync(request(10)).toCompletableFuture();
			this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
			close(asked.join(), LeaseStore.Release.RELEASED);
			assertHeard("asked", "acquired after 0 s", "released after 0 s");
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

	private void assertHeard(String... events) {
		for (String event : events) {
			assertThat(poll()).isEqualTo(event);
		}
		assertThat(this.heard).isEmpty();
	}

	private String poll() {
		try {
			return this.heard.poll(20, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	private static String after(Duration time) {
		return " after " + time.toSeconds() + " s";
	}

	/**
	 * Writes down what it hears.
	 *
	 * @param heard where
	 */
	private record Recording(BlockingQueue<String> heard) implements LeaseListener {

		@Override
		public Call asked(LeaseRequest request) {
			this.heard.add("asked");
			return new Call() {

				@Override
				public void waits() {
					Recording.this.heard.add("waits");
				}

				@Override
				public void acquired(Duration took, boolean handedOn) {
					Recording.this.heard.add("acquired" + after(took) + (handedOn ? ", handed on" : ""));
				}

				@Override
				public void failed(Duration took, Failure failure) {
					Recording.this.heard.add(failure + after(took));
				}

			};
		}

		@Override
		public void released(LeaseRequest request, Duration held) {
			this.heard.add("released" + after(held));
		}

		@Override
		public void lost(LeaseRequest request, LossReason reason, Duration held) {
			this.heard.add("lost" + after(held) + ": " + reason);
		}

		@Override
		public void renewed(LeaseRequest request, Duration lag, boolean renewed) {
			this.heard.add((renewed ? "renewed " : "not renewed ") + lag.toSeconds() + " s late");
		}

		@Override
		public void unavailable(LeaseRequest request, OnUnavailable policy) {
			this.heard.add("policy " + policy);
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
