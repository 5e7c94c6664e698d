package dev.weir.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import dev.weir.transaction.RedisTransactionOperations;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/**
 * A real Redis with some data, and transactions of one instance on it.
 */
abstract class RedisTransactionFixture {

	static TestRedis redis;

	static TestRedis.Instance instance;

	static RedisTransactionOperations transactions;

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

	static long number(@Nullable Long value) {
		return (value != null) ? value : 0;
	}

	static List<String> strings(String... command) {
		return redis.server().list(command).stream().map(Object::toString).toList();
	}

	/**
	 * Returns the content of Redis.
	 * @return the keys with the hashes of their values
	 */
	static Map<String, String> snapshot() {
		Map<String, String> all = new TreeMap<>();
		List<String> keys = new ArrayList<>(strings("KEYS", "*"));
		keys.forEach((key) -> all.put(key,
				redis.server().text("EVAL", "return redis.sha1hex(redis.call('DUMP', KEYS[1]))", "1", key)));
		return all;
	}

}
