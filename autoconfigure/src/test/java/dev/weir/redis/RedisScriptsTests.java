package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.weir.core.Stages;
import dev.weir.core.StoreListener;
import dev.weir.core.StoreUnavailableException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link RedisScripts}, on a transport without a Redis.
 */
class RedisScriptsTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final LuaScript<Long> SCRIPT = LuaScript.number("ping");

	private final FakeRedisTransport transport = new FakeRedisTransport();

	private final List<String> events = new ArrayList<>();

	private final RedisScripts scripts = scripts(PATIENCE, PATIENCE);

	@Test
	void callsWaitForTheFirstConnection() {
		this.transport.connection = new CompletableFuture<>();
		CompletionStage<Long> call = run();
		this.transport.assertNoCall();
		this.transport.connection.complete(null);
		this.transport.next("ping").answersNumber(7);
		assertThat(call).isCompletedWithValue(7L);
	}

	@Test
	void failsCallsThatWaitForAConnectionThatFails() {
		this.transport.connection = CompletableFuture.failedFuture(new IllegalCallerException("Connection refused"));
		assertThat(failure(run())).isInstanceOf(StoreUnavailableException.class)
			.hasMessage("Redis is not reachable: Connection refused");
		this.transport.connection = CompletableFuture.completedFuture(null);
		CompletionStage<Long> again = run();
		this.transport.next("ping").answersNumber(1);
		assertThat(again).isCompletedWithValue(1L);
	}

	@Test
	void failsCallsWhoseConnectionTakesTooLong() {
		RedisScripts impatient = scripts(PATIENCE, Duration.ofMillis(20));
		this.transport.connection = new CompletableFuture<>();
		CompletionStage<Long> call = impatient.run(SCRIPT, List.of("key"));
		await().until(() -> call.toCompletableFuture().isDone());
		assertThat(failure(call)).isInstanceOf(StoreUnavailableException.class)
			.hasMessage("Redis did not answer in time");
	}

	@Test
	void failsCallsWithoutAReplyAfterTheTimeout() {
		RedisScripts impatient = scripts(Duration.ofMillis(20), PATIENCE);
		CompletionStage<Long> call = impatient.run(SCRIPT, List.of("key"));
		await().until(() -> call.toCompletableFuture().isDone());
		assertThat(failure(call)).isInstanceOf(StoreUnavailableException.class)
			.hasMessage("Redis did not answer in time");
		this.transport.next("ping").answersNumber(1);
		assertThat(call.toCompletableFuture()).isCompletedExceptionally();
	}

	@Test
	void sendsNoCallWhileTheCircuitIsOpen() {
		openCircuit();
		StoreUnavailableException notSent = (StoreUnavailableException) failure(run());
		assertThat(notSent.wasAsked()).isFalse();
		this.transport.assertNoCall();
		assertThat(this.scripts.isAway("key")).isTrue();
	}

	@Test
	void sendsCallsThatMustNotBeLeftUndoneWhileTheCircuitIsOpen() {
		openCircuit();
		CompletionStage<Long> call = this.scripts.runAnyway(SCRIPT, List.of("key"));
		this.transport.next("ping").answersNumber(1);
		assertThat(call).isCompletedWithValue(1L);
		assertThat(this.scripts.isAway("key")).isFalse();
		assertThat(this.events).endsWith("circuit closed", "ping ANSWERED");
	}

	@Test
	void notifiesTheListenerOfEachFailureAndOfTheCircuitOnce() {
		openCircuit();
		assertThat(this.events).containsExactly("failed", "ping UNAVAILABLE", "failed", "ping UNAVAILABLE", "failed",
				"circuit opened", "ping UNAVAILABLE");
	}

	@Test
	void anErrorOfUseIsAnAnswer() {
		for (int i = 0; i < 5; i++) {
			CompletionStage<Long> call = run();
			this.transport.next("ping").fails("WRONGTYPE Operation against a key");
			assertThat(failure(call)).isInstanceOf(IllegalStateException.class);
		}
		assertThat(this.scripts.isAway("key")).isFalse();
		assertThat(this.events).containsOnly("ping ERROR");
	}

	@Test
	void aTransportThatThrowsFailsTheCall() {
		this.transport.throwing = new IllegalCallerException("The client is closed");
		assertThat(failure(run())).isInstanceOf(StoreUnavailableException.class)
			.hasMessageContaining("The client is closed");
	}

	@Test
	void sendsAPingToAnyMaster() {
		CompletionStage<Duration> ping = this.scripts.ping();
		FakeRedisTransport.Call call = this.transport.next("ping");
		assertThat(call.script().route()).isNull();
		call.answersNumber(1);
		assertThat(ping.toCompletableFuture()).isCompleted();
	}

	@Test
	void routesACallByItsFirstKey() {
		run();
		assertThat(this.transport.next("ping").script().route()).isEqualTo("key");
	}

	@Test
	void isInUseFromTheFirstCallOn() {
		assertThat(this.scripts.isInUse()).isFalse();
		run();
		assertThat(this.scripts.isInUse()).isTrue();
	}

	@Test
	void aMasterThatIsAwayKeepsNoCallFromTheOthers() {
		FakeRedisTransport cluster = new FakeRedisTransport(true);
		RedisScripts scripts = new RedisScripts(cluster, PATIENCE, PATIENCE, List.of());
		for (int i = 0; i < 3; i++) {
			scripts.run(SCRIPT, List.of("a"));
			cluster.next("ping").fails("Connection reset");
		}
		assertThat(failure(scripts.run(SCRIPT, List.of("a")))).isInstanceOfSatisfying(StoreUnavailableException.class,
				(away) -> assertThat(away.awayFor()).isPositive());
		cluster.assertNoCall();
		scripts.run(SCRIPT, List.of("b"));
		cluster.next("ping").answersNumber(1);
		assertThat(scripts.isAway("a")).isTrue();
		assertThat(scripts.isAway("b")).isFalse();
		assertThat(scripts.circuits()).containsOnly(Map.entry("master of a", true), Map.entry("master of b", false));
	}

	@Test
	void aFailureInAClusterNamesTheMaster() {
		FakeRedisTransport cluster = new FakeRedisTransport(true);
		RedisScripts scripts = new RedisScripts(cluster, PATIENCE, PATIENCE, List.of());
		CompletionStage<Long> call = scripts.run(SCRIPT, List.of("a"));
		cluster.next("ping").fails("Connection reset");
		assertThat(failure(call)).hasMessage("Redis is not reachable: Connection reset (master master of a)");
	}

	@Test
	void callsWithoutAKnownMasterShareACircuitUntilTheClientIsConnected() {
		FakeRedisTransport cluster = new FakeRedisTransport(true);
		cluster.masters = (route) -> null;
		RedisScripts scripts = new RedisScripts(cluster, PATIENCE, PATIENCE, List.of());
		cluster.connection = CompletableFuture.failedFuture(new IllegalCallerException("Connection refused"));
		for (int i = 0; i < 3; i++) {
			scripts.run(SCRIPT, List.of("a"));
		}
		assertThat(scripts.circuits()).containsOnly(Map.entry("unknown", true));
		cluster.connection = CompletableFuture.completedFuture(null);
		cluster.masters = (route) -> "one";
		scripts.run(SCRIPT, List.of("a"));
		cluster.next("ping").answersNumber(1);
		assertThat(scripts.circuits()).containsOnly(Map.entry("one", false));
	}

	@Test
	void aRefusalOpensNoCircuit() {
		for (int i = 0; i < 5; i++) {
			CompletionStage<Long> call = run();
			this.transport.next("ping").fails("LOADING Redis is loading the dataset in memory");
			assertThat(failure(call)).isInstanceOfSatisfying(StoreUnavailableException.class, (away) -> {
				assertThat(away.wasAsked()).isFalse();
				assertThat(away.awayFor()).isPositive();
			});
		}
		assertThat(this.scripts.isAway("key")).isFalse();
		CompletionStage<Long> call = run();
		this.transport.next("ping").fails("TRYAGAIN Multiple keys request during rehashing of slot");
		assertThat(failure(call)).isInstanceOfSatisfying(StoreUnavailableException.class,
				(refused) -> assertThat(refused.awayFor()).isZero());
	}

	@Test
	void anUnknownErrorOfRedisIsAnAnswer() {
		for (int i = 0; i < 5; i++) {
			CompletionStage<Long> call = run();
			this.transport.next("ping").fails("ERR invalid cursor");
			assertThat(failure(call)).isInstanceOf(IllegalStateException.class)
				.hasMessageContaining("ERR invalid cursor");
		}
		assertThat(this.scripts.isAway("key")).isFalse();
		assertThat(this.events).containsOnly("ping ERROR");
	}

	@Test
	void requestsOfOperatorsDoNotCount() {
		for (int i = 0; i < 5; i++) {
			CompletionStage<Long> shown = this.scripts.show(ScriptCall.at("key", SCRIPT));
			this.transport.next("ping").fails("Connection reset");
			assertThat(failure(shown)).isInstanceOf(StoreUnavailableException.class);
		}
		assertThat(this.scripts.isAway("key")).isFalse();
		assertThat(this.events).isEmpty();
	}

	@Test
	void showsNothingWhileTheCircuitIsOpenAndIsNoProbe() {
		openCircuit();
		assertThat(failure(this.scripts.show(ScriptCall.at("key", SCRIPT))))
			.isInstanceOfSatisfying(StoreUnavailableException.class, (away) -> assertThat(away.wasAsked()).isFalse());
		this.transport.assertNoCall();
		assertThat(this.scripts.isAway("key")).isTrue();
	}

	private void openCircuit() {
		for (int i = 0; i < 3; i++) {
			run();
			this.transport.next("ping").fails("Connection reset");
		}
	}

	private CompletionStage<Long> run() {
		return this.scripts.run(SCRIPT, List.of("key"));
	}

	private static Throwable failure(CompletionStage<?> call) {
		assertThat(call.toCompletableFuture()).isCompletedExceptionally();
		return call.toCompletableFuture().handle((value, failure) -> Stages.unwrap(failure)).join();
	}

	private RedisScripts scripts(Duration timeout, Duration connectTimeout) {
		return new RedisScripts(this.transport, timeout, connectTimeout, List.of(new StoreListener() {

			@Override
			public void called(String script, Duration time, Outcome outcome) {
				RedisScriptsTests.this.events.add(script + " " + outcome);
			}

			@Override
			public void failed(String reason) {
				RedisScriptsTests.this.events.add("failed");
			}

			@Override
			public void circuitOpened(String master, String reason) {
				RedisScriptsTests.this.events.add("circuit opened");
			}

			@Override
			public void circuitClosed(String master) {
				RedisScriptsTests.this.events.add("circuit closed");
			}

		}));
	}

}
