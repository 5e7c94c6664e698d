package dev.weir.lease.engine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import dev.weir.lease.EnclosingWork;
import dev.weir.lease.LeadershipListener;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LossReason;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Schedules of a campaign for a role. The test gives the answers of the store, and no
 * time passes unless the test lets it pass.
 */
@Timeout(60)
class CampaignScheduleTests {

	private static final Duration TTL = Duration.ofMillis(300);

	private static final Duration SOON = Duration.ofSeconds(20);

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final ManualTimer timer = new ManualTimer();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final LeaseManager manager = this.timer.manager(this.store,
			new LeaseSettings(Duration.ofSeconds(30), "shop", "1"), this.threads);

	private final Recorder events = new Recorder();

	private final Campaigns campaigns = new Campaigns(new LeaseTemplate(this.manager, EnclosingWork.NONE),
			CampaignScheduleTests::request, (role) -> !role.equals("disabled"), List.of(this.events));

	@AfterEach
	void end() {
		this.campaigns.close();
		this.manager.close();
		this.threads.shutdownNow();
	}

	@Test
	void withoutARoleNothingIsAsked() {
		this.campaigns.start();
		assertThat(this.store.isQuiet()).isTrue();
		assertThat(this.manager.gates()).isZero();
	}

	@Test
	void aRoleIsAskedForFromTheStartOn() {
		Campaign campaign = this.campaigns.of("reports");
		assertThat(this.store.isQuiet()).isTrue();
		this.campaigns.start();
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		assertThat(acquire.ttl()).isEqualTo(TTL);
		assertThat(campaign.isLeader()).isFalse();
		assertThatIllegalStateException().isThrownBy(campaign::fencingToken)
			.withMessage("This instance is not the leader of 'reports'");
		acquire.answers(new LeaseStore.Acquired(7));
		this.events.next("granted 7");
		assertThat(campaign.isLeader()).isTrue();
		assertThat(campaign.fencingToken()).isEqualTo(7);
	}

	@Test
	void aDisabledRoleIsNeverAskedFor() {
		this.campaigns.start();
		Campaign campaign = this.campaigns.of("disabled");
		assertThat(campaign.tryRun(() -> {
		})).isFalse();
		assertThat(campaign.stepDown()).isFalse();
		assertThat(this.store.isQuiet()).isTrue();
	}

	@Test
	void aLeaderRenewsEveryThirdOfItsTimeToLiveAndSendsNothingElse() {
		Campaign campaign = leader(1);
		for (int i = 0; i < 10; i++) {
			this.timer.pass(TTL.dividedBy(3));
			ScriptedLeaseStore.Call<Boolean> renewal = this.store.next("renew");
			assertThat(renewal.ttl()).isEqualTo(TTL);
			renewal.answers(true);
			assertThat(campaign.isLeader()).isTrue();
			assertThat(campaign.tryRun(() -> {
			})).isTrue();
			assertThat(this.store.isQuiet()).isTrue();
		}
	}

	@Test
	void aPausedLeaderIsNoLeaderAndCampaignsAgain() {
		Campaign campaign = leader(1);
		this.timer.pause(TTL);
		assertThat(campaign.isLeader()).isFalse();
		assertThat(campaign.stepDown()).isFalse();
		assertThat(campaign.tryRun(() -> {
		})).isFalse();
		assertThat(this.store.isQuiet()).isTrue();
		this.timer.pass(Duration.ofSeconds(1));
		this.events.next("lost 1 EXPIRED");
		this.store.<LeaseStore.Release>nextOf("release").answers(LeaseStore.Release.NOT_HELD);
		this.store.<LeaseStore.Attempt>nextOf("acquire").answers(new LeaseStore.Acquired(200));
		this.events.next("granted 200");
		assertThat(campaign.isLeader()).isTrue();
	}

	@Test
	void aLeaderThatTheStoreNoLongerKnowsCampaignsAgain() {
		Campaign campaign = leader(1);
		this.timer.pass(TTL.dividedBy(3));
		this.store.<Boolean>next("renew").answers(false);
		this.events.next("lost 1 TAKEN");
		assertThat(campaign.isLeader()).isFalse();
	}

