package dev.weir.redis;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.Reservation;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.redisson.Redisson;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.client.RedisException;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the users of {@code docs/security.md} have the permissions that they need,
 * and no others.
 */
@Timeout(60)
class AclTests {

	private static final LeaseSettings SETTINGS = new LeaseSettings(Duration.ofMillis(600), "test", "1");

	@Test
	void theUserOfAnApplicationSuffices() throws Exception {
		try (TestRedis redis = new TestRedis()) {
			redis.server().command(rules("weir"));
			try (TestRedis.Instance one = connect(redis, "weir");
					TestRedis.Instance two = connect(redis, "weir");
					LeaseManager first = new LeaseManager(one.store(), SETTINGS, one.executor());
					LeaseManager second = new LeaseManager(two.store(), SETTINGS, two.executor())) {
				for (LeaseKind kind : LeaseKind.values()) {
					waitAndRenew(first, second, kind);
				}
				rateLimits(one);
				list(one);
				assertThat(one.scripts().publish("weir:changes", "hello").toCompletableFuture())
					.failsWithin(Duration.ofSeconds(20))
					.withThrowableThat()
					.havingRootCause()
					.withMessageContaining("NOPERM");
			}
			assertOnlyTheFirstCommandsOfTheClientWereRefused(redis, "weir:changes");
		}
	}

	@Test
	void theUserOfAnApplicationThatOperatorsChangeSuffices() throws Exception {
		try (TestRedis redis = new TestRedis()) {
			redis.server().command(rules("weir"));
			redis.server().command(rules("weir-operator"));
			try (TestRedis.Instance one = connect(redis, "weir-operator");
					TestRedis.Instance two = connect(redis, "weir-operator");
					LeaseManager first = new LeaseManager(one.store(), SETTINGS, one.executor());
					LeaseManager second = new LeaseManager(two.store(), SETTINGS, two.executor())) {
				waitAndRenew(first, second, LeaseKind.LOCK);
				rateLimits(one);
				list(one);
				broadcast(one, two);
			}
			assertOnlyTheFirstCommandsOfTheClientWereRefused(redis);
		}
	}

	@Test
	void theUserForMonitoringOnlyReads() throws Exception {
		try (TestRedis redis = new TestRedis()) {
			redis.server().command(rules("weir-monitor"));
			redis.server().command("SET", "weir:doc", "owner");
			redis.server().command("ZADD", "weir:batch", "1", "owner");
			redis.server().command("SET", "session:alice", "secret");
			Config config = config(redis, "weir-monitor");
			RedissonClient monitor = Redisson.create(config);
			try {
				assertThat(monitor.getBucket("weir:doc", StringCodec.INSTANCE).get()).isEqualTo("owner");
				assertThat(monitor.getScoredSortedSet("weir:batch", StringCodec.INSTANCE).size()).isOne();
				assertThat(monitor.getKeys().getType("weir:doc")).isNotNull();
				assertThat(monitor.getBucket("weir:doc", StringCodec.INSTANCE).remainTimeToLive()).isEqualTo(-1);
				assertNotPermitted(() -> monitor.getBucket("session:alice", StringCodec.INSTANCE).get());
				assertNotPermitted(() -> monitor.getBucket("weir:doc", StringCodec.INSTANCE).set("other"));
				assertNotPermitted(() -> monitor.getKeys().delete("weir:doc"));
				assertNotPermitted(() -> monitor.getTopic("weir:changes", StringCodec.INSTANCE).publish("x"));
				assertNotPermitted(() -> monitor.getTopic("weir:wake:1", StringCodec.INSTANCE).publish("x"));
				assertNotPermitted(() -> monitor.getScript(StringCodec.INSTANCE)
					.eval(RScript.Mode.READ_ONLY, "return redis.call('GET', KEYS[1])", RScript.ReturnType.VALUE,
							List.of("weir:doc")));
			}
			finally {
				monitor.shutdown();
			}
			assertThat(redis.server().text("GET", "weir:doc")).isEqualTo("owner");
		}
	}

	private static void assertNotPermitted(ThrowingCallable call) {
		assertThatExceptionOfType(RedisException.class).isThrownBy(call).withMessageContaining("NOPERM");
	}

	private static void assertOnlyTheFirstCommandsOfTheClientWereRefused(TestRedis redis, String... others) {
		// Redisson tries once to use a key of this name, and Lettuce to send its name to
		// Redis. Both work without that.
		String first = OnLettuce.Extension.isActive() ? "object, client" : "object, test1,";
		assertThat(redis.server().list("ACL", "LOG")).allMatch((entry) -> entry.toString().contains(first)
				|| List.of(others).stream().anyMatch((other) -> entry.toString().contains("object, " + other + ",")));
	}

