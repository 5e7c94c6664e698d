package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.function.IntConsumer;

import dev.weir.actuate.WeirEndpoint;
import dev.weir.core.OnUnavailable;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.policy.PolicyCatalog;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.RateLimiter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the bounds of memory in {@code docs/security.md} in an application that gets a
 * million names, keys, header values and cursors that a client has invented.
 */
@Tag("long")
@Timeout(240)
class BoundsTests {

	private static final int INVENTED = Integer.getInteger("memory.calls", 1_000_000);

	private static final long MAX_HEAP = 100L << 20;

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("weir.store=local", "management.endpoints.web.exposure.include=weir")
		.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
		.withConfiguration(AutoConfigurations.of(AllAutoConfigurations.with(AopAutoConfiguration.class)));

	@Test
	void namesOfPoliciesAreBounded() {
		this.runner.run((context) -> {
			LockOperations locks = context.getBean(LockOperations.class);
			RateLimitOperations limits = context.getBean(RateLimitOperations.class);
			RateLimit limit = RateLimit.of(10, Duration.ofDays(1));
			assertThat(growth((i) -> {
				locks.tryAcquire(LockSpec.of("name" + i, "key" + i)).ifPresent((lease) -> lease.close());
				limits.tryConsume(RateLimitSpec.of("limit" + i).limit(limit));
			})).isLessThan(MAX_HEAP);
			assertThat(context.getBean(PolicyCatalog.class).all()).hasSizeLessThanOrEqualTo(2_000);
			assertThat(context.getBean(MeterRegistry.class).getMeters()).hasSizeLessThan(30_000);
			assertThat(context.getBean(LeaseManager.class)).extracting("gates")
				.asString()
				.isEqualTo("{lock={}, semaphore={}}");
		});
	}

	@Test
	void bucketsOfInventedHeaderValuesAreBounded() {
		this.runner.run((context) -> {
			RateLimiter limiter = context.getBean(RateLimiter.class);
			RateLimit limit = RateLimit.of(10, Duration.ofDays(1));
			assertThat(growth((i) -> limiter
				.tryConsume(List.of(new Charge("api", "weir:api%:" + i, limit, 1, OnUnavailable.LOCAL, false, true)))))
				.isLessThan(MAX_HEAP);
		});
	}

	@Test
	void inventedCursorsLeaveNothingBehind() {
		this.runner.run((context) -> {
			WeirEndpoint endpoint = context.getBean(WeirEndpoint.class);
			assertThat(growth((i) -> assertThat(endpoint.list("leases", null, "0-" + i, null))
				.isInstanceOf(WebEndpointResponse.class))).isLessThan(20L << 20);
		});
	}

	private static long growth(IntConsumer action) {
		long before = usedHeap();
		for (int i = 0; i < INVENTED; i++) {
			action.accept(i);
		}
		return usedHeap() - before;
	}

	private static long usedHeap() {
		System.gc();
		return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
	}

}
