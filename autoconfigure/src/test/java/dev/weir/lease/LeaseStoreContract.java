package dev.weir.lease;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that every {@link LeaseStore} must pass. This class is public, so that the tests
 * of each store can be in the package of the store.
 */
public abstract class LeaseStoreContract {

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final Duration SHORT = Duration.ofMillis(150);

	private final LeaseKey lock = new LeaseKey(LeaseKind.LOCK, "contract:lock:" + UUID.randomUUID());

	private final LeaseKey semaphore = new LeaseKey(LeaseKind.SEMAPHORE, "contract:semaphore:" + UUID.randomUUID());

	/**
	 * Returns the store under test.
	 * @return the store
	 */
	protected abstract LeaseStore store();

	/**
	 * Returns whether the store contains a key.
	 * @param key the key
	 * @return {@code false} if nothing is left under the key
	 */
	protected abstract boolean exists(LeaseKey key);

	@Test
	void aFreeLockIsAcquired() {
		assertThat(acquire(this.lock, "one", 1, LONG)).isInstanceOf(LeaseStore.Acquired.class);
	}

	@Test
	void aTakenLockIsBusyAndReportsItsHolderAndItsRemainingTime() {
		Holder holder = new Holder("shop", "7@host", "Orders.place", Instant.ofEpochMilli(1_700_000_000_000L));
		acquire(this.lock, "one|1700000000000|shop|7@host|Orders.place", 1, LONG);
		LeaseStore.Attempt second = acquire(this.lock, "two", 1, LONG);
		assertThat(second).isInstanceOfSatisfying(LeaseStore.Busy.class, (busy) -> {
			assertThat(busy.holder()).isEqualTo(holder);
			assertThat(busy.remaining()).isBetween(LONG.minusSeconds(5), LONG.plusMillis(2));
		});
	}

	@Test
	void acquiringAgainByTheSameOwnerIsSafe() {
		acquire(this.lock, "one", 1, LONG);
		assertThat(acquire(this.lock, "one", 1, LONG)).isInstanceOf(LeaseStore.Acquired.class);
		acquire(this.semaphore, "one", 1, LONG);
		assertThat(acquire(this.semaphore, "one", 1, LONG)).isInstanceOf(LeaseStore.Acquired.class);
	}

	@Test
	void aReleasedLockIsFreeAndLeavesNothingBehind() {
		acquire(this.lock, "one", 1, LONG);
		assertThat(release(this.lock, "one")).isEqualTo(LeaseStore.Release.RELEASED);
		assertThat(exists(this.lock)).isFalse();
		assertThat(acquire(this.lock, "two", 1, LONG)).isInstanceOf(LeaseStore.Acquired.class);
	}

	@Test
	void anOwnerCannotReleaseTheLockOfAnother() {
		acquire(this.lock, "one", 1, LONG);
		assertThat(release(this.lock, "two")).isEqualTo(LeaseStore.Release.NOT_HELD);
		assertThat(acquire(this.lock, "two", 1, LONG)).isInstanceOf(LeaseStore.Busy.class);
	}

	@Test
	void releasingTwiceIsSafe() {
		acquire(this.lock, "one", 1, LONG);
		release(this.lock, "one");
		acquire(this.lock, "two", 1, LONG);
		assertThat(release(this.lock, "one")).isEqualTo(LeaseStore.Release.NOT_HELD);
		assertThat(acquire(this.lock, "three", 1, LONG)).isInstanceOf(LeaseStore.Busy.class);
	}

	@Test
	void aKeptLockBelongsToNoOwnerAndExpiresByItself() {
		acquire(this.lock, "one", 1, LONG);
		assertThat(keep("one", SHORT)).isTrue();
		assertThat(join(store().renew(this.lock, "one", LONG))).isFalse();
		assertThat(release(this.lock, "one")).isEqualTo(LeaseStore.Release.NOT_HELD);
		assertThat(acquire(this.lock, "two", 1, LONG)).isInstanceOfSatisfying(LeaseStore.Busy.class,
				(busy) -> assertThat(busy.remaining()).isBetween(Duration.ofMillis(1), SHORT.plusMillis(2)));
		await().atMost(20, TimeUnit.SECONDS)
			.pollInterval(5, TimeUnit.MILLISECONDS)
			.until(() -> acquire(this.lock, "two", 1, LONG) instanceof LeaseStore.Acquired);
		assertThat(keep("one", LONG)).isFalse();
	}

	@Test
	void aLockCanBeKeptForLongerThanItsTimeToLive() {
		acquire(this.lock, "one", 1, Duration.ofSeconds(10));
		assertThat(keep("one", LONG)).isTrue();
		assertThat(acquire(this.lock, "two", 1, LONG)).isInstanceOfSatisfying(LeaseStore.Busy.class,
				(busy) -> assertThat(busy.remaining()).isGreaterThan(Duration.ofSeconds(20)));
	}

	@Test
	void keepingTwiceIsSafeAndSetsTheTimeAgain() {
		acquire(this.lock, "one", 1, LONG);
		assertThat(keep("one", LONG)).isTrue();
		assertThat(keep("one", Duration.ofSeconds(10))).isTrue();
		assertThat(acquire(this.lock, "two", 1, LONG)).isInstanceOfSatisfying(LeaseStore.Busy.class,
				(busy) -> assertThat(busy.remaining()).isBetween(Duration.ofSeconds(5),
						Duration.ofSeconds(10).plusMillis(2)));
	}

	@Test
	void aLockThatIsNotHeldCannotBeKept() {
		assertThat(keep("unknown", LONG)).isFalse();
		acquire(this.lock, "two", 1, LONG);
		assertThat(keep("unknown", SHORT)).isFalse();
		assertThat(release(this.lock, "two")).isEqualTo(LeaseStore.Release.RELEASED);
		assertThat(exists(this.lock)).isFalse();
	}