	@Test
	void theEndHandsTheRoleOverAtOnce() {
		Campaign campaign = leader(1);
		CompletableFuture<Void> stopped = this.campaigns.stop().toCompletableFuture();
		assertThat(campaign.isLeader()).isFalse();
		this.events.next("lost 1 null");
		assertThat(stopped).isNotDone();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.HANDED_ON);
		assertThat(stopped).succeedsWithin(SOON);
		assertThat(this.store.isQuiet()).isTrue();
		assertThat(this.campaigns.isRunning()).isFalse();
	}

	@Test
	void theEndWaitsForTheAnswerOfACampaignAndGivesTheLeaseBack() {
		this.campaigns.start();
		this.campaigns.of("reports");
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		this.campaigns.stop();
		acquire.answers(new LeaseStore.Acquired(1));
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		await().untilAsserted(() -> assertThat(this.manager.gates()).isZero());
		assertThat(this.events.all).isEmpty();
	}

	@Test
	void anActionKeepsTheRoleUntilItHasEnded() throws Exception {
		Campaign campaign = leader(1);
		CountDownLatch runs = new CountDownLatch(1);
		CountDownLatch mayEnd = new CountDownLatch(1);
		CompletableFuture<Boolean> action = CompletableFuture.supplyAsync(() -> campaign.tryRun(() -> {
			runs.countDown();
			awaitLatch(mayEnd);
		}), this.threads);
		runs.await();
		this.campaigns.stop();
		this.events.next("lost 1 null");
		assertThat(campaign.isLeader()).isFalse();
		this.timer.pass(TTL.dividedBy(3));
		this.store.<Boolean>next("renew").answers(true);
		mayEnd.countDown();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.HANDED_ON);
		assertThat(action.get(20, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void anActionThatLosesItsRoleFails() {
		Campaign campaign = leader(5);
		assertThatExceptionOfType(LeaseLostException.class).isThrownBy(() -> campaign.tryRun(() -> {
			assertThat(Lease.current().orElseThrow().fencingToken()).isEqualTo(5);
			this.timer.pause(TTL);
		}));
	}

	@Test
	void aLeaderThatStepsDownLetsOthersLeadForItsTimeToLive() {
		Campaign campaign = leader(1);
		assertThat(campaign.stepDown()).isTrue();
		assertThat(campaign.isLeader()).isFalse();
		this.events.next("lost 1 null");
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.HANDED_ON);
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(200));
		this.events.next("granted 200");
	}

	@Test
	void aStoreThatDoesNotAnswerEndsNoCampaign() {
		this.campaigns.start();
		Campaign campaign = this.campaigns.of("reports");
		this.store.<LeaseStore.Attempt>next("acquire").isAway(Duration.ofDays(100_000));
		this.timer.pass(Duration.ofSeconds(2));
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(1));
		this.events.next("granted 1");
		assertThat(campaign.isLeader()).isTrue();
	}

	@Test
	void aMistakeOfTheStoreEndsNoCampaign() {
		this.campaigns.start();
		this.campaigns.of("reports");
		this.store.<LeaseStore.Attempt>next("acquire")
			.answer()
			.completeExceptionally(new IllegalStateException("the key contains something else"));
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(1));
		this.events.next("granted 1");
	}

	@Test
	void aSlowListenerDelaysNeitherTheCampaignNorTheOrderOfEvents() {
		CountDownLatch slow = new CountDownLatch(1);
		this.events.gate = slow;
		this.campaigns.start();
		Campaign campaign = this.campaigns.of("reports");
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(1));
		await().until(campaign::isLeader);
		campaign.stepDown();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(200));
		await().until(campaign::isLeader);
		assertThat(this.events.all).isEmpty();
		slow.countDown();
		this.events.next("granted 1");
		this.events.next("lost 1 null");
		this.events.next("granted 200");
	}

	@Test
	void anActionThatClosesTheLeaseEndsTheLeadershipAndNotTheCampaign() {
		Campaign campaign = leader(1);
		CompletableFuture.runAsync(() -> campaign.tryRun(() -> Lease.current().orElseThrow().close()), this.threads);
		this.store.<LeaseStore.Release>nextOf("release").answers(LeaseStore.Release.HANDED_ON);
		await().until(() -> !campaign.isLeader());
		this.events.next("lost 1 null");
		this.store.<LeaseStore.Attempt>nextOf("acquire").answers(new LeaseStore.Acquired(200));
		this.events.next("granted 200");
	}

	@Test
	void aCampaignCanStartAgain() {
		Campaign campaign = leader(1);
		this.campaigns.stop();
		this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		this.events.next("lost 1 null");
		this.campaigns.start();
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(200));
		this.events.next("granted 200");
		assertThat(campaign.isLeader()).isTrue();
	}

	private Campaign leader(long token) {
		this.campaigns.start();
		Campaign campaign = this.campaigns.of("reports");
		this.store.<LeaseStore.Attempt>next("acquire").answers(new LeaseStore.Acquired(token));
		this.events.next("granted " + token);
		return campaign;
	}

	private static LeaseRequest request(String role) {
		return new LeaseRequest("leader:" + role, new LeaseKey(LeaseKind.LOCK, "leader:" + role), 1, null,
				LeaseRequest.FOREVER, true, "leader")
			.livingFor(TTL);
	}

	private static void awaitLatch(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Records the changes of roles.
	 */
	private static final class Recorder implements LeadershipListener {

		private final LinkedBlockingQueue<String> all = new LinkedBlockingQueue<>();

		private volatile CountDownLatch gate = new CountDownLatch(0);

		@Override
		public void granted(String role, long fencingToken) {
			awaitLatch(this.gate);
			this.all.add("granted " + fencingToken);
		}

		@Override
		public void lost(String role, long fencingToken, @Nullable LossReason reason) {
			this.all.add("lost " + fencingToken + " " + reason);
		}

		private void next(String expected) {
			try {
				assertThat(this.all.poll(20, TimeUnit.SECONDS)).isEqualTo(expected);
			}
			catch (InterruptedException ex) {
				throw new AssertionError(ex);
			}
		}

	}

}
