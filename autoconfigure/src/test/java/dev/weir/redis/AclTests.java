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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.redisson.config.Config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the user of {@code docs/security.md} has the permissions that Weir needs,
 * and no others.
 */
@Timeout(60)
class AclTests {

	private static final LeaseSettings SETTINGS = new LeaseSettings(Duration.ofMillis(600), "test", "1");

	@Test
	void theUserOfTheDocumentationSuffices() throws Exception {
		try (TestRedis redis = new TestRedis()) {
			redis.server().command(rules());
			try (TestRedis.Instance one = connect(redis);
					TestRedis.Instance two = connect(redis);
					LeaseManager first = new LeaseManager(one.store(), SETTINGS, one.executor());
					LeaseManager second = new LeaseManager(two.store(), SETTINGS, two.executor())) {
				for (LeaseKind kind : LeaseKind.values()) {
					waitAndRenew(first, second, kind);
				}
				rateLimits(one);
				operate(one, two);
			}
			// Redisson tries once to use a key of this name, and works without it.
			assertThat(redis.server().list("ACL", "LOG"))
				.allMatch((entry) -> entry.toString().contains("object, test1,"));
		}
	}

	@Test
	void reportsAMissingPermissionOfTheUser() throws Exception {
		try (TestRedis redis = new TestRedis()) {
			redis.server().command(rules());
			redis.server().command("ACL", "SETUSER", "weir", "-pexpire", "-set");
			try (TestRedis.Instance instance = connect(redis);
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
	}

	private static void operate(TestRedis.Instance one, TestRedis.Instance two) throws Exception {
		assertThat(new RedisLeaseDirectory(one.scripts()).list("weir:", null, 10)
			.toCompletableFuture()
			.get(20, TimeUnit.SECONDS)
			.next()).isNull();
		assertThat(one.scripts().ping().toCompletableFuture().get(20, TimeUnit.SECONDS)).isPositive();
		LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
		try (Broadcast broadcast = new Broadcast(two.scripts(), "weir:changes", 100, two.executor());
				Broadcast sender = new Broadcast(one.scripts(), "weir:changes", 100, one.executor())) {
			broadcast.listen(BroadcastTests.listener(received::add, received::add));
			await().until(() -> sender.publish("hello").toCompletableFuture().get(20, TimeUnit.SECONDS) == 1);
			assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("hello");
		}
	}

	private static TestRedis.Instance connect(TestRedis redis) {
		Config config = new Config().setUsername("weir").setPassword("secret");
		config.useSingleServer().setAddress(redis.server().uri()).setConnectionMinimumIdleSize(1).setRetryAttempts(0);
		return TestRedis.connect(config, TestRedis.PATIENCE, "weir:");
	}

	private static String[] rules() throws Exception {
		return Files.readString(Path.of("..", "docs", "security.md"))
			.lines()
			.filter((line) -> line.startsWith("ACL SETUSER weir"))
			.findFirst()
			.orElseThrow()
			.split(" ");
	}

}
