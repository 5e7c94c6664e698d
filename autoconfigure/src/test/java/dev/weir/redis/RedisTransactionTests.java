package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.transaction.AlreadyAppliedException;
import dev.weir.transaction.OptimisticLockException;
import dev.weir.transaction.OutcomeUnknownException;
import dev.weir.transaction.Pending;
import dev.weir.transaction.RedisTransaction;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.RedisTransactionOperations.Work;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.TransactionOutcome;
import dev.weir.transaction.TransactionRejectedException;
import dev.weir.transaction.TransactionTimeoutException;
import dev.weir.transaction.TransactionUnavailableException;
import dev.weir.transaction.spring.SpringValueSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.data.redis.serializer.RedisSerializer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Transactions on a real Redis that answers.
 */
@Timeout(60)
class RedisTransactionTests {

	private static final LeaseSettings SETTINGS = new LeaseSettings(Duration.ofSeconds(30), "test", "1");

	private static TestRedis redis;

	private static TestRedis.Instance instance;

	private static RedisTransactionOperations transactions;

	@BeforeAll
	static void connect() {
		redis = new TestRedis();
		instance = redis.connect();
		transactions = TestTransactions.of(instance);
		// Scripts are loaded when they are first needed.
		transactions.executeWithoutResult((tx) -> tx.set("text", tx.get("text", String.class) + ""));
	}

	@AfterAll
	static void disconnect() {
		instance.close();
		redis.close();
	}

	@BeforeEach
	void clean() {
		redis.server().command("FLUSHALL");
		redis.server().command("SET", "text", "\"hello\"");
		redis.server().command("SET", "number", "41");
		redis.server().command("HSET", "hash", "field", "\"old\"", "count", "7");
		redis.server().command("RPUSH", "list", "1", "2", "3");
		redis.server().command("SADD", "set", "1", "2");
		redis.server().command("ZADD", "zset", "1", "1", "2", "2");
		redis.resetCommandCounts();
	}

	@Test
	void everyKindOfWriteIsApplied() {
		List<Pending<?>> answers = transactions.execute((tx) -> {
			tx.set("new", List.of("a", 1));
			tx.set("short", "lived", Duration.ofMinutes(1));
			Pending<Boolean> absent = tx.setIfAbsent("absent", 1, Duration.ofMinutes(1));
			Pending<Boolean> present = tx.setIfAbsent("list", 1);
			Pending<Boolean> deleted = tx.delete("text");
			Pending<Boolean> nothing = tx.delete("nothing");
			Pending<Boolean> expires = tx.expire("hash", Duration.ofMinutes(1));
			Pending<Long> sum = tx.increment("number", 1);
			tx.hashPut("hash", "field", "new");
			tx.hashPutAll("hash", Map.of("more", 2));
			Pending<Long> count = tx.hashIncrement("hash", "count", -10);
			tx.setAdd("set", 2, 3);
			tx.setRemove("set", 1);
			tx.sortedSetAdd("zset", 3, 0.5);
			tx.sortedSetAdd("zset", 4, Double.POSITIVE_INFINITY);
			tx.sortedSetRemove("zset", 1);
			tx.sortedSetRemoveByScore("zset", 2, 2);
			tx.listPushLeft("list", 0);
			tx.listPushRight("list", 4, 5);
			tx.listTrim("list", 1, 4);
			Pending<String> id = tx.streamAdd("stream", Map.of("field", "value"), 10);
			assertThatIllegalStateException().isThrownBy(sum::get).withMessageContaining("not yet");
			return List.of(absent, present, deleted, nothing, expires, sum, count, id);
		});
		assertThat(answers.subList(0, 7)).extracting((answer) -> (Object) answer.get())
			.containsExactly(true, false, true, false, true, 42L, -3L);
		assertThat(redis.server().text("GET", "new")).isEqualTo("[\"a\",1]");
		assertThat(redis.server().text("GET", "short")).isEqualTo("\"lived\"");
		assertThat(redis.server().number("PTTL", "short")).isBetween(1L, 60_000L);
		assertThat(redis.server().number("PTTL", "absent")).isBetween(1L, 60_000L);
		assertThat(redis.server().number("PTTL", "hash")).isBetween(1L, 60_000L);
		assertThat(redis.server().number("EXISTS", "text")).isZero();
		assertThat(redis.server().text("HGET", "hash", "field")).isEqualTo("\"new\"");
		assertThat(redis.server().text("HGET", "hash", "more")).isEqualTo("2");
		assertThat(strings("SMEMBERS", "set")).containsExactlyInAnyOrder("2", "3");
		assertThat(strings("ZRANGE", "zset", "0", "-1")).containsExactly("3", "4");
		assertThat(strings("LRANGE", "list", "0", "-1")).containsExactly("1", "2", "3", "4");
		assertThat(redis.server().list("XRANGE", "stream", "-", "+").toString())
			.contains(answers.get(7).get().toString());
	}

