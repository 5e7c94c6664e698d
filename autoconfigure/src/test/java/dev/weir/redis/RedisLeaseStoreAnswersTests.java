package dev.weir.redis;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.weir.lease.Holder;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for how {@link RedisLeaseStore} handles the replies of Redis, on a transport
 * without a Redis.
 */
class RedisLeaseStoreAnswersTests {

	private static final String TRYAGAIN = "TRYAGAIN Multiple keys request during rehashing of slot";

	private static final Duration TTL = Duration.ofSeconds(30);

	private static final LeaseKey LOCK = new LeaseKey(LeaseKind.LOCK, "lock");

	private static final LeaseKey SEMAPHORE = new LeaseKey(LeaseKind.SEMAPHORE, "semaphore");

	private final FakeRedisTransport transport = new FakeRedisTransport();

	private final RedisLeaseStore store = new RedisLeaseStore(new RedisScripts(this.transport, TTL, TTL, List.of()),
			"test:");

	@Test
	void readsTheFencingToken() {
		CompletionStage<LeaseStore.Attempt> attempt = this.store.tryAcquire(claim(LOCK, true, LeaseStore.Queue.OUT));
		this.transport.next("lock-acquire").answers(1L, "1700000000000000");
		assertThat(attempt).isCompletedWithValue(new LeaseStore.Acquired(1_700_000_000_000_000L));
	}

