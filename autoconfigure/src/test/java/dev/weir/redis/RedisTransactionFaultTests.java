package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.weir.core.StoreUnavailableException;
import dev.weir.embeddedredis.FaultyNetwork;
import dev.weir.embeddedredis.RedisCluster;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.transaction.AlreadyAppliedException;
import dev.weir.transaction.OutcomeUnknownException;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.RedisTransactionOperations.Work;
import dev.weir.transaction.RedisTransactionOperations.WorkWithoutResult;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.TransactionOutcome;
import dev.weir.transaction.TransactionRejectedException;
import dev.weir.transaction.TransactionUnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.RedissonShutdownException;
import org.redisson.client.RedisConnectionException;
import org.redisson.client.RedisException;
import org.redisson.client.RedisTimeoutException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests transactions when Redis does not answer, and on a cluster.
 */
@Timeout(90)
class RedisTransactionFaultTests {

	private static final Duration TIMEOUT = Duration.ofMillis(300);

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void withoutAnAnswerTheMarkerHoldsTheOutcome(boolean arrives) throws Exception {
		try (TestRedis redis = new TestRedis();
				FaultyNetwork proxy = FaultyNetwork.start(redis.server().port());
				TestRedis.Instance impatient = TestRedis.connect(through(proxy), TIMEOUT);
				TestRedis.Instance other = redis.connect()) {
			RedisTransactionOperations transactions = TestTransactions.of(impatient);
			RedisTransactionOperations asking = TestTransactions.of(other);
			await().ignoreExceptions().untilAsserted(() -> transactions.executeWithoutResult((tx) -> tx.set("n", 0)));
			if (arrives) {
				proxy.dropAnswers();
			}
			else {
				proxy.holdCommands();
			}
			RedisTransactionOperations once = transactions.with(TransactionOptions.defaults().id("tx"));
			assertThatExceptionOfType(OutcomeUnknownException.class)
				.isThrownBy(() -> once.executeWithoutResult((tx) -> tx.increment("n", 1)))
				.satisfies((ex) -> assertThat(ex.getId()).isEqualTo("tx"));
			TransactionOutcome outcome = asking.outcome("tx", "n");
			assertThat(outcome).isEqualTo(arrives ? TransactionOutcome.APPLIED : TransactionOutcome.NOT_APPLIED);
			// The held commands arrive now, in the same order. The outcome must not
			// change.
			proxy.letCommandsGo();
			proxy.cutWhatLacksAnswers();
			await().ignoreExceptions()
				.untilAsserted(() -> assertThat(transactions.outcome("tx", "n")).isEqualTo(outcome));
			assertThat(redis.server().text("GET", "n")).isEqualTo(arrives ? "1" : "0");
		}
	}

	@Test
	void anotherExecutionWithTheSameIdReportsThatItWasApplied() throws Exception {
		try (TestRedis redis = new TestRedis();
				FaultyNetwork proxy = FaultyNetwork.start(redis.server().port());
				TestRedis.Instance instance = TestRedis.connect(through(proxy), TIMEOUT)) {
			RedisTransactionOperations transactions = TestTransactions.of(instance);
			await().ignoreExceptions()
				.untilAsserted(() -> transactions.executeWithoutResult((tx) -> tx.set("balance", 100)));
			RedisTransactionOperations once = transactions.with(TransactionOptions.defaults().id("order"));
			AtomicBoolean sent = new AtomicBoolean();
			Work<Boolean, RuntimeException> pay = (tx) -> {
				Long balance = tx.get("balance", Long.class);
				if (balance == null || balance < 100) {
					return false;
				}
				if (sent.compareAndSet(false, true)) {
					proxy.dropAnswers();
				}
				tx.set("balance", balance - 100);
				return true;
			};
			assertThatExceptionOfType(OutcomeUnknownException.class).isThrownBy(() -> once.execute(pay));
			proxy.cutWhatLacksAnswers();
			await().ignoreExceptionsInstanceOf(TransactionUnavailableException.class)
				.untilAsserted(() -> assertThatExceptionOfType(AlreadyAppliedException.class)
					.isThrownBy(() -> once.execute(pay)));
			assertThat(redis.server().text("GET", "balance")).isEqualTo("0");
		}
	}