	@Test
	void aMessageGoesOutWhenEverythingIsWritten() throws Exception {
		CompletableFuture<String> seen = new CompletableFuture<>();
		var redisson = instance.source().connect();
		redisson.getTopic("channel", org.redisson.client.codec.StringCodec.INSTANCE)
			.addListener(String.class, (channel, message) -> seen.complete(message));
		transactions.executeWithoutResult((tx) -> {
			tx.publish("channel", "written");
			tx.set("after", 1);
		});
		assertThat(seen.get(20, TimeUnit.SECONDS)).isEqualTo("\"written\"");
		Map<String, String> before = snapshot();
		assertThatExceptionOfType(TransactionRejectedException.class)
			.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
				tx.publish("channel", "not written");
				tx.setAdd("list", 1);
			}));
		assertThat(snapshot()).isEqualTo(before);
		redisson.getTopic("channel").removeAllListeners();
	}

	@Test
	void anExceptionSendsNothing() {
		assertThatExceptionOfType(IllegalCallerException.class)
			.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
				tx.set("text", "other");
				throw new IllegalCallerException();
			}));
		assertThat(redis.scriptCalls()).isZero();
		assertThat(redis.server().text("GET", "text")).isEqualTo("\"hello\"");
	}

	@Test
	void aWrongTypeInTheSeventhOfTenCommandsLeavesNothingApplied() {
		Map<String, String> before = snapshot();
		assertThatExceptionOfType(TransactionRejectedException.class)
			.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
				for (int i = 1; i <= 10; i++) {
					if (i == 7) {
						tx.hashPut("text", "field", i);
					}
					else {
						tx.set("key" + i, i);
					}
				}
			}))
			.withMessage("Nothing was written: command 7 of 10, HSET, cannot be applied: the key holds a string, "
					+ "not a hash");
		assertThat(snapshot()).isEqualTo(before);
	}

	static Stream<Arguments> impossible() {
		return Stream.of(impossible("a text that is counted", (tx) -> tx.increment("text", 1), "no integer"),
				impossible("a counter that is too large", (tx) -> tx.increment("number", (1L << 53) - 1), "2^53"),
				impossible("a list that is counted", (tx) -> tx.increment("list", 1), "holds a list, not a string"),
				impossible("a field that is no number", (tx) -> tx.hashIncrement("hash", "field", 1), "no integer"),
				impossible("a set as a hash", (tx) -> tx.hashDelete("set", "field"), "holds a set, not a hash"),
				impossible("a hash as a set", (tx) -> tx.setRemove("hash", 1), "holds a hash, not a set"),
				impossible("a text as a sorted set", (tx) -> tx.sortedSetAdd("text", 1, 1), "not a zset"),
				impossible("a text as a list", (tx) -> tx.listTrim("text", 0, 1), "not a list"),
				impossible("a text as a stream", (tx) -> tx.streamAdd("text", Map.of("a", 1), 1), "not a stream"),
				impossible("what the transaction has set", (tx) -> {
					tx.set("fresh", "text");
					tx.setAdd("fresh", 1);
				}, "holds a string, not a set"), impossible("what the transaction has set, counted", (tx) -> {
					tx.set("number", "text");
					tx.increment("number", 1);
				}, "no integer"), impossible("what it has made", (tx) -> {
					tx.delete("text");
					tx.setAdd("text", 1);
					tx.hashPut("text", "field", 1);
				}, "holds a set, not a hash"), impossible("a sum that is too large", (tx) -> {
					tx.set("fresh", 1L << 52);
					tx.increment("fresh", 1L << 51);
					tx.increment("fresh", 1L << 51);
				}, "2^53"), impossible("a hash that may be empty, set if absent", (tx) -> {
					tx.hashDelete("hash", "field", "count");
					tx.setIfAbsent("hash", 1);
					tx.hashPut("hash", "g", 2);
				}, "emptied"), impossible("a set that may be empty, set if absent", (tx) -> {
					tx.setRemove("set", 1, 2);
					tx.setIfAbsent("set", 1);
					tx.setAdd("set", 2);
				}, "emptied"), impossible("a sorted set that may be empty, set if absent", (tx) -> {
					tx.sortedSetRemove("zset", 1, 2);
					tx.setIfAbsent("zset", 1);
				}, "emptied"), impossible("a sorted set that may be empty in a range, set if absent", (tx) -> {
					tx.sortedSetRemoveByScore("zset", 0, 9);
					tx.setIfAbsent("zset", 1);
				}, "emptied"), impossible("a list that may be empty, set if absent", (tx) -> {
					tx.listTrim("list", 5, 9);
					tx.setIfAbsent("list", 1);
				}, "emptied"), impossible("a field that the transaction has set", (tx) -> {
					tx.hashPut("hash", "count", "text");
					tx.hashIncrement("hash", "count", 1);
				}, "no integer"));
	}

	private static Arguments impossible(String name, Consumer<RedisTransaction> work, String reason) {
		return Arguments.of(name, work, reason);
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("impossible")
	void whatIsImpossibleLeavesNothingApplied(String name, Consumer<RedisTransaction> work, String reason) {
		Map<String, String> before = snapshot();
		assertThatExceptionOfType(TransactionRejectedException.class).isThrownBy(
				() -> transactions.with(TransactionOptions.defaults().id("impossible")).executeWithoutResult((tx) -> {
					tx.set("first", 1);
					work.accept(tx);
				}))
			.withMessageContaining(reason);
		assertThat(snapshot()).isEqualTo(before);
	}

	@Test
	void commandsSeeWhatThoseBeforeThemChange() {
		List<Pending<Long>> sums = transactions.execute((tx) -> {
			tx.delete("text");
			tx.hashPut("text", "count", 5);
			Pending<Long> one = tx.hashIncrement("text", "count", 1);
			tx.hashDelete("hash", "field");
			Pending<Long> two = tx.hashIncrement("hash", "field", 3);
			tx.set("list", 10);
			Pending<Long> three = tx.increment("list", 1);
			tx.setIfAbsent("list", "text");
			Pending<Long> four = tx.increment("list", 1);
			tx.delete("list");
			Pending<Long> five = tx.increment("list", -1);
			tx.setIfAbsent("fresh", 7);
			Pending<Long> six = tx.increment("fresh", 1);
			return List.of(one, two, three, four, five, six);
		});
		assertThat(sums).extracting(Pending::get).containsExactly(6L, 3L, 11L, 12L, -1L, 8L);
	}

	@Test
	void whatWasFilledAgainCannotBeEmpty() {
		Pending<Boolean> set = transactions.execute((tx) -> {
			tx.hashDelete("hash", "field", "count");
			tx.hashPut("hash", "g", 2);
			Pending<Boolean> absent = tx.setIfAbsent("hash", 1);
			tx.hashPut("hash", "h", 3);
			return absent;
		});
		assertThat(set.get()).isFalse();
		assertThat(redis.server().number("HLEN", "hash")).isEqualTo(2);
	}

	@Test
	void manyArgumentsAreNoProblem() {
		Map<String, Integer> entries = new TreeMap<>();
		IntStream.range(0, 20_000).forEach((i) -> entries.put("field" + i, i));
		transactions.executeWithoutResult((tx) -> tx.hashPutAll("large", entries));
		assertThat(redis.server().number("HLEN", "large")).isEqualTo(20_000);
		assertThat(redis.scriptCalls()).isEqualTo(1);
	}

	@Test
	void whatWasReadAndHasChangedIsAConflict() {
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
				tx.set("other", tx.get("number", Long.class));
				redis.server().command("SET", "number", "100");
			}))
			.satisfies((ex) -> assertThat(ex.getKey()).isEqualTo("number"))
			.satisfies((ex) -> assertThat(ex.isRequired()).isFalse());
		assertThat(redis.server().number("EXISTS", "other")).isZero();
	}

	@Test
	void whatWasReadAndIsGoneOrCameOrHasAnotherTypeIsAConflict() {
		assertConflict("number", "DEL", "number");
		assertConflict("absent", "SET", "absent", "1");
		assertConflict("absent2", "RPUSH", "absent2", "1");
		redis.server().command("SET", "number", "1");
		assertConflict("number", "EVAL", "redis.call('DEL', KEYS[1]) redis.call('SADD', KEYS[1], '1')", "1", "number");
	}

	private static void assertConflict(String key, String... change) {
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
				tx.get(key, Long.class);
				tx.set("other", 1);
				redis.server().command(change);
			}));
		assertThat(redis.server().number("EXISTS", "other")).isZero();
	}

	@Test
	void aConflictIsTriedAgain() {
		AtomicInteger calls = new AtomicInteger();
		long result = transactions.with(TransactionOptions.defaults().retries(2)).execute((tx) -> {
			long value = number(tx.get("number", Long.class));
			if (calls.incrementAndGet() < 3) {
				redis.server().command("INCR", "number");
			}
			tx.set("number", value + 1);
			return value;
		});
		assertThat(result).isEqualTo(43);
		assertThat(redis.server().text("GET", "number")).isEqualTo("44");
	}

	@Test
	void afterItsRetriesAConflictIsTold() {
		AtomicInteger calls = new AtomicInteger();
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> transactions.with(TransactionOptions.defaults().retries(2)).execute((tx) -> {
				calls.incrementAndGet();
				long value = number(tx.get("number", Long.class));
				redis.server().command("INCR", "number");
				tx.set("number", value + 1);
				return value;
			}))
			.withMessageContaining("tried 3 times");
		assertThat(calls).hasValue(3);
		assertThat(redis.server().text("GET", "number")).isEqualTo("44");
	}

	@Test
	void twoReadsAreOfOneMoment() {
		assertThatExceptionOfType(OptimisticLockException.class).isThrownBy(() -> transactions.execute((tx) -> {
			long first = number(tx.get("number", Long.class));
			redis.server().command("INCR", "number");
			return first + number(tx.get("absent", Long.class));
		}));
	}

	@Test
	void aTransactionReadsWhatItHasSet() {
		transactions.executeWithoutResult((tx) -> {
			tx.set("number", 5);
			assertThat(tx.get("number", Long.class)).isEqualTo(5);
			tx.expire("number", Duration.ofMinutes(1));
			assertThat(tx.get("number", Long.class)).isEqualTo(5);
			tx.delete("number");
			assertThat(tx.get("number", Long.class)).isNull();
			tx.increment("number", 1);
			assertThatIllegalStateException().isThrownBy(() -> tx.get("number", Long.class))
				.withMessageContaining("read first");
			tx.set("number", 9);
			assertThat(tx.get("number", Long.class)).isEqualTo(9);
		});
		assertThat(redis.server().text("GET", "number")).isEqualTo("9");
	}

	@Test
	void whatIsRequiredMustBeSo() {
		transactions.executeWithoutResult((tx) -> {
			tx.require("number", 41);
			tx.require("absent", null);
			tx.set("number", 42);
		});
		AtomicInteger calls = new AtomicInteger();
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> transactions.with(TransactionOptions.defaults().retries(5)).executeWithoutResult((tx) -> {
				calls.incrementAndGet();
				tx.require("number", 41);
				tx.set("number", 43);
			}))
			.satisfies((ex) -> assertThat(ex.isRequired()).isTrue());
		assertThat(calls).hasValue(1);
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> transactions.executeWithoutResult((tx) -> tx.require("list", null)));
		assertThat(redis.server().text("GET", "number")).isEqualTo("42");
	}

	@Test
	void aTransactionWithinAnotherIsAPartOfIt() {
		transactions.executeWithoutResult((outer) -> {
			outer.set("one", 1);
			transactions.executeWithoutResult((inner) -> inner.set("two", inner.get("one", Integer.class) + 1));
			assertThatExceptionOfType(IllegalCallerException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((inner) -> {
					inner.set("one", 100);
					inner.increment("three", 1);
					inner.require("number", 0);
					throw new IllegalCallerException();
				}));
			assertThat(outer.get("one", Integer.class)).isEqualTo(1);
			assertThat(redis.scriptCalls()).isZero();
		});
		assertThat(redis.scriptCalls()).isEqualTo(1);
		assertThat(redis.server().text("GET", "one")).isEqualTo("1");
		assertThat(redis.server().text("GET", "two")).isEqualTo("2");
		assertThat(redis.server().number("EXISTS", "three")).isZero();
	}

	@Test
	void aTransactionThatHasEndedTakesNothingMore() {
		AtomicReference<@Nullable RedisTransaction> kept = new AtomicReference<>();
		transactions.executeWithoutResult(kept::set);
		RedisTransaction ended = kept.get();
		assertThat(ended).isNotNull();
		assertThatIllegalStateException().isThrownBy(() -> ended.set("number", 1)).withMessageContaining("has ended");
		assertThatIllegalStateException().isThrownBy(() -> ended.get("number", Long.class));
		assertThat(redis.scriptCalls()).isZero();
	}

	@Test
	void whatMakesNoSenseIsRefusedAtOnce() {
		transactions.executeWithoutResult((tx) -> {
			assertThatIllegalArgumentException().isThrownBy(() -> tx.set(" ", 1)).withMessageContaining("blank");
			assertThatIllegalArgumentException().isThrownBy(() -> tx.set("a", 1, Duration.ZERO))
				.withMessageContaining("1 ms");
			assertThatIllegalArgumentException().isThrownBy(() -> tx.sortedSetAdd("a", 1, Double.NaN));
			assertThatIllegalArgumentException().isThrownBy(() -> tx.increment("a", Long.MIN_VALUE));
			assertThatIllegalArgumentException().isThrownBy(() -> tx.streamAdd("a", Map.of(), 1));
			assertThatIllegalArgumentException().isThrownBy(() -> tx.streamAdd("a", Map.of("b", 1), 0));
			assertThatIllegalArgumentException()
				.isThrownBy(() -> tx.set("a", new byte[TestTransactions.MAX_VALUE_SIZE + 1]))
				.withMessageContaining("weir.transaction.max-value-size");
		});
		assertThat(redis.scriptCalls()).isZero();
		assertThatIllegalArgumentException().isThrownBy(() -> TransactionOptions.defaults().id(" "));
		assertThatIllegalArgumentException().isThrownBy(() -> TransactionOptions.defaults().retries(-1));
		assertThatIllegalArgumentException().isThrownBy(() -> TransactionOptions.defaults().timeout(Duration.ZERO));
	}

	@Test
	void aValueThatIsTooLargeInAnExecutionLeavesNothingApplied() {
		Map<String, String> before = snapshot();
		assertThatIllegalArgumentException().isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
			tx.set("number", 1);
			tx.set("large", new byte[TestTransactions.MAX_VALUE_SIZE + 1]);
		}));
		assertThat(snapshot()).isEqualTo(before);
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
	void withoutMemoryATransactionThatBeginsWithADeletionIsWhole() {
		redis.server().command("CONFIG", "SET", "maxmemory", "1");
		try {
			// Redis lets a script go on that has begun to write.
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
	void aUserWhoMayNotDoTheLastCommandDoesNothing() {
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
	void aMasterThatLacksReplicasAppliesNothingForNow() {
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

	@ParameterizedTest
	@EnumSource
	void aLeaseThatIsHeldLetsItPass(LeaseKind kind) {
		try (LeaseManager manager = new LeaseManager(instance.store(), SETTINGS, instance.executor());
				Lease lease = manager.acquire(request(kind))) {
			transactions.executeWithoutResult((tx) -> {
				tx.fencedBy(lease);
				tx.increment("number", 1);
			});
			assertThat(lease.isValid()).isTrue();
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("42");
	}

	@ParameterizedTest
	@EnumSource
	void aLeaseThatTheStoreNoLongerKnowsCommitsNothing(LeaseKind kind) {
		try (LeaseManager manager = new LeaseManager(instance.store(), SETTINGS, instance.executor());
				Lease lease = manager.acquire(request(kind))) {
			assertThatExceptionOfType(LeaseLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
					tx.fencedBy(lease);
					tx.increment("number", 1);
					redis.server().command("DEL", "fence");
					assertThat(lease.isValid()).isTrue();
				}));
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void aLeaseThatAnotherHasTakenCommitsNothing() {
		try (LeaseManager manager = new LeaseManager(instance.store(), SETTINGS, instance.executor());
				Lease lease = manager.acquire(request(LeaseKind.LOCK))) {
			redis.server().command("SET", "fence", "another owner");
			assertThatExceptionOfType(LeaseLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
					tx.fencedBy(lease);
					tx.increment("number", 1);
				}));
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void aLeaseThatWasClosedAndHandedOnCommitsNothing() throws Exception {
		try (LeaseManager manager = new LeaseManager(instance.store(), SETTINGS, instance.executor())) {
			Lease lease = manager.acquire(request(LeaseKind.LOCK));
			CompletableFuture<Lease> next = manager.acquireAsync(request(LeaseKind.LOCK)).toCompletableFuture();
			lease.close();
			next.get(20, TimeUnit.SECONDS);
			assertThatExceptionOfType(LeaseLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
					tx.fencedBy(lease);
					tx.increment("number", 1);
				}));
			next.get().close();
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

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
	void executedAgainACallbackCannotDecideOnWhatItHasChangedItself() {
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
	void executedAgainACallbackThatDoesNothingOrSomethingElseIsToldSo() {
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
	void anExecutionThatDecidesToDoNothingKeepsOneThatIsOnItsWayFromDoingSomething() {
		RedisTransactionOperations once = transactions.with(TransactionOptions.defaults().id("nothing"));
		once.executeWithoutResult((tx) -> tx.get("number", Long.class));
		assertThatExceptionOfType(AlreadyAppliedException.class)
			.isThrownBy(() -> once.execute((tx) -> tx.increment("number", 1)));
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void whatWasWrittenInPartIsNeverSaidToBeApplied() {
		// Nothing foresees that a stream has no ids left.
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
	void aTransactionThatWasAskedForBeforeItCameIsAbandoned() {
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
	void tenWritesCostOneScriptCall() {
		transactions.executeWithoutResult((tx) -> IntStream.range(0, 10).forEach((i) -> tx.set("key" + i, i)));
		assertThat(redis.scriptCalls()).isEqualTo(1);
	}

	@Test
	void threeReadsAndTenWritesCostTwoRoundTrips() {
		transactions.executeWithoutResult((tx) -> {
			tx.prefetch("number", "text", "absent");
			assertThat(tx.get("number", Long.class)).isEqualTo(41);
			assertThat(tx.get("text", String.class)).isEqualTo("hello");
			assertThat(tx.get("absent", String.class)).isNull();
			IntStream.range(0, 10).forEach((i) -> tx.set("key" + i, i));
		});
		assertThat(redis.scriptCalls()).isEqualTo(2);
	}

	@Test
	void readingOnceCostsOneRoundTripAndNothingNone() {
		assertThat(transactions.<@Nullable Long, RuntimeException>execute((tx) -> tx.get("number", Long.class)))
			.isEqualTo(41);
		assertThat(redis.scriptCalls()).isEqualTo(1);
		transactions.executeWithoutResult((tx) -> {
		});
		assertThat(redis.scriptCalls()).isEqualTo(1);
	}

	@Test
	void withoutBlocking() throws Exception {
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
		assertThat(transactions.outcomeAsync("nobody", "number").get(20, TimeUnit.SECONDS))
			.isEqualTo(TransactionOutcome.NOT_APPLIED);
	}

	@Test
	void withoutBlockingEveryOutcomeComesOnAThreadOfTheExecutor() throws Exception {
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
	void withoutBlockingEveryOutcomeComesAlsoWithoutAnExecutor() throws Exception {
		RedisTransactionOperations shutDown = TestTransactions.of(instance, (task) -> {
			throw new RejectedExecutionException();
		});
		shutDown.executeAsync((tx) -> {
			tx.increment("number", 1);
			return CompletableFuture.completedFuture(1);
		}).get(20, TimeUnit.SECONDS);
		assertThat(redis.server().text("GET", "number")).isEqualTo("42");
		assertThat(shutDown.outcomeAsync("nobody", "number").get(20, TimeUnit.SECONDS))
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
	@SuppressWarnings("NullAway") // what it is about
	void withoutBlockingACallbackThatReturnsNullFails() throws Exception {
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

	@Test
	void valuesCanStandAsATemplateWritesThem() {
		transactions.with(new SpringValueSerializer(RedisSerializer.string())).executeWithoutResult((tx) -> {
			assertThat(tx.get("number", String.class)).isEqualTo("41");
			tx.set("text", "plain");
			assertThatIllegalArgumentException().isThrownBy(() -> tx.set("text", 1));
		});
		assertThat(redis.server().text("GET", "text")).isEqualTo("plain");
	}

	@Test
	void aKeyOfAnotherTypeCannotBeRead() {
		assertThatExceptionOfType(TransactionRejectedException.class).isThrownBy(
				() -> transactions.<@Nullable String, RuntimeException>execute((tx) -> tx.get("hash", String.class)))
			.withMessageContaining("holds a hash, not a string");
	}

	private static LeaseRequest request(LeaseKind kind) {
		return new LeaseRequest("fence", new LeaseKey(kind, "fence"), 1, null, Duration.ofSeconds(10), false, "test");
	}

	private static long number(@Nullable Long value) {
		return (value != null) ? value : 0;
	}

	private static List<String> strings(String... command) {
		return redis.server().list(command).stream().map(Object::toString).toList();
	}

	/**
	 * Everything that stands in Redis.
	 * @return the keys and what they hold
	 */
	private static Map<String, String> snapshot() {
		Map<String, String> all = new TreeMap<>();
		List<String> keys = new ArrayList<>(strings("KEYS", "*"));
		keys.forEach((key) -> all.put(key,
				redis.server().text("EVAL", "return redis.sha1hex(redis.call('DUMP', KEYS[1]))", "1", key)));
		return all;
	}

}
