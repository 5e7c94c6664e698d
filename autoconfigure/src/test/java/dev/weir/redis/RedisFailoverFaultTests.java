package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import dev.weir.core.OnUnavailable;
import dev.weir.embeddedredis.RedisSentinel;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.OnLost;
import dev.weir.lease.engine.LeaseGuard;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.spring.SpringTransactions;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests the events that no lock on Redis survives: a failover to a replica that lacks the
 * write, and a flush. Two instances hold the lock at the same time until the first one
 * detects the loss.
 */
@Timeout(90)
class RedisFailoverFaultTests {

	/** Long enough for a failover while the lease lives. */
	private static final Duration TTL = Duration.ofSeconds(20);

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.LOCK, "failover");

	@Test
	void theOldHolderDetectsALossByFailoverAndDoesNotCommit() {
		try (RedisSentinel sentinel = RedisSentinel.start();
				TestRedis.Instance one = connect(sentinel);
				TestRedis.Instance two = connect(sentinel)) {
			assertThatTheOldHolderLosesWhen(one, two, TTL, () -> {
				RedisServer replica = sentinel.replica();
				await().atMost(20, TimeUnit.SECONDS).until(() -> replica.number("EXISTS", KEY.value()) == 1);
				// The replica is now in the state in which the write has not reached it.
				replica.command("CONFIG", "SET", "replica-read-only", "no");
				replica.command("DEL", KEY.value(), "{" + KEY.value() + "}%fence");
				sentinel.master().kill();
			});
		}
	}

	@Test
	void theOldHolderDetectsALossByFlushAtItsNextRenewalAndDoesNotCommit() {
		try (TestRedis redis = new TestRedis();
				TestRedis.Instance one = redis.connect();
				TestRedis.Instance two = redis.connect()) {
			assertThatTheOldHolderLosesWhen(one, two, Duration.ofSeconds(4), () -> redis.server().command("FLUSHALL"))
				// The renewal detects the loss, not the end of the time to live.
				.withMessageContaining("the store no longer knows this holder");
		}
	}

	private static ThrowableAssertAlternative<LeaseLostException> assertThatTheOldHolderLosesWhen(
			TestRedis.Instance one, TestRedis.Instance two, Duration ttl, Runnable disaster) {
		RecordingTransactionManager transactions = new RecordingTransactionManager();
		AtomicReference<Lease> newHolder = new AtomicReference<>();
		try (LeaseManager here = manager(one, ttl); LeaseManager elsewhere = manager(two, ttl)) {
			LeaseTemplate template = new LeaseTemplate(here, new SpringTransactions());
			ThrowableAssertAlternative<LeaseLostException> lost = assertThatExceptionOfType(LeaseLostException.class)
				.isThrownBy(() -> new TransactionTemplate(transactions).executeWithoutResult((status) -> {
					Lease old = template.call(new LeaseGuard(request(), OnUnavailable.FAIL, OnLost.FAIL),
							() -> Lease.current().orElseThrow());
					// The call has returned, and its lease is kept for the commit.
					assertThat(old.isValid()).isTrue();
					disaster.run();
					newHolder.set(acquire(elsewhere));
					assertThat(newHolder.get().fencingToken()).isGreaterThan(old.fencingToken());
					assertThatOnlyTheNewHolderWrites(one, old, two, newHolder.get());
					await().atMost(ttl.multipliedBy(2)).until(() -> !old.isValid());
					assertThat(newHolder.get().isValid()).isTrue();
				}))
				.satisfies((ex) -> assertThat(transactions.events).containsExactly("rollback"));
			assertThat(newHolder.get().isValid()).isTrue();
			newHolder.get().close();
			return lost;
		}
	}

	private static void assertThatOnlyTheNewHolderWrites(TestRedis.Instance one, Lease old, TestRedis.Instance two,
			Lease current) {
		RedisTransactionOperations here = TestTransactions.of(one);
		RedisTransactionOperations elsewhere = TestTransactions.of(two);
		// A client gets no answer until it has found the new master.
		await().atMost(40, TimeUnit.SECONDS).ignoreExceptions().until(() -> {
			elsewhere.executeWithoutResult((tx) -> {
				tx.fencedBy(current);
				tx.set("written-by", "new holder");
			});
			return true;
		});
		await().atMost(40, TimeUnit.SECONDS)
			.untilAsserted(() -> assertThatExceptionOfType(LeaseLostException.class)
				.isThrownBy(() -> here.executeWithoutResult((tx) -> {
					tx.fencedBy(old);
					tx.set("written-by", "old holder");
				})));
		String writtenBy = elsewhere.execute((tx) -> tx.get("written-by", String.class));
		assertThat(writtenBy).isEqualTo("new holder");
	}

	private static Lease acquire(LeaseManager manager) {
		AtomicReference<Lease> lease = new AtomicReference<>();
		await().atMost(40, TimeUnit.SECONDS)
			.ignoreExceptionsMatching(
					(ex) -> ex instanceof LeaseUnavailableException || ex instanceof LeaseBusyException)
			.until(() -> {
				lease.set(manager.acquire(request()));
				return true;
			});
		return lease.get();
	}

	private static LeaseManager manager(TestRedis.Instance instance, Duration ttl) {
		return new LeaseManager(instance.store(), new LeaseSettings(ttl, "test", "1"), instance.executor());
	}

	private static LeaseRequest request() {
		return new LeaseRequest("failover", KEY, 1, null, Duration.ZERO, true, "test");
	}

	private static TestRedis.Instance connect(RedisSentinel sentinel) {
		return TestRedis.connect(RedisAddress.of(sentinel), Duration.ofSeconds(3));
	}

	/**
	 * Records how transactions end.
	 */
	@SuppressWarnings("serial")
	private static final class RecordingTransactionManager extends AbstractPlatformTransactionManager {

		private final transient List<String> events = new ArrayList<>();

		@Override
		protected Object doGetTransaction() {
			return new Object();
		}

		@Override
		protected void doBegin(Object transaction, TransactionDefinition definition) {
			// nothing to do
		}

		@Override
		protected void doCommit(DefaultTransactionStatus status) {
			this.events.add("commit");
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
			this.events.add("rollback");
		}

	}

}
