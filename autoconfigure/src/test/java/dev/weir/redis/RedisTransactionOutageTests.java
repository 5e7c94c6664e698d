package dev.weir.redis;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import dev.weir.embeddedredis.RedisCluster;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseManager;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseSettings;
import dev.weir.transaction.OutcomeUnknownException;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.TransactionOutcome;
import dev.weir.transaction.TransactionRejectedException;
import dev.weir.transaction.TransactionUnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.redisson.config.Config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Transactions when Redis does not answer, and on a cluster.
 */
@Timeout(90)
class RedisTransactionOutageTests {

	private static final Duration TIMEOUT = Duration.ofMillis(300);

	@Test
	void withoutAnAnswerTheOutcomeIsUnknownAndTheMarkerTellsTheTruthAfterwards() {
		try (TestRedis redis = new TestRedis();
				TestRedis.Instance impatient = redis.connect(TIMEOUT);
				TestRedis.Instance other = redis.connect()) {
			RedisTransactionOperations transactions = TestTransactions.of(impatient);
			RedisTransactionOperations asking = TestTransactions.of(other);
			await().ignoreExceptions().untilAsserted(() -> transactions.executeWithoutResult((tx) -> tx.set("n", 0)));
			Set<TransactionOutcome> seen = new HashSet<>();
			int applied = 0;
			for (int i = 0; i < 3; i++) {
				String id = "tx" + i;
				redis.server().pause();
				try {
					assertThatExceptionOfType(OutcomeUnknownException.class)
						.isThrownBy(() -> transactions.with(TransactionOptions.defaults().id(id))
							.executeWithoutResult((tx) -> tx.increment("n", 1)))
						.satisfies((ex) -> assertThat(ex.getId()).isEqualTo(id));
				}
				finally {
					redis.server().resume();
				}
				// Whoever of the two comes first: what is said stays true.
				TransactionOutcome outcome = asking.outcome(id, "n");
				applied += (outcome == TransactionOutcome.APPLIED) ? 1 : 0;
				seen.add(outcome);
				await().ignoreExceptions()
					.untilAsserted(() -> assertThat(transactions.outcome(id, "n")).isEqualTo(outcome));
				assertThat(redis.server().text("GET", "n")).isEqualTo(Integer.toString(applied));
			}
			assertThat(seen).isNotEmpty();
		}
	}

	@Test
	void aTransactionWithAnIdIsAppliedOnceHoweverOftenItIsTried() {
		try (TestRedis redis = new TestRedis(); TestRedis.Instance instance = redis.connect(TIMEOUT)) {
			RedisTransactionOperations transactions = TestTransactions.of(instance);
			await().ignoreExceptions().untilAsserted(() -> transactions.executeWithoutResult((tx) -> tx.set("n", 0)));
			for (int i = 1; i <= 2; i++) {
				RedisTransactionOperations once = transactions.with(TransactionOptions.defaults().id("tx" + i));
				redis.server().pause();
				try {
					assertThatExceptionOfType(OutcomeUnknownException.class)
						.isThrownBy(() -> once.executeWithoutResult((tx) -> tx.increment("n", 1)));
				}
				finally {
					redis.server().resume();
				}
				await().ignoreExceptions().untilAsserted(() -> once.executeWithoutResult((tx) -> tx.increment("n", 1)));
				assertThat(redis.server().text("GET", "n")).isEqualTo(Integer.toString(i));
			}
		}
	}

	@Test
	void whenNothingWasSentTheOutcomeIsKnown() {
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
						return instance.scripts().isCircuitOpen();
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
	void inAClusterAllKeysNeedOneSlot() {
		try (RedisCluster cluster = RedisCluster.start()) {
			Config config = new Config();
			cluster.nodes().forEach((node) -> config.useClusterServers().addNodeAddress(node.uri()));
			config.useClusterServers().setRetryAttempts(0);
			try (TestRedis.Instance instance = TestRedis.connect(config, TestRedis.PATIENCE);
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
					for (int i = 0; i < 2; i++) {
						once.executeWithoutResult((tx) -> {
							tx.fencedBy(lease);
							tx.increment("a{1}", 1);
							tx.increment("b{1}", 1);
							tx.publish("channel", "message");
						});
					}
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
