package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import dev.weir.core.ForeignDataException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LeaseStoreContract;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link RedisLeaseStore} on a real Redis.
 */
class RedisLeaseStoreTests extends LeaseStoreContract {

	private static final LeaseKey LOCK = new LeaseKey(LeaseKind.LOCK, "test:lock");

	private static final LeaseKey SEMAPHORE = new LeaseKey(LeaseKind.SEMAPHORE, "test:semaphore");

	private static final Duration TTL = Duration.ofSeconds(30);

	private static TestRedis redis;

	private static TestRedis.Instance one;

	private static TestRedis.Instance two;

	private final BlockingQueue<LeaseKey> wakeUpsOfOne = new LinkedBlockingQueue<>();

	private final BlockingQueue<LeaseKey> wakeUpsOfTwo = new LinkedBlockingQueue<>();

	@BeforeAll
	static void connect() {
		redis = new TestRedis();
		one = redis.connect();
		two = redis.connect();
	}

	@AfterAll
	static void disconnect() {
		one.close();
		two.close();
		redis.close();
	}

	@BeforeEach
	void clean() {
		redis.server().command("FLUSHALL");
		one.store().onWakeUp(this.wakeUpsOfOne::add);
		two.store().onWakeUp(this.wakeUpsOfTwo::add);
	}

	@Override
	protected LeaseStore store() {
		return one.store();
	}

	@Override
	protected boolean exists(LeaseKey key) {
		return redis.server().number("EXISTS", key.value()) > 0;
	}

	@Test
	void aLockIsAPlainStringThatExpires() {
		acquire(LOCK, "owner", 1, TTL);
		assertThat(redis.server().text("GET", "test:lock")).isEqualTo("owner");
		assertThat(redis.server().number("PTTL", "test:lock")).isBetween(25_000L, 30_002L);
	}

	@Test
	void aPlaceNeverExpiresBeforeTheHoldersOwnDeadline() {
		Duration ttl = Duration.ofMillis(40);
		for (LeaseKey key : List.of(LOCK, SEMAPHORE)) {
			for (int round = 0; round < 20; round++) {
				long asked = System.nanoTime();
				acquire(key, "holder", 1, ttl);
				String other = "other";
				await().pollDelay(0, TimeUnit.MILLISECONDS)
					.pollInterval(100, TimeUnit.MICROSECONDS)
					.until(() -> acquire(key, other, 1, ttl) instanceof LeaseStore.Acquired);
				assertThat(Duration.ofNanos(System.nanoTime() - asked)).isGreaterThanOrEqualTo(ttl);
				release(key, other);
			}
		}
	}

	@Test
	void aPlainStringOfAnotherClientExcludesWeir() {
		redis.server().command("SET", "test:lock", "5b8a5c1e0b5c11ee8c99", "NX");
		assertThat(acquire(LOCK, "owner", 1, TTL)).isInstanceOfSatisfying(LeaseStore.Busy.class, (busy) -> {
			assertThat(busy.holder()).isNull();
			assertThat(busy.remaining()).isNull();
		});
	}

	@Test
	void aSemaphoreIsOneSortedSetThatExpiresWithItsLastPermit() {
		acquire(SEMAPHORE, "long", 2, TTL);
		acquire(SEMAPHORE, "short", 2, Duration.ofSeconds(5));
		assertThat(redis.server().number("ZCARD", "test:semaphore")).isEqualTo(2);
		assertThat(redis.server().number("PTTL", "test:semaphore")).isBetween(25_000L, 30_002L);
		assertThat(redis.server().number("DBSIZE")).isEqualTo(1);
	}

	@Test
	void aKeyOfAnotherTypeIsAnErrorAndNoOutage() {
		redis.server().command("HSET", "test:lock", "field", "value");
		assertThatThrownBy(() -> acquire(LOCK, "owner", 1, TTL)).isInstanceOf(CompletionException.class)
			.cause()
			.isInstanceOf(IllegalStateException.class)
			.hasMessageContaining("something else under this key");
		redis.server().command("SET", "test:semaphore", "text");
		assertThatThrownBy(() -> acquire(SEMAPHORE, "owner", 1, TTL)).cause().isInstanceOf(ForeignDataException.class);
	}

	@Test
	void scriptsAreLoadedAgainAfterAScriptFlush() {
		acquire(LOCK, "owner", 1, TTL);
		redis.server().command("SCRIPT", "FLUSH");
		assertThat(release(LOCK, "owner")).isEqualTo(LeaseStore.Release.RELEASED);
	}

	@Test
	void theTokenIsTheTimeOfRedisAndExpiresAfterAWhile() {
		LeaseStore.Acquired acquired = (LeaseStore.Acquired) acquire(LOCK, "owner", true);
		List<?> time = (List<?>) redis.server().command("TIME");
		long now = Long.parseLong(time.get(0).toString()) * 1_000_000 + Long.parseLong(time.get(1).toString());
		assertThat(acquired.fencingToken()).isBetween(now - 10_000_000, now);
		assertThat(redis.server().number("PTTL", "{test:lock}%fence")).isBetween(80_000L, 90_000L);
	}

