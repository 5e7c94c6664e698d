package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.weir.transaction.Pending;
import dev.weir.transaction.RedisTransaction;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.TransactionRejectedException;
import dev.weir.transaction.spring.SpringValueSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.data.redis.serializer.RedisSerializer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests the commands of transactions on a real Redis: all of them are applied, or none.
 */
@Timeout(60)
class RedisTransactionCommandTests extends RedisTransactionFixture {

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
	void publishesMessagesAfterAllWrites() throws Exception {
		CompletableFuture<String> seen = new CompletableFuture<>();
		instance.scripts().subscribe("channel", seen::complete).toCompletableFuture().get(20, TimeUnit.SECONDS);
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
				impossible("a key that the transaction has set", (tx) -> {
					tx.set("fresh", "text");
					tx.setAdd("fresh", 1);
				}, "holds a string, not a set"), impossible("a text that the transaction has set and counts", (tx) -> {
					tx.set("number", "text");
					tx.increment("number", 1);
				}, "no integer"), impossible("a key that the transaction has created", (tx) -> {
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
	void anImpossibleCommandLeavesNothingApplied(String name, Consumer<RedisTransaction> work, String reason) {
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
	void commandsSeeTheChangesOfEarlierCommands() {
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
	void aKeyThatIsFilledAgainIsNotEmpty() {
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
	void acceptsManyArguments() {
		Map<String, Integer> entries = new TreeMap<>();
		IntStream.range(0, 20_000).forEach((i) -> entries.put("field" + i, i));
		transactions.executeWithoutResult((tx) -> tx.hashPutAll("large", entries));
		assertThat(redis.server().number("HLEN", "large")).isEqualTo(20_000);
		assertThat(redis.scriptCalls()).isEqualTo(1);
	}

	@Test
	void rejectsInvalidArgumentsAtOnce() {
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
	void aValueThatIsTooLargeLeavesNothingApplied() {
		Map<String, String> before = snapshot();
		assertThatIllegalArgumentException().isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
			tx.set("number", 1);
			tx.set("large", new byte[TestTransactions.MAX_VALUE_SIZE + 1]);
		}));
		assertThat(snapshot()).isEqualTo(before);
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
	void aTransactionThatHasEndedRejectsCommands() {
		AtomicReference<@Nullable RedisTransaction> kept = new AtomicReference<>();
		transactions.executeWithoutResult(kept::set);
		RedisTransaction ended = kept.get();
		assertThat(ended).isNotNull();
		assertThatIllegalStateException().isThrownBy(() -> ended.set("number", 1)).withMessageContaining("has ended");
		assertThatIllegalStateException().isThrownBy(() -> ended.get("number", Long.class));
		assertThat(redis.scriptCalls()).isZero();
	}

	@Test
	void tenWritesCostOneScriptCall() {
		transactions.executeWithoutResult((tx) -> IntStream.range(0, 10).forEach((i) -> tx.set("key" + i, i)));
		assertThat(redis.scriptCalls()).isEqualTo(1);
	}

	@Test
	void writesValuesAsATemplateDoes() {
		transactions.with(new SpringValueSerializer(RedisSerializer.string())).executeWithoutResult((tx) -> {
			assertThat(tx.get("number", String.class)).isEqualTo("41");
			tx.set("text", "plain");
			assertThatIllegalArgumentException().isThrownBy(() -> tx.set("text", 1));
		});
		assertThat(redis.server().text("GET", "text")).isEqualTo("plain");
	}

}
