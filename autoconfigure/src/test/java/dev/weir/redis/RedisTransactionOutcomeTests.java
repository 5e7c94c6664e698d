package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import dev.weir.transaction.AlreadyAppliedException;
import dev.weir.transaction.OptimisticLockException;
import dev.weir.transaction.OutcomeUnknownException;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.RedisTransactionOperations.Work;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.TransactionOutcome;
import dev.weir.transaction.TransactionRejectedException;
import dev.weir.transaction.TransactionTimeoutException;
import dev.weir.transaction.TransactionUnavailableException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests the outcomes of transactions on a real Redis: of those with an id, of those that
 * Redis refuses, and of those without blocking.
 */
@Timeout(60)
class RedisTransactionOutcomeTests extends RedisTransactionFixture {

	@Test
	void aTransactionWithAnIdIsAppliedOnce() {
		RedisTransactionOperations once = transactions.with(TransactionOptions.defaults().id("once"));
		assertThat(once.execute((tx) -> tx.increment("number", 1)).get()).isEqualTo(42);
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(AlreadyAppliedException.class)
				.isThrownBy(() -> once.execute((tx) -> tx.increment("number", 1)))
				.satisfies((ex) -> assertThat(ex.getId()).isEqualTo("once"));
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("42");
		assertThat(redis.server().number("PTTL", "test:%tx:once")).isBetween(1L, 60_000L);
		assertThat(transactions.outcome("once", "number")).isEqualTo(TransactionOutcome.APPLIED);
	}

	@Test
	void anotherExecutionCannotReadTheEarlierWrites() {
		RedisTransactionOperations once = transactions.with(TransactionOptions.defaults().id("paid"));
		Work<Boolean, IllegalCallerException> pay = (tx) -> {
			if (number(tx.get("number", Long.class)) < 41) {
				throw new IllegalCallerException("not paid");
			}
			tx.set("number", 0);
			return true;
		};
		assertThat(once.execute(pay)).isTrue();
		assertThatExceptionOfType(AlreadyAppliedException.class).isThrownBy(() -> once.execute(pay));
		assertThatExceptionOfType(AlreadyAppliedException.class)
			.isThrownBy(() -> once.executeWithoutResult((tx) -> tx.prefetch("number")));
		assertThat(redis.server().text("GET", "number")).isEqualTo("0");
	}

	@Test
	void anotherExecutionWithOtherCommandsFailsAsAppliedBefore() {
		RedisTransactionOperations once = transactions.with(TransactionOptions.defaults().id("other"));
		once.execute((tx) -> tx.increment("number", 1));
		assertThatExceptionOfType(AlreadyAppliedException.class).isThrownBy(() -> once.executeWithoutResult((tx) -> {
		}));
		assertThatExceptionOfType(AlreadyAppliedException.class)
			.isThrownBy(() -> once.execute((tx) -> tx.streamAdd("stream", Map.of("a", 1), 5)));
		assertThat(
				once.executeAsync((tx) -> tx.getAsync("number", Long.class)).handle((value, failure) -> failure).join())
			.isInstanceOf(AlreadyAppliedException.class);
		assertThat(redis.server().text("GET", "number")).isEqualTo("42");
	}

	@Test
	void anExecutionWithoutCommandsPreventsALaterOne() {
		RedisTransactionOperations once = transactions.with(TransactionOptions.defaults().id("nothing"));
		once.executeWithoutResult((tx) -> tx.get("number", Long.class));
		assertThatExceptionOfType(AlreadyAppliedException.class)
			.isThrownBy(() -> once.execute((tx) -> tx.increment("number", 1)));
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void aPartlyAppliedTransactionIsNeverReportedAsApplied() {
		// The checks do not cover a stream that has no ids left.
		redis.server().command("XADD", "stream", "18446744073709551615-18446744073709551615", "a", "1");
		RedisTransactionOperations once = transactions.with(TransactionOptions.defaults().id("torn"));
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(OutcomeUnknownException.class)
				.isThrownBy(() -> once.executeWithoutResult((tx) -> {
					tx.increment("number", 1);
					tx.streamAdd("stream", Map.of("a", 1), 5);
				}))
				.withMessageContaining("Only a part");
		}
		assertThat(transactions.outcome("torn", "number")).isEqualTo(TransactionOutcome.PARTLY_APPLIED);
		assertThat(transactions.outcome("torn", "number")).isEqualTo(TransactionOutcome.PARTLY_APPLIED);
		assertThat(redis.server().text("GET", "number")).isEqualTo("42");
	}