	@Test
	void theTokenGrowsAfterTheClockOfRedisWasSetBack() {
		long token = ((LeaseStore.Acquired) acquire(LOCK, "first", true)).fencingToken();
		long future = token + 30_000_000;
		redis.server().command("SET", "{test:lock}%fence", Long.toString(future), "PX", "60000");
		release(LOCK, "first");
		assertThat(((LeaseStore.Acquired) acquire(LOCK, "second", true)).fencingToken()).isEqualTo(future + 1);
		release(LOCK, "second");
		assertThat(((LeaseStore.Acquired) acquire(LOCK, "third", true)).fencingToken())
			.isEqualTo(future + 1 + LeaseStore.Acquired.RESERVED_TOKENS + 1);
	}

	@Test
	void theTokenGrowsAcrossAFlush() {
		long token = ((LeaseStore.Acquired) acquire(LOCK, "first", true)).fencingToken();
		redis.server().command("FLUSHALL");
		assertThat(((LeaseStore.Acquired) acquire(LOCK, "second", true)).fencingToken()).isGreaterThan(token);
	}

	@Test
	void theReleaseWakesTheInstanceThatWaits() throws InterruptedException {
		acquire(LOCK, "holder", 1, TTL);
		assertThat(queue(two, LOCK, "waiter")).isInstanceOfSatisfying(LeaseStore.Busy.class,
				(busy) -> assertThat(busy.queued()).isTrue());
		assertThat(release(LOCK, "holder")).isEqualTo(LeaseStore.Release.HANDED_ON);
		assertThat(this.wakeUpsOfTwo.poll(20, TimeUnit.SECONDS)).isEqualTo(LOCK);
		assertThat(redis.server().number("DBSIZE")).isZero();
	}

	@Test
	void aSemaphoreWakesTheInstanceThatWaits() throws InterruptedException {
		acquire(SEMAPHORE, "holder", 1, TTL);
		queue(two, SEMAPHORE, "waiter");
		assertThat(release(SEMAPHORE, "holder")).isEqualTo(LeaseStore.Release.HANDED_ON);
		assertThat(this.wakeUpsOfTwo.poll(20, TimeUnit.SECONDS)).isEqualTo(SEMAPHORE);
	}

	@Test
	void wakesOnlyTheInstanceThatHasWaitedLongest() throws InterruptedException {
		acquire(LOCK, "holder", 1, TTL);
		queue(two, LOCK, "waits first");
		queue(one, LOCK, "waits second");
		queue(two, LOCK, "asks again and keeps its place");
		release(LOCK, "holder");
		assertThat(this.wakeUpsOfTwo.poll(20, TimeUnit.SECONDS)).isEqualTo(LOCK);
		assertThat(this.wakeUpsOfOne).isEmpty();
		assertThat(redis.server().number("ZCARD", "{test:lock}%waiters")).isEqualTo(1);
	}

	@Test
	void skipsAnInstanceThatIsGone() throws InterruptedException {
		acquire(LOCK, "holder", 1, TTL);
		redis.server().command("ZADD", "{test:lock}%waiters", "1", "test:wake:crashed");
		queue(two, LOCK, "waiter");
		assertThat(release(LOCK, "holder")).isEqualTo(LeaseStore.Release.HANDED_ON);
		assertThat(this.wakeUpsOfTwo.poll(20, TimeUnit.SECONDS)).isEqualTo(LOCK);
	}

	@Test
	void anInstanceThatTakesTheLockLeavesTheQueue() {
		acquire(LOCK, "holder", 1, TTL);
		queue(two, LOCK, "waiter");
		redis.server().command("DEL", "test:lock");
		assertThat(queue(two, LOCK, "waiter")).isInstanceOf(LeaseStore.Acquired.class);
		assertThat(redis.server().number("EXISTS", "{test:lock}%waiters")).isZero();
	}

	@Test
	void anInstanceThatLeavesTheQueuePassesItsWakeUpOn() throws InterruptedException {
		acquire(LOCK, "holder", 1, TTL);
		queue(two, LOCK, "waits first");
		queue(one, LOCK, "waits second");
		release(LOCK, "holder");
		assertThat(this.wakeUpsOfTwo.poll(20, TimeUnit.SECONDS)).isEqualTo(LOCK);
		join(two.store().leave(LOCK, false));
		assertThat(this.wakeUpsOfOne.poll(20, TimeUnit.SECONDS)).isEqualTo(LOCK);
	}

	@Test
	void anInstanceThatHasEnteredTheQueueAgainPassesItsWakeUpOn() throws InterruptedException {
		acquire(LOCK, "holder", 1, TTL);
		queue(two, LOCK, "waits first");
		queue(one, LOCK, "waits second");
		release(LOCK, "holder");
		assertThat(this.wakeUpsOfTwo.poll(20, TimeUnit.SECONDS)).isEqualTo(LOCK);
		acquire(LOCK, "another", 1, TTL);
		queue(two, LOCK, "waits again");
		join(two.store().leave(LOCK, true));
		assertThat(this.wakeUpsOfOne.poll(20, TimeUnit.SECONDS)).isEqualTo(LOCK);
		assertThat(redis.server().number("EXISTS", "{test:lock}%waiters")).isZero();
	}