	@Test
	void onlyAnErrorBeforeAnyEffectIsARefusal() {
		for (String refusal : List.of("OOM command not allowed when used memory > 'maxmemory'.",
				"LOADING Redis is loading", "BUSY Redis is busy running a script.",
				"READONLY You can't write against a read only replica.",
				"ERR Error running script (call to f_0a): @user_script:3: @user_script: 3: -NOREPLICAS Not enough",
				"MISCONF Errors writing to the AOF file")) {
			assertThat(isRefusal(new RedisException(refusal))).as(refusal).isTrue();
		}
		for (RuntimeException failure : List.of(new RedissonShutdownException("Redisson is shutdown"),
				new RedisException("Unexpected exception"), new RedisTimeoutException("No answer, params: [OOM]"),
				new RedisConnectionException("Unable to send"), new RedisException("ERR BUSYGROUP exists"))) {
			assertThat(isRefusal(failure)).as(failure.toString()).isFalse();
		}
	}

	private static boolean isRefusal(RuntimeException failure) {
		return RedisFailures.translate(failure) instanceof StoreUnavailableException unavailable
				&& !unavailable.wasAsked();
	}

	private static RedisAddress through(FaultyNetwork proxy) {
		return RedisAddress.of(proxy.port()).overOneConnection();
	}

	@Test
	void theOutcomeIsKnownWhenNothingWasSent() {
		try (TestRedis redis = new TestRedis(); TestRedis.Instance instance = redis.connect(TIMEOUT)) {
			RedisTransactionOperations transactions = TestTransactions.of(instance);
			await().ignoreExceptions().untilAsserted(() -> transactions.executeWithoutResult((tx) -> tx.set("n", 0)));
			redis.server().pause();
			try {
				assertThatExceptionOfType(TransactionUnavailableException.class)
					.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
						tx.get("n", Long.class);
						tx.increment("n", 1);
					}));
				await().until(() -> {
					try {
						transactions.executeWithoutResult((tx) -> tx.increment("m", 1));
						return false;
					}
					catch (OutcomeUnknownException ex) {
						return instance.scripts().isAway("key");
					}
					catch (TransactionUnavailableException ex) {
						return true;
					}
				});
				assertThatExceptionOfType(TransactionUnavailableException.class)
					.isThrownBy(() -> transactions.executeWithoutResult((tx) -> tx.get("n", Long.class)));
			}
			finally {
				redis.server().resume();
			}
		}
	}

	@Test
	void allKeysMustBeInOneSlotOfACluster() {
		try (RedisCluster cluster = RedisCluster.start()) {
			try (TestRedis.Instance instance = TestRedis.connect(RedisAddress.of(cluster), TestRedis.PATIENCE);
					LeaseManager manager = new LeaseManager(instance.store(),
							new LeaseSettings(Duration.ofSeconds(30), "test", "1"), instance.executor())) {
				instance.scripts().ping().toCompletableFuture().join();
				RedisTransactionOperations transactions = TestTransactions.of(instance);
				assertThatExceptionOfType(TransactionRejectedException.class)
					.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
						tx.set("a", 1);
						tx.set("b", 1);
					}))
					.withMessageContaining("hash tag");
				assertThatExceptionOfType(TransactionRejectedException.class)
					.isThrownBy(() -> transactions.executeWithoutResult((tx) -> tx.prefetch("a", "b")));
				for (String key : List.of("a", "b")) {
					assertThat(cluster.nodeOf(key).number("EXISTS", key)).isZero();
				}
				try (Lease lease = manager.acquire(new LeaseRequest("fence", new LeaseKey(LeaseKind.LOCK, "fence:{1}"),
						1, null, Duration.ZERO, false, "test"))) {
					RedisTransactionOperations once = transactions.with(TransactionOptions.defaults().id("once"));
					WorkWithoutResult<RuntimeException> work = (tx) -> {
						tx.get("a{1}", Long.class);
						tx.fencedBy(lease);
						tx.increment("a{1}", 1);
						tx.increment("b{1}", 1);
						tx.publish("channel", "message");
					};
					once.executeWithoutResult(work);
					assertThatExceptionOfType(AlreadyAppliedException.class)
						.isThrownBy(() -> once.executeWithoutResult(work));
					assertThatExceptionOfType(TransactionRejectedException.class)
						.isThrownBy(() -> transactions.with(TransactionOptions.defaults().id("lost"))
							.executeWithoutResult((tx) -> tx.publish("channel", "message")))
						.withMessageContaining("no key");
					assertThatExceptionOfType(TransactionRejectedException.class)
						.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
							tx.fencedBy(lease);
							tx.increment("c{2}", 1);
						}))
						.withMessageContaining("leases included");
				}
				assertThat(cluster.nodeOf("{1}").text("GET", "a{1}")).isEqualTo("1");
				assertThat(cluster.nodeOf("{1}").text("GET", "b{1}")).isEqualTo("1");
				assertThat(transactions.outcome("once", "b{1}")).isEqualTo(TransactionOutcome.APPLIED);
			}
		}
	}

}