	@Test
	void readsTheHolderAndTheRemainingTimeOfABusyLock() {
		CompletionStage<LeaseStore.Attempt> attempt = this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.OUT));
		this.transport.next("lock-acquire").answers(0L, "id|1700000000000|shop|7@host|Orders.place", 250L);
		assertThat(attempt).isCompletedWithValue(new LeaseStore.Busy(
				new Holder("shop", "7@host", "Orders.place", Instant.ofEpochMilli(1_700_000_000_000L)),
				Duration.ofMillis(250), false));
	}

	@Test
	void aForeignHolderWithoutExpiryIsUnknown() {
		CompletionStage<LeaseStore.Attempt> attempt = this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.OUT));
		this.transport.next("lock-acquire").answers(0L, "3f2a", -1L);
		assertThat(attempt).isCompletedWithValue(new LeaseStore.Busy(null, null, false));
	}

	@Test
	void subscribesOnlyWhenTheLockIsBusyAndThenClaimsAgain() {
		CompletionStage<LeaseStore.Attempt> attempt = this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.ENTER));
		assertThat(this.transport.subscriber).isNull();
		this.transport.next("lock-acquire").answers(0L, "other", 250L);
		this.transport.subscription.complete("mapped:channel");
		FakeRedisTransport.Call second = this.transport.next("lock-acquire");
		assertThat(second.arguments()).contains("mapped:channel");
		second.answers(0L, "other", 250L);
		assertThat(attempt).isCompletedWithValue(new LeaseStore.Busy(null, Duration.ofMillis(250), true));
	}

	@Test
	void aCallerWaitsWithoutTheQueueWhenTheSubscriptionFails() {
		CompletionStage<LeaseStore.Attempt> attempt = this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.ENTER));
		this.transport.next("lock-acquire").answers(0L, "other", 250L);
		this.transport.subscription.completeExceptionally(new IllegalCallerException("NOPERM no channel"));
		this.transport.next("lock-acquire").answers(0L, "other", 200L);
		assertThat(attempt).isCompletedWithValue(new LeaseStore.Busy(null, Duration.ofMillis(200), false));
		this.transport.subscription = CompletableFuture.completedFuture("channel");
		this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.ENTER));
		this.transport.next("lock-acquire").answers(0L, "other", 100L);
		assertThat(this.transport.next("lock-acquire").arguments()).contains("channel");
	}

	/**
	 * While the slot moves, Redis refuses to work on keys at two masters together.
	 */
	@Test
	void acquiresWithoutTheQueueIfRedisRefusesTheKeysTogether() {
		this.transport.subscription.complete("channel");
		this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.ENTER));
		this.transport.next("lock-acquire").answers(0L, "other", 250L);
		this.transport.next("lock-acquire").answers(0L, "other", 250L);
		CompletionStage<LeaseStore.Attempt> attempt = this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.ENTER));
		FakeRedisTransport.Call together = this.transport.next("lock-acquire");
		assertThat(together.script().keys()).hasSize(2);
		together.fails(TRYAGAIN);
		FakeRedisTransport.Call alone = this.transport.next("lock-acquire");
		assertThat(alone.script().keys()).containsExactly(LOCK.value());
		alone.answers(0L, "other", 200L);
		assertThat(attempt).isCompletedWithValue(new LeaseStore.Busy(null, Duration.ofMillis(200), false));
	}

	@Test
	void releasesOneByOneIfRedisRefusesTheKeysTogether() {
		CompletionStage<LeaseStore.Release> release = this.store.release(LOCK, "owner", 1);
		this.transport.next("lock-release").fails(TRYAGAIN);
		FakeRedisTransport.Call alone = this.transport.next("lock-release");
		assertThat(alone.script().keys()).containsExactly(LOCK.value());
		alone.answersNumber(1);
		FakeRedisTransport.Call wake = this.transport.next("leave");
		assertThat(wake.script().keys()).containsExactly(RedisKeys.waiters(LOCK));
		wake.answersNumber(0);
		assertThat(release).isCompletedWithValue(LeaseStore.Release.RELEASED);
	}

	@Test
	void leavesTheQueueOfASemaphoreWithoutItsPermitsIfRedisRefusesTheKeysTogether() {
		CompletionStage<Void> left = this.store.leave(SEMAPHORE, true);
		this.transport.next("leave").fails(TRYAGAIN);
		FakeRedisTransport.Call alone = this.transport.next("leave");
		assertThat(alone.script().keys()).containsExactly(RedisKeys.waiters(SEMAPHORE));
		alone.answersNumber(1);
		assertThat(left.toCompletableFuture()).isCompleted();
	}

	@Test
	void aFencedClaimIsNeverSplit() {
		CompletionStage<LeaseStore.Attempt> attempt = this.store.tryAcquire(claim(LOCK, true, LeaseStore.Queue.OUT));
		this.transport.next("lock-acquire").fails(TRYAGAIN);
		assertThat(attempt.toCompletableFuture()).isCompletedExceptionally();
		this.transport.assertNoCall();
	}

	@Test
	void aCallerThatDoesNotWaitNamesNoQueue() {
		this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.OUT));
		assertThat(this.transport.next("lock-acquire").script().keys()).containsExactly(LOCK.value());
		this.store.tryAcquire(claim(SEMAPHORE, false, LeaseStore.Queue.OUT));
		assertThat(this.transport.next("semaphore-acquire").script().keys()).containsExactly(SEMAPHORE.value());
	}

	@Test
	void sendsTheLimitForASemaphoreOnly() {
		this.store.tryAcquire(claim(SEMAPHORE, false, LeaseStore.Queue.OUT));
		assertThat(this.transport.next("semaphore-acquire").arguments()).contains(3);
		this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.OUT));
		assertThat(this.transport.next("lock-acquire").arguments()).doesNotContain(3);
	}

	@ParameterizedTest
	@CsvSource({ "0, NOT_HELD", "1, RELEASED", "2, HANDED_ON", "3, HANDED_ON_AND_QUEUED" })
	void readsTheResultOfARelease(long code, LeaseStore.Release expected) {
		CompletionStage<LeaseStore.Release> release = this.store.release(LOCK, "owner", 0);
		this.transport.next("lock-release").answersNumber(code);
		assertThat(release).isCompletedWithValue(expected);
	}

	@Test
	void failsOnAnUnknownResultOfARelease() {
		CompletionStage<LeaseStore.Release> release = this.store.release(LOCK, "owner", 0);
		this.transport.next("lock-release").answersNumber(9);
		assertThat(release.toCompletableFuture()).isCompletedExceptionally();
	}

	@Test
	void readsTheResultOfARenewal() {
		CompletionStage<Boolean> renewed = this.store.renew(SEMAPHORE, "owner", TTL);
		this.transport.next("semaphore-renew").answersNumber(1);
		assertThat(renewed).isCompletedWithValue(true);
		CompletionStage<Boolean> lost = this.store.renew(LOCK, "owner", TTL);
		this.transport.next("lock-renew").answersNumber(0);
		assertThat(lost).isCompletedWithValue(false);
	}

	@Test
	void readsTheKindAndTheKeyOfAWakeUp() {
		List<LeaseKey> woken = new ArrayList<>();
		this.store.onWakeUp(woken::add);
		this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.ENTER));
		this.transport.next("lock-acquire").answers(0L, "other", 250L);
		this.transport.subscriber.accept("lock:order:7");
		this.transport.subscriber.accept("semaphore:batch");
		assertThat(woken).containsExactly(new LeaseKey(LeaseKind.LOCK, "order:7"),
				new LeaseKey(LeaseKind.SEMAPHORE, "batch"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "lock", ":", "lock:", "lock: ", "semaphore:\n", "flag:order", "LOCK:order", "\u0000" })
	void ignoresAMessageThatIsNoWakeUp(String message) {
		List<LeaseKey> woken = new ArrayList<>();
		this.store.onWakeUp(woken::add);
		this.store.tryAcquire(claim(LOCK, false, LeaseStore.Queue.ENTER));
		this.transport.next("lock-acquire").answers(0L, "other", 250L);
		assertThatNoException().isThrownBy(() -> this.transport.subscriber.accept(message));
		assertThatNoException().isThrownBy(() -> this.transport.subscriber.accept("lock:" + "x".repeat(1_000_000)));
		assertThat(woken).isEmpty();
	}

	private static LeaseStore.Claim claim(LeaseKey key, boolean fenced, LeaseStore.Queue queue) {
		return new LeaseStore.Claim(key, "owner", (key.kind() == LeaseKind.LOCK) ? 1 : 3, TTL, fenced, queue);
	}

}