	@Test
	void anInstanceThatCouldNotUseThePlaceKeepsItsPosition() throws InterruptedException {
		acquire(SEMAPHORE, "a", 2, TTL);
		acquire(SEMAPHORE, "b", 2, TTL);
		queue(two, SEMAPHORE, "limit 1", 1);
		queue(one, SEMAPHORE, "limit 2", 2);
		release(SEMAPHORE, "a");
		assertThat(this.wakeUpsOfOne.poll(20, TimeUnit.SECONDS)).isEqualTo(SEMAPHORE);
		queue(one, SEMAPHORE, "limit 2", 2);
		release(SEMAPHORE, "b");
		assertThat(this.wakeUpsOfTwo).isEmpty();
		release(SEMAPHORE, "limit 2");
		assertThat(this.wakeUpsOfTwo.poll(20, TimeUnit.SECONDS)).isEqualTo(SEMAPHORE);
	}

	@Test
	void anExpiredPermitDoesNotKeepAnInstanceFromBeingWoken() throws InterruptedException {
		acquire(SEMAPHORE, "a", 2, TTL);
		acquire(SEMAPHORE, "crashed", 2, TTL);
		queue(two, SEMAPHORE, "limit 1", 1);
		redis.server().command("ZADD", "test:semaphore", "1", "crashed");
		release(SEMAPHORE, "a");
		assertThat(this.wakeUpsOfTwo.poll(20, TimeUnit.SECONDS)).isEqualTo(SEMAPHORE);
	}

	@Test
	void theReleaseCanQueueTheInstanceThatReleases() throws InterruptedException {
		acquire(LOCK, "holder", 1, TTL);
		queue(one, LOCK, "makes the instance subscribe");
		join(one.store().leave(LOCK, false));
		queue(two, LOCK, "waiter");
		assertThat(join(one.store().release(LOCK, "holder", 1))).isEqualTo(LeaseStore.Release.HANDED_ON_AND_QUEUED);
		assertThat(this.wakeUpsOfTwo.poll(20, TimeUnit.SECONDS)).isEqualTo(LOCK);
		assertThat(redis.server().number("ZCARD", "{test:lock}%waiters")).isEqualTo(1);
	}

	@Test
	void theQueueOfCrashedInstancesDisappears() {
		acquire(LOCK, "holder", 1, TTL);
		queue(two, LOCK, "waiter");
		assertThat(redis.server().number("PTTL", "{test:lock}%waiters")).isBetween(1L, 5_000L);
	}

	@Test
	void keysWithAHashTagKeepTheirSlot() {
		LeaseKey tagged = new LeaseKey(LeaseKind.LOCK, "order:{eu}:7");
		join(one.store().tryAcquire(new LeaseStore.Claim(tagged, "owner", 1, TTL, true, LeaseStore.Queue.OUT)));
		assertThat(redis.server().command("KEYS", "*")).asInstanceOf(InstanceOfAssertFactories.list(Object.class))
			.map(Object::toString)
			.containsExactlyInAnyOrder("order:{eu}:7", "order:{eu}:7%fence");
	}

	@Test
	void queuesAndTokensNeverHaveTheKeyOfAnotherLease() {
		for (String text : List.of("order:7", "{eu}order:7")) {
			LeaseKey key = new LeaseKey(LeaseKind.LOCK, text);
			// Values of users are escaped in names, so they contain no bare percent sign.
			assertThat(RedisKeys.waiters(key)).contains("%waiters");
			assertThat(RedisKeys.fence(key)).contains("%fence");
		}
	}

	@Test
	void aFreeLockCostsTwoScriptCallsAndNoPublish() {
		acquire(LOCK, "warm up", true);
		release(LOCK, "warm up");
		List<LeaseKey> keys = new ArrayList<>(List.of(LOCK, SEMAPHORE));
		for (LeaseKey key : keys) {
			redis.resetCommandCounts();
			queue(one, key, "owner");
			release(key, "owner");
			long scripts = redis.scriptCalls();
			// The first use of a script loads it.
			redis.resetCommandCounts();
			queue(one, key, "owner");
			release(key, "owner");
			assertThat(scripts).isGreaterThanOrEqualTo(2);
			assertThat(redis.scriptCalls()).isEqualTo(2);
			assertThat(redis.commandCalls("publish")).isZero();
		}
	}

	private static LeaseStore.Attempt queue(TestRedis.Instance instance, LeaseKey key, String owner) {
		return queue(instance, key, owner, 1);
	}

	private static LeaseStore.Attempt queue(TestRedis.Instance instance, LeaseKey key, String owner, int limit) {
		return join(
				instance.store().tryAcquire(new LeaseStore.Claim(key, owner, limit, TTL, false, LeaseStore.Queue.IN)));
	}

}