	@Test
	void aTransactionIsAbandonedIfItsOutcomeWasQueriedBefore() {
		assertThat(transactions.outcome("late", "number")).isEqualTo(TransactionOutcome.NOT_APPLIED);
		assertThatExceptionOfType(TransactionRejectedException.class)
			.isThrownBy(() -> transactions.with(TransactionOptions.defaults().id("late"))
				.executeWithoutResult((tx) -> tx.increment("number", 1)))
			.withMessageContaining("abandoned");
		assertThat(transactions.outcome("late", "number")).isEqualTo(TransactionOutcome.NOT_APPLIED);
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void aCallbackThatTakesTooLongWritesNothing() {
		assertThatExceptionOfType(TransactionTimeoutException.class).isThrownBy(
				() -> transactions.with(TransactionOptions.defaults().timeout(Duration.ofMillis(1))).execute((tx) -> {
					long begin = System.nanoTime();
					await().pollInterval(Duration.ofMillis(1)).until(() -> System.nanoTime() - begin > 2_000_000);
					return tx.increment("number", 1);
				}));
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void aRedisWithoutMemoryAppliesNothing() {
		Map<String, String> before = snapshot();
		redis.server().command("CONFIG", "SET", "maxmemory", "1");
		try {
			for (String id : List.of("", "with a marker")) {
				TransactionOptions options = id.isEmpty() ? TransactionOptions.defaults()
						: TransactionOptions.defaults().id(id);
				assertThatExceptionOfType(TransactionUnavailableException.class)
					.isThrownBy(() -> transactions.with(options).executeWithoutResult((tx) -> {
						for (int i = 0; i < 10; i++) {
							tx.set("key" + i, i);
						}
					}))
					.havingCause()
					.withMessageContaining("OOM");
			}
		}
		finally {
			redis.server().command("CONFIG", "SET", "maxmemory", "0");
		}
		assertThat(snapshot()).isEqualTo(before);
	}

	@Test
	void aTransactionThatBeginsWithADeletionIsWholeWithoutMemory() {
		redis.server().command("CONFIG", "SET", "maxmemory", "1");
		try {
			// Redis lets a script continue that has begun to write.
			transactions.executeWithoutResult((tx) -> {
				tx.delete("nothing");
				tx.set("key", 1);
			});
		}
		finally {
			redis.server().command("CONFIG", "SET", "maxmemory", "0");
		}
		assertThat(redis.server().text("GET", "key")).isEqualTo("1");
	}

	@Test
	void aMissingPermissionForTheLastCommandLeavesNothingApplied() {
		assumeThat(redis.server().text("INFO", "server")).as("Redis 6.2 cannot check permissions in advance")
			.doesNotContain("redis_version:6.");
		redis.server().command("ACL", "SETUSER", "default", "-hset");
		try {
			Map<String, String> before = snapshot();
			assertThatExceptionOfType(TransactionRejectedException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
					tx.set("number", 1);
					tx.hashPut("hash", "field", 1);
				}))
				.withMessageContaining("command 2 of 2, HSET")
				.withMessageContaining("may not");
			assertThat(snapshot()).isEqualTo(before);
		}
		finally {
			redis.server().command("ACL", "SETUSER", "default", "+hset");
		}
	}

