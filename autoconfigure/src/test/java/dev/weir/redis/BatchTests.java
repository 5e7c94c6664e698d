package dev.weir.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.embeddedredis.RedisCluster;
import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests how a transport sends calls together: each has its own reply or error, and each
 * runs once.
 */
@Timeout(60)
class BatchTests {

	private static final LuaScript<Long> COUNT = script("return redis.call('INCRBY', KEYS[1], ARGV[1])",
			LuaScript.Reply.NUMBER);

	private static final LuaScript<List<Object>> ECHO = script("return {ARGV[1], 7, false}", LuaScript.Reply.LIST);

	private static final LuaScript<List<Object>> BYTES = script("return {ARGV[1], 7}", LuaScript.Reply.BINARY_LIST);

	private static TestRedis redis;

	private static TestRedis.Instance instance;

	@BeforeAll
	static void start() throws Exception {
		redis = new TestRedis();
		instance = redis.connect();
		instance.scripts().ready().toCompletableFuture().get(20, TimeUnit.SECONDS);
	}

	@AfterAll
	static void stop() {
		instance.close();
		redis.close();
	}

	@BeforeEach
	void flush() {
		redis.server().command("FLUSHALL");
		redis.server().command("SCRIPT", "FLUSH");
		redis.resetCommandCounts();
	}

	@Test
	void eachCallHasItsOwnReplyInTheOrderOfTheBatch() {
		eval(counting(1)).forEach(BatchTests::reply);
		redis.server().command("DEL", "count");
		List<PendingCall<Long>> calls = counting(20);
		eval(calls);
		assertThat(calls).extracting((call) -> reply(call))
			.containsExactlyElementsOf(IntStream.rangeClosed(1, 20).mapToObj(Long::valueOf).toList());
	}

	@Test
	void repliesHaveTheirFormInABatchAndAlone() {
		byte[] bytes = { 0, (byte) 0xFF, '\r', '\n' };
		for (int others = 0; others < 2; others++) {
			PendingCall<List<Object>> text = call(ECHO, "key", "gr\u00fc\u00df dich");
			PendingCall<List<Object>> binary = call(BYTES, "key", (Object) bytes);
			if (others == 0) {
				eval(List.of(text));
				eval(List.of(binary));
			}
			else {
				eval(List.of(text, call(COUNT, "other", 1), binary));
			}
			assertThat(reply(text)).containsExactly("gr\u00fc\u00df dich", 7L, null);
			assertThat(reply(binary)).containsExactly(bytes, 7L);
		}
	}

	@Test
	void aScriptThatRedisDoesNotKnowIsLoadedAndEachCallRunsOnce() {
		List<PendingCall<Long>> calls = counting(10);
		eval(calls);
		calls.forEach(BatchTests::reply);
		assertThat(calls).extracting((call) -> reply(call)).doesNotHaveDuplicates();
		assertThat(redis.server().text("GET", "count")).isEqualTo("10");
	}

	@Test
	void loadedScriptsCostOneCommandEach() {
		eval(counting(1)).forEach(BatchTests::reply);
		redis.resetCommandCounts();
		eval(counting(10)).forEach(BatchTests::reply);
		assertThat(redis.commandCalls("evalsha")).isEqualTo(10);
		assertThat(redis.commandCalls("eval")).isZero();
	}

	@Test
	void anErrorHarmsNoOtherCall() {
		redis.server().command("SET", "text", "no number");
		List<PendingCall<Long>> calls = new ArrayList<>(counting(4));
		calls.add(2, call(COUNT, "text", 1));
		eval(calls);
		assertThat(failure(calls.remove(2))).hasMessageContaining("not an integer");
		assertThat(calls).extracting((call) -> reply(call)).containsExactlyInAnyOrder(1L, 2L, 3L, 4L);
	}

