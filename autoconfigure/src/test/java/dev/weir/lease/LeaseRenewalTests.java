package dev.weir.lease;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Renewals, with real time and a store that answers when the test says so.
 */
@Timeout(30)
class LeaseRenewalTests {

	private static final Duration TTL = Duration.ofMillis(600);

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final LeaseManager manager = new LeaseManager(this.store, new LeaseSettings(TTL, "shop", "1"),
			this.threads);

	@AfterEach
	void end() {
		this.manager.close();
		this.threads.shutdownNow();
	}

	@Test
	void aLeaseIsRenewedAfterAThirdOfItsTime() throws Exception {
		long start = System.nanoTime();
		acquired(null);
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TTL.dividedBy(3),
				TTL.dividedBy(3).multipliedBy(2));
		assertThat(renewal.ttl()).isEqualTo(TTL);
		renewal.answers(true);
		this.store.next("renew");
	}

	@Test
	void aRenewalThatFindsAnotherOwnerLosesTheLeaseAtOnce() throws Exception {
		HeldLease lease = acquired(null);
		CountDownLatch lost = new CountDownLatch(1);
		lease.onLost(lost::countDown);
		this.store.<Boolean>next("renew").answers(false);
		assertThat(lost.await(5, TimeUnit.SECONDS)).isTrue();
		assertThat(lease.isValid()).isFalse();
		assertThat(lease.lossReason()).isEqualTo(LossReason.TAKEN);
		this.store.next("release");
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
	}

	@Test
	void aRenewalThatFailsIsTriedAgainUntilTheDeadline() throws Exception {
		HeldLease lease = acquired(null);
		this.store.<Boolean>next("renew").fails();
		this.store.<Boolean>next("renew").fails();
		this.store.<Boolean>next("renew").answers(true);
		assertThat(lease.isValid()).isTrue();
		this.store.next("renew");
	}

	@Test
	void aLeaseWhoseRenewalIsNeverAnsweredIsLostAtItsDeadline() throws Exception {
		HeldLease lease = acquired(null);
		CountDownLatch lost = new CountDownLatch(1);
		lease.onLost(lost::countDown);
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		assertThat(lost.await(5, TimeUnit.SECONDS)).isTrue();
		assertThat(lease.lossReason()).isEqualTo(LossReason.EXPIRED);
		renewal.answers(true); // once lost, always lost
		assertThat(lease.isValid()).isFalse();
	}

	@Test
	void aLeaseIsNeverRenewedBeyondItsTimeout() throws Exception {
		HeldLease lease = acquired(Duration.ofMillis(900));
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		assertThat(renewal.ttl()).isLessThanOrEqualTo(TTL);
		renewal.answers(true);
		ScriptedLeaseStore.Call<Boolean> last = this.store.next("renew");
		assertThat(last.ttl()).isLessThan(TTL);
		last.answers(true);
		await().until(lease::isLost);
		assertThat(lease.lossReason()).isEqualTo(LossReason.TIMEOUT);
		this.store.next("release");
	}

	@Test
	void aLeaseWithAShortTimeoutIsNotRenewed() throws Exception {
		HeldLease lease = acquired(Duration.ofMillis(300));
		await().until(lease::isLost);
		this.store.next("release");
		assertThat(this.store.isQuiet()).isTrue();
	}

	@Test
	void aRenewalThatIsAnsweredAfterTheReleaseChangesNothing() throws Exception {
		HeldLease lease = acquired(null);
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		lease.closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		renewal.answers(true);
		await().during(TTL).atMost(TTL.multipliedBy(3)).until(this.store::isQuiet);
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
	}

	@Test
	void aRenewalThatIsAnsweredAfterTheDeadlineDoesNotReviveALeaseThatSomebodyMayHaveSeenInvalid() throws Exception {
		AtomicLong lag = new AtomicLong();
		// Time jumps as in a JVM that was paused: the timer has not run yet.
		try (LeaseManager paused = new LeaseManager(this.store, new LeaseSettings(TTL, "shop", "1"), this.threads,
				() -> System.nanoTime() + lag.get())) {
			HeldLease lease = acquired(paused, null);
			ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
			// The old deadline has passed, the one that the answer brings has not.
			lag.addAndGet(TTL.toNanos() * 3 / 4);
			assertThat(lease.isValid()).isFalse();
			renewal.answers(true);
			assertThat(lease.isValid()).isFalse();
			assertThat(lease.lossReason()).isEqualTo(LossReason.EXPIRED);
			this.store.next("release");
		}
	}

	private HeldLease acquired(Duration timeout) throws Exception {
		return acquired(this.manager, timeout);
	}

	private HeldLease acquired(LeaseManager manager, Duration timeout) throws Exception {
		CompletableFuture<Lease> asked = manager
			.acquireAsync(new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, "key"), 1, timeout,
					Duration.ofSeconds(10), false, "test"))
			.toCompletableFuture();
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(0));
		return (HeldLease) asked.get(5, TimeUnit.SECONDS);
	}

}