	@Test
	void aReplicaAppliesNothing() {
		redis.server().command("REPLICAOF", "127.0.0.1", "1");
		try {
			assertThatExceptionOfType(TransactionUnavailableException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((tx) -> tx.set("number", 1)))
				.havingCause()
				.withMessageContaining("READONLY");
		}
		finally {
			redis.server().command("REPLICAOF", "NO", "ONE");
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void aMasterThatLacksReplicasAppliesNothing() {
		redis.server().command("CONFIG", "SET", "min-replicas-to-write", "1");
		try {
			assertThatExceptionOfType(TransactionUnavailableException.class)
				.isThrownBy(() -> transactions.with(TransactionOptions.defaults().id("lacks"))
					.executeWithoutResult((tx) -> tx.set("number", 1)))
				.havingCause()
				.withMessageContaining("NOREPLICAS");
		}
		finally {
			redis.server().command("CONFIG", "SET", "min-replicas-to-write", "0");
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void executesWithoutBlocking() throws Exception {
		AtomicInteger calls = new AtomicInteger();
		CompletableFuture<Long> result = transactions.with(TransactionOptions.defaults().retries(1))
			.executeAsync((tx) -> tx.getAsync("number", Long.class).thenApply((value) -> {
				if (calls.incrementAndGet() == 1) {
					redis.server().command("INCR", "number");
				}
				long next = number(value) + 1;
				tx.set("number", next);
				return next;
			}));
		assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(43);
		assertThat(redis.server().text("GET", "number")).isEqualTo("43");
		assertThat(transactions.executeAsync((tx) -> CompletableFuture.failedFuture(new IllegalCallerException()))
			.handle((value, failure) -> failure)
			.get(20, TimeUnit.SECONDS)).isInstanceOf(IllegalCallerException.class);
		assertThat(transactions.executeAsync((tx) -> {
			tx.setAdd("number", 1);
			return CompletableFuture.completedFuture(1);
		}).handle((value, failure) -> failure).get(20, TimeUnit.SECONDS))
			.isInstanceOf(TransactionRejectedException.class);
		assertThat(transactions.outcomeAsync("unknown", "number").get(20, TimeUnit.SECONDS))
			.isEqualTo(TransactionOutcome.NOT_APPLIED);
	}

	@Test
	void completesEveryOutcomeOnAThreadOfTheExecutor() throws Exception {
		AtomicReference<@Nullable Thread> last = new AtomicReference<>();
		RedisTransactionOperations own = TestTransactions.of(instance, (task) -> {
			Thread thread = new Thread(task, "own");
			last.set(thread);
			thread.start();
		});
		CompletableFuture<@Nullable Object> stage = new CompletableFuture<>();
		CompletableFuture<String> failed = own.executeAsync((tx) -> stage)
			.handle((value, failure) -> Thread.currentThread().getName());
		stage.completeExceptionally(new IllegalCallerException());
		assertThat(failed.get(20, TimeUnit.SECONDS)).isEqualTo("own");
		CompletableFuture<@Nullable Object> unblocked = new CompletableFuture<>();
		CompletableFuture<String> conflict = own
			.executeAsync((tx) -> tx.getAsync("number", Long.class).thenCompose((value) -> {
				redis.server().command("INCR", "number");
				tx.set("other", 1);
				return unblocked;
			}))
			.handle((value, failure) -> Thread.currentThread().getName());
		unblocked.complete(null);
		assertThat(conflict.get(20, TimeUnit.SECONDS)).isEqualTo("own");
	}

	@Test
	void completesEveryOutcomeAlsoWithoutAnExecutor() throws Exception {
		RedisTransactionOperations shutDown = TestTransactions.of(instance, (task) -> {
			throw new RejectedExecutionException();
		});
		shutDown.executeAsync((tx) -> {
			tx.increment("number", 1);
			return CompletableFuture.completedFuture(1);
		}).get(20, TimeUnit.SECONDS);
		assertThat(redis.server().text("GET", "number")).isEqualTo("42");
		assertThat(shutDown.outcomeAsync("unknown", "number").get(20, TimeUnit.SECONDS))
			.isEqualTo(TransactionOutcome.NOT_APPLIED);
		assertThat(shutDown.with(TransactionOptions.defaults().retries(3))
			.executeAsync((tx) -> tx.getAsync("number", Long.class).thenApply((value) -> {
				redis.server().command("INCR", "number");
				tx.set("other", 1);
				return 1;
			}))
			.handle((value, failure) -> failure)
			.get(20, TimeUnit.SECONDS)).isInstanceOf(OptimisticLockException.class);
	}

	@Test
	@SuppressWarnings("NullAway") // the test returns null
	void failsAnAsyncCallbackThatReturnsNull() throws Exception {
		assertThat(
				transactions.executeAsync((tx) -> null).handle((value, failure) -> failure).get(20, TimeUnit.SECONDS))
			.isInstanceOf(NullPointerException.class);
		AtomicInteger calls = new AtomicInteger();
		assertThat(transactions.with(TransactionOptions.defaults().retries(1))
			.executeAsync((tx) -> (calls.incrementAndGet() > 1) ? null
					: tx.getAsync("number", Long.class).thenApply((value) -> {
						redis.server().command("INCR", "number");
						tx.set("other", 1);
						return value;
					}))
			.handle((value, failure) -> failure)
			.get(20, TimeUnit.SECONDS)).isInstanceOf(NullPointerException.class);
	}

}
