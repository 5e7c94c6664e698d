package dev.weir.lease.engine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LossReason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the times at which leases are renewed, to the millisecond. No time passes
 * unless the test lets it pass, and the test gives the answers of the store.
 */
@Timeout(60)
class LeaseRenewalTests {

	private static final Duration TTL = Duration.ofMillis(600);

	private static final Duration THIRD = TTL.dividedBy(3);

	private static final Duration MILLISECOND = Duration.ofMillis(1);

	private final ManualTimer timer = new ManualTimer();

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final LeaseManager manager = this.timer.manager(this.store, new LeaseSettings(TTL, "shop", "1"),
			this.threads);

	@AfterEach
	void end() {
		this.manager.close();
		this.threads.shutdownNow();
	}

	@Test
	void aLeaseIsRenewedAfterAThirdOfItsTime() throws Exception {
		acquired(null);
		for (int i = 0; i < 3; i++) {
			this.timer.pass(THIRD.minus(MILLISECOND));
			assertThat(this.store.isQuiet()).isTrue();
			this.timer.pass(MILLISECOND);
			ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
			assertThat(renewal.ttl()).isEqualTo(TTL);
			renewal.answers(true);
		}
	}

	@Test
	void aRenewalThatFindsAnotherOwnerLosesTheLeaseAtOnce() throws Exception {
		HeldLease lease = acquired(null);
		CountDownLatch lost = new CountDownLatch(1);
		lease.onLost(lost::countDown);
		this.timer.pass(THIRD);
		this.store.<Boolean>next("renew").answers(false);
		assertThat(lost.await(20, TimeUnit.SECONDS)).isTrue();
		assertThat(lease.isValid()).isFalse();
		assertThat(lease.lossReason()).isEqualTo(LossReason.TAKEN);
		this.store.next("release");
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
	}

	@Test
	void aFailedRenewalIsRepeatedUntilTheDeadline() throws Exception {
		HeldLease lease = acquired(null);
		this.timer.pass(THIRD);
		this.store.<Boolean>next("renew").fails();
		this.timer.pass(TTL.dividedBy(12));
		this.store.<Boolean>next("renew").fails();
		this.timer.pass(TTL.dividedBy(12));
		this.store.<Boolean>next("renew").answers(true);
		assertThat(lease.isValid()).isTrue();
		assertThat(lease.remaining()).isEqualTo(TTL);
		this.timer.pass(THIRD);
		this.store.next("renew");
	}

	@Test
	void aLeaseWhoseRenewalIsNeverAnsweredIsLostAtItsDeadline() throws Exception {
		HeldLease lease = acquired(null);
		CountDownLatch lost = new CountDownLatch(1);
		lease.onLost(lost::countDown);
		this.timer.pass(THIRD);
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		this.timer.pass(TTL.minus(THIRD).minus(MILLISECOND));
		assertThat(lease.isValid()).isTrue();
		this.timer.pass(MILLISECOND);
		assertThat(lost.await(20, TimeUnit.SECONDS)).isTrue();
		assertThat(lease.lossReason()).isEqualTo(LossReason.EXPIRED);
		renewal.answers(true); // a lost lease stays lost
		assertThat(lease.isValid()).isFalse();
	}

	@Test
	void aLeaseIsNeverRenewedBeyondItsTimeout() throws Exception {
		HeldLease lease = acquired(Duration.ofMillis(900));
		this.timer.pass(Duration.ofMillis(200));
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		assertThat(renewal.ttl()).isEqualTo(TTL);
		renewal.answers(true);
		this.timer.pass(Duration.ofMillis(200));
		ScriptedLeaseStore.Call<Boolean> last = this.store.next("renew");
		assertThat(last.ttl()).isEqualTo(Duration.ofMillis(500));
		last.answers(true);
		this.timer.pass(Duration.ofMillis(499));
		assertThat(lease.isValid()).isTrue();
		assertThat(this.store.isQuiet()).isTrue();
		this.timer.pass(MILLISECOND);
		assertThat(lease.isLost()).isTrue();
		assertThat(lease.lossReason()).isEqualTo(LossReason.TIMEOUT);
		this.store.next("release");
	}

	@Test
	void aLeaseWithAShortTimeoutIsNotRenewed() throws Exception {
		HeldLease lease = acquired(Duration.ofMillis(300));
		this.timer.pass(Duration.ofMillis(299));
		assertThat(lease.isValid()).isTrue();
		assertThat(this.store.isQuiet()).isTrue();
		this.timer.pass(MILLISECOND);
		assertThat(lease.isLost()).isTrue();
		this.store.next("release");
		assertThat(this.store.isQuiet()).isTrue();
	}

	@Test
	void aLeaseThatWasClosedInTimeIsNeverReportedAsLost() throws Exception {
		HeldLease lease = acquired(Duration.ofMillis(300));
		CountDownLatch lost = new CountDownLatch(1);
		lease.onLost(lost::countDown);
		this.timer.pass(Duration.ofMillis(299));
		lease.closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		this.timer.pass(TTL);
		assertThat(lost.await(100, TimeUnit.MILLISECONDS)).isFalse();
		assertThat(this.store.isQuiet()).isTrue();
	}

	@Test
	void aRenewalThatIsAnsweredAfterTheReleaseChangesNothing() throws Exception {
		HeldLease lease = acquired(null);
		this.timer.pass(THIRD);
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		lease.closeAsync();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		renewal.answers(true);
		for (int i = 0; i < 9; i++) {
			this.timer.pass(THIRD);
		}
		assertThat(this.store.isQuiet()).isTrue();
		assertThat(this.manager.gates()).isZero();
	}

	@Test
	void aRenewalThatIsAnsweredAfterTheDeadlineDoesNotReviveTheLease() throws Exception {
		HeldLease lease = acquired(null);
		this.timer.pass(THIRD);
		ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
		// The old deadline passes. The new deadline of the answer does not.
		this.timer.pause(TTL.multipliedBy(3).dividedBy(4));
		assertThat(lease.isValid()).isFalse();
		renewal.answers(true);
		assertThat(lease.isValid()).isFalse();
		assertThat(lease.lossReason()).isEqualTo(LossReason.EXPIRED);
		this.store.next("release");
	}

	private HeldLease acquired(Duration timeout) throws Exception {
		CompletableFuture<Lease> asked = this.manager
			.acquireAsync(new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, "key"), 1, timeout,
					Duration.ofSeconds(10), false, "test"))
			.toCompletableFuture();
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(0));
		return (HeldLease) asked.get(20, TimeUnit.SECONDS);
	}

}