	@Test
	void reportsAMissingPermissionOfTheUser() throws Exception {
		try (TestRedis redis = new TestRedis()) {
			redis.server().command(rules("weir"));
			redis.server().command("ACL", "SETUSER", "weir", "-pexpire", "-set");
			try (TestRedis.Instance instance = connect(redis, "weir");
					LeaseManager manager = new LeaseManager(instance.store(), SETTINGS, instance.executor())) {
				assertThatIllegalStateException().isThrownBy(() -> manager.acquire(request(LeaseKind.LOCK, true)))
					.withMessageContaining("lacks a permission");
			}
		}
	}

	private static void waitAndRenew(LeaseManager first, LeaseManager second, LeaseKind kind) throws Exception {
		Lease held = first.acquire(request(kind, kind == LeaseKind.LOCK));
		CompletableFuture<Lease> waiting = second.acquireAsync(request(kind, kind == LeaseKind.LOCK))
			.toCompletableFuture();
		CompletableFuture<Lease> givesUp = second.acquireAsync(request(kind, false)).toCompletableFuture();
		Duration before = held.remaining();
		await().until(() -> held.remaining().compareTo(before) > 0 || held.remaining().toMillis() > 450);
		assertThat(held.isValid()).isTrue();
		givesUp.cancel(true);
		held.close();
		waiting.get(20, TimeUnit.SECONDS).close();
	}

	private static LeaseRequest request(LeaseKind kind, boolean fenced) {
		return new LeaseRequest("job", new LeaseKey(kind, "weir:" + kind + ":7"), 1, null, Duration.ofSeconds(20),
				fenced, "test");
	}

	private static void rateLimits(TestRedis.Instance instance) throws Exception {
		RateLimiter limiter = instance.rateLimiter();
		Charge charge = new Charge("chat", "weir:chat", RateLimit.of(2, Duration.ofHours(1)), 1, OnUnavailable.FAIL,
				false);
		assertThat(limiter.tryConsume(List.of(charge)).get(20, TimeUnit.SECONDS).isAllowed()).isTrue();
		assertThat(new RedisBucketDirectory(instance.scripts()).list("weir:", null, 10)
			.toCompletableFuture()
			.get(20, TimeUnit.SECONDS)
			.buckets()).hasSize(1);
		limiter.reset(charge).get(20, TimeUnit.SECONDS);
		for (String key : List.of("weir:budget", "weir:{eu}budget")) {
			Charge estimate = new Charge("budget", key, RateLimit.of(10, Duration.ofHours(1)), 5, OnUnavailable.FAIL,
					false)
				.asEstimate();
			Reservation reservation = limiter.reserve(List.of(estimate)).get(20, TimeUnit.SECONDS);
			assertThat(reservation.settle(2).get(20, TimeUnit.SECONDS)).isTrue();
			limiter.pause(estimate, Duration.ofMinutes(1)).get(20, TimeUnit.SECONDS);
			assertThat(limiter.peek(List.of(estimate)).get(20, TimeUnit.SECONDS).all().get(0).remaining()).isEqualTo(8);
			limiter.reset(estimate).get(20, TimeUnit.SECONDS);
		}
	}

	private static void list(TestRedis.Instance one) throws Exception {
		assertThat(new RedisLeaseDirectory(one.scripts()).list("weir:", null, 10)
			.toCompletableFuture()
			.get(20, TimeUnit.SECONDS)
			.next()).isNull();
		assertThat(one.scripts().ping().toCompletableFuture().get(20, TimeUnit.SECONDS)).isPositive();
	}

	private static void broadcast(TestRedis.Instance one, TestRedis.Instance two) throws Exception {
		LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
		try (Broadcast broadcast = new Broadcast(two.scripts(), "weir:changes", 100, two.executor());
				Broadcast sender = new Broadcast(one.scripts(), "weir:changes", 100, one.executor())) {
			broadcast.listen(BroadcastTests.listener(received::add, received::add));
			await().until(() -> sender.publish("hello").toCompletableFuture().get(20, TimeUnit.SECONDS) == 1);
			assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("hello");
		}
	}

	private static TestRedis.Instance connect(TestRedis redis, String user) {
		return TestRedis.connect(RedisAddress.of(redis.server().port()).as(user), TestRedis.PATIENCE, "weir:");
	}

	private static Config config(TestRedis redis, String user) {
		Config config = new Config().setUsername(user).setPassword("secret");
		config.useSingleServer().setAddress(redis.server().uri()).setConnectionMinimumIdleSize(1).setRetryAttempts(0);
		return config;
	}

	private static String[] rules(String user) throws Exception {
		return Files.readString(Path.of("..", "docs", "security.md"))
			.lines()
			.filter((line) -> line.startsWith("ACL SETUSER " + user + " "))
			.findFirst()
			.orElseThrow()
			.split(" ");
	}

}