	@Test
	void aLockThatIsNotRenewedExpires() {
		acquire(this.lock, "one", 1, SHORT);
		await().atMost(20, TimeUnit.SECONDS)
			.pollInterval(5, TimeUnit.MILLISECONDS)
			.until(() -> acquire(this.lock, "two", 1, LONG) instanceof LeaseStore.Acquired);
		assertThat(join(store().renew(this.lock, "one", LONG))).isFalse();
		assertThat(release(this.lock, "one")).isEqualTo(LeaseStore.Release.NOT_HELD);
	}

	@Test
	void aRenewedLockLivesOn() {
		Duration before = Duration.ofSeconds(10);
		acquire(this.lock, "one", 1, before);
		assertThat(join(store().renew(this.lock, "one", LONG))).isTrue();
		LeaseStore.Attempt second = acquire(this.lock, "two", 1, LONG);
		assertThat(second).isInstanceOfSatisfying(LeaseStore.Busy.class,
				(busy) -> assertThat(busy.remaining()).isGreaterThan(before));
	}

	@Test
	void aLeaseThatIsNotHeldCannotBeRenewed() {
		assertThat(join(store().renew(this.lock, "unknown", LONG))).isFalse();
		assertThat(join(store().renew(this.semaphore, "unknown", LONG))).isFalse();
		assertThat(exists(this.lock)).isFalse();
		assertThat(exists(this.semaphore)).isFalse();
	}

	@Test
	void aSemaphoreHasAsManyPermitsAsTheLimitOfTheClaim() {
		acquire(this.semaphore, "one", 2, LONG);
		acquire(this.semaphore, "two", 2, LONG);
		assertThat(acquire(this.semaphore, "three", 2, LONG)).isInstanceOf(LeaseStore.Busy.class);
		assertThat(acquire(this.semaphore, "three", 3, LONG)).isInstanceOf(LeaseStore.Acquired.class);
		release(this.semaphore, "one");
		assertThat(acquire(this.semaphore, "four", 1, LONG)).isInstanceOf(LeaseStore.Busy.class);
	}

	@Test
	void theLastPermitThatIsReleasedLeavesNothingBehind() {
		acquire(this.semaphore, "one", 2, LONG);
		acquire(this.semaphore, "two", 2, LONG);
		assertThat(release(this.semaphore, "one")).isEqualTo(LeaseStore.Release.RELEASED);
		assertThat(release(this.semaphore, "one")).isEqualTo(LeaseStore.Release.NOT_HELD);
		assertThat(release(this.semaphore, "two")).isEqualTo(LeaseStore.Release.RELEASED);
		assertThat(exists(this.semaphore)).isFalse();
	}

	@Test
	void aPermitThatIsNotRenewedExpiresWhileOthersLive() {
		acquire(this.semaphore, "short", 2, SHORT);
		acquire(this.semaphore, "long", 2, LONG);
		await().atMost(20, TimeUnit.SECONDS)
			.pollInterval(5, TimeUnit.MILLISECONDS)
			.until(() -> acquire(this.semaphore, "three", 2, LONG) instanceof LeaseStore.Acquired);
		assertThat(join(store().renew(this.semaphore, "short", LONG))).isFalse();
		assertThat(join(store().renew(this.semaphore, "long", LONG))).isTrue();
	}

	@Test
	void aBusySemaphoreReportsWhenTheFirstPermitExpires() {
		acquire(this.semaphore, "later", 2, LONG);
		acquire(this.semaphore, "sooner", 2, Duration.ofSeconds(10));
		assertThat(acquire(this.semaphore, "three", 2, LONG)).isInstanceOfSatisfying(LeaseStore.Busy.class,
				(busy) -> assertThat(busy.remaining()).isBetween(Duration.ofSeconds(5),
						Duration.ofSeconds(10).plusMillis(2)));
	}

	@Test
	void fencingTokensOnlyGrowAndLeaveRoomForHandOffs() {
		long last = 0;
		for (int i = 0; i < 20; i++) {
			String owner = "owner" + i;
			long token = token(acquire(this.lock, owner, true));
			assertThat(token).isGreaterThan(last + ((i > 0) ? LeaseStore.Acquired.RESERVED_TOKENS : 0));
			last = token;
			release(this.lock, owner);
		}
	}

	@Test
	void aClaimWithoutFencingGetsNoToken() {
		assertThat(token(acquire(this.lock, "one", 1, LONG))).isZero();
	}

	@Test
	void leavingAQueueIsAlwaysSafe() {
		join(store().leave(this.lock, false));
		join(store().leave(this.semaphore, true));
		assertThat(exists(this.lock)).isFalse();
	}

	protected final LeaseStore.Attempt acquire(LeaseKey key, String owner, int limit, Duration ttl) {
		return join(store().tryAcquire(new LeaseStore.Claim(key, owner, limit, ttl, false, LeaseStore.Queue.OUT)));
	}

	protected final LeaseStore.Attempt acquire(LeaseKey key, String owner, boolean fenced) {
		return join(store().tryAcquire(new LeaseStore.Claim(key, owner, 1, LONG, fenced, LeaseStore.Queue.OUT)));
	}

	protected final LeaseStore.Release release(LeaseKey key, String owner) {
		return join(store().release(key, owner, 0));
	}

	private boolean keep(String owner, Duration time) {
		return join(store().keep(this.lock, owner, time));
	}

	private static long token(LeaseStore.Attempt attempt) {
		return ((LeaseStore.Acquired) attempt).fencingToken();
	}

	protected static <T> T join(CompletionStage<T> stage) {
		return stage.toCompletableFuture().join();
	}

}