	@Test
	void aRefusalHarmsNoOtherCallAndKeepsItsOwnError() {
		redis.server().command("CONFIG", "SET", "min-replicas-to-write", "1");
		try {
			List<PendingCall<List<Object>>> reads = List.of(call(ECHO, "a", "a"), call(ECHO, "b", "b"));
			PendingCall<Long> write = call(COUNT, "count", 1);
			eval(List.of(reads.get(0), write, reads.get(1)));
			RuntimeException refused = translated(write);
			assertThat(refused).isInstanceOfSatisfying(StoreUnavailableException.class,
					(unavailable) -> assertThat(unavailable.wasAsked()).isFalse());
			assertThat(refused).hasMessageContaining("NOREPLICAS");
			assertThat(reply(reads.get(0))).startsWith("a");
			assertThat(reply(reads.get(1))).startsWith("b");
		}
		finally {
			redis.server().command("CONFIG", "SET", "min-replicas-to-write", "0");
		}
		assertThat(redis.server().number("EXISTS", "count")).isZero();
	}

	@Test
	void aBatchFollowsTheSlotsOfACluster() {
		try (RedisCluster cluster = RedisCluster.start();
				TestRedis.Instance client = TestRedis.connect(RedisAddress.of(cluster), TestRedis.PATIENCE)) {
			RedisTransport transport = client.client().transport();
			Stages.await(client.scripts().ready());
			List<PendingCall<Long>> loaded = IntStream.range(0, 30)
				.mapToObj((key) -> call(COUNT, "{k}" + key, 1))
				.toList();
			transport.eval(List.copyOf(loaded));
			loaded.forEach(BatchTests::reply);
			RedisServer source = cluster.nodeOf("{k}");
			RedisServer target = cluster.nodes().stream().filter((node) -> node != source).findFirst().orElseThrow();
			String slot = String.valueOf(source.number("CLUSTER", "KEYSLOT", "{k}"));
			target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", source.text("CLUSTER", "MYID"));
			source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", target.text("CLUSTER", "MYID"));
			for (int key = 0; key < 15; key++) {
				source.command("MIGRATE", target.host(), String.valueOf(target.port()), "{k}" + key, "0", "5000");
			}
			// Half of the calls are for keys that have moved.
			List<PendingCall<Long>> moving = IntStream.range(0, 30)
				.mapToObj((key) -> call(COUNT, "{k}" + key, 1))
				.toList();
			transport.eval(List.copyOf(moving));
			assertThat(moving).extracting((call) -> reply(call)).containsOnly(2L);
			for (int key = 15; key < 30; key++) {
				source.command("MIGRATE", target.host(), String.valueOf(target.port()), "{k}" + key, "0", "5000");
			}
			cluster.nodes()
				.forEach((node) -> node.command("CLUSTER", "SETSLOT", slot, "NODE", target.text("CLUSTER", "MYID")));
			List<PendingCall<Long>> moved = IntStream.range(0, 30)
				.mapToObj((key) -> call(COUNT, "{k}" + key, 1))
				.toList();
			transport.eval(List.copyOf(moved));
			assertThat(moved).extracting((call) -> reply(call)).containsOnly(3L);
		}
	}

	private static <R> LuaScript<R> script(String source, LuaScript.Reply reply) {
		return LuaScript.of("test", source, reply);
	}

	private static List<PendingCall<Long>> counting(int number) {
		return IntStream.range(0, number).mapToObj((i) -> call(COUNT, "count", 1)).toList();
	}

	private static <R> PendingCall<R> call(LuaScript<R> script, String key, Object... arguments) {
		return new PendingCall<>(ScriptCall.of(script, List.of(key), arguments), new CompletableFuture<>(),
				new CompletableFuture<>());
	}

	private static <T extends PendingCall<?>> List<T> eval(List<T> calls) {
		instance.client().transport().eval(List.copyOf(calls));
		return calls;
	}

	private static <R> R reply(PendingCall<R> call) {
		return call.reply().orTimeout(20, TimeUnit.SECONDS).join();
	}

	private static Throwable failure(PendingCall<?> call) {
		return call.reply().orTimeout(20, TimeUnit.SECONDS).handle((reply, failure) -> Stages.unwrap(failure)).join();
	}

	private static RuntimeException translated(PendingCall<?> call) {
		return instance.client().transport().translate(failure(call));
	}

}
