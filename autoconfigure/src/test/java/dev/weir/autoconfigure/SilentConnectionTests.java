package dev.weir.autoconfigure;

import java.time.Duration;

import dev.weir.embeddedredis.FaultyNetwork;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.Lease;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests connections whose packets a network drops without closing them, as a firewall or
 * a load balancer does that has forgotten them. New connections work.
 */
@Tag("long")
@Timeout(120)
class SilentConnectionTests {

	/** Three seconds, and some for a slow machine. */
	private static final Duration LIMIT = Duration.ofSeconds(4);

	@Test
	void locksWorkSoonAndAHeldLeaseIsKept() throws Exception {
		try (RedisServer redis = RedisServer.start(); FaultyNetwork network = FaultyNetwork.start(redis.port())) {
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(AllAutoConfigurations.with(DataRedisAutoConfiguration.class)))
				.withPropertyValues("spring.data.redis.port=" + network.port(), "spring.data.redis.host=127.0.0.1",
						"weir.lease.ttl=10s")
				.run((context) -> {
					LockOperations locks = context.getBean(LockOperations.class);
					Lease held = locks.acquire(LockSpec.of("held", "1"));
					locks.acquire(LockSpec.of("other", "1")).close();
					network.dropPresentConnections();
					long begin = System.nanoTime();
					locks.acquire(LockSpec.of("other", "2").waitTime(Duration.ofSeconds(30))).close();
					assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LIMIT);
					// Longer than a lease lives without renewal.
					await().during(Duration.ofSeconds(11)).atMost(Duration.ofSeconds(20)).until(held::isValid);
					assertThat(redis.number("EXISTS", "weir:held:1")).isOne();
					held.close();
				});
		}
	}

}
