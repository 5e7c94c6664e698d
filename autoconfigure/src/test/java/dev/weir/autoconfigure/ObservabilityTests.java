package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import dev.weir.actuate.WeirHealthIndicator;
import dev.weir.lease.Leaders;
import dev.weir.lease.Leadership;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.lease.LossReason;
import dev.weir.observe.LeaseLostEvent;
import dev.weir.observe.RateLimitDeniedEvent;
import dev.weir.observe.StoreUnavailableEvent;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.redis.RedisScripts;
import dev.weir.redis.TestRedis;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

/**
 * Tests metrics, observations, events and health of an application on a real Redis.
 */
@Timeout(60)
class ObservabilityTests {

	private static TestRedis redis;

	private final Heard recorded = new Heard();

	private final ObservationRegistry observations = ObservationRegistry.create();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("spring.data.redis.url=" + redis.server().uri(), "weir.redis.timeout=20s",
				"spring.data.redis.connect-timeout=20s")
		.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
		.withBean(ObservationRegistry.class, () -> this.observations)
		.withBean(Heard.class, () -> this.recorded)
		.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class, WeirRedisAutoConfiguration.class,
				WeirAutoConfiguration.class, WeirRateLimitAutoConfiguration.class, WeirMetricsAutoConfiguration.class,
				WeirObservationAutoConfiguration.class, WeirEventsAutoConfiguration.class,
				WeirHealthAutoConfiguration.class));

	ObservabilityTests() {
		this.observations.observationConfig().observationHandler(this.recorded);
	}

	@BeforeAll
	static void start() {
		redis = new TestRedis();
	}

	@AfterAll
	static void stop() {
		redis.close();
	}

	@AfterEach
	void flush() {
		redis.server().command("FLUSHALL");
	}

	@Test
	void aWaitingCallerIsCountedTimedAndTraced() throws Exception {
		this.runner.run((context) -> {
			LockOperations locks = context.getBean(LockOperations.class);
			MeterRegistry meters = context.getBean(MeterRegistry.class);
			Lease first = locks.acquire(LockSpec.of("job", "1"));
			await().ignoreExceptions().until(() -> meters.get("weir.lease.holders").gauge().value() == 1);
			assertThat(this.recorded.spans).isEmpty();
			Observation caller = Observation.start("caller", this.observations);
			CompletableFuture<Lease> second = CompletableFuture.supplyAsync(() -> {
				try (Observation.Scope scope = caller.openScope()) {
					return locks.acquire(LockSpec.of("job", "1").waitTime(Duration.ofSeconds(20)));
				}
			});
			await().until(() -> meters.get("weir.lease.waiters").gauge().value() == 1);
			first.close();
			second.get(20, TimeUnit.SECONDS).close();
			// Callers are answered before listeners are notified.
			await().ignoreExceptions()
				.until(() -> meters.get("weir.lease.hold").tag("end", "released").timer().count() == 2);
			assertThat(meters.get("weir.lease.holders").gauge().value()).isZero();
			assertThat(meters.get("weir.lease.waiters").gauge().value()).isZero();
			assertThat(meters.get("weir.lease.acquire").tag("outcome", "acquired").timer().count()).isEqualTo(2);
			assertThat(meters.get("weir.lease.hold").tag("end", "released").timer().count()).isEqualTo(2);
			assertThat(meters.get("weir.redis.script")
				.tags("script", "lock-acquire", "outcome", "answered")
				.timer()
				.count()).isPositive();
			assertThat(this.recorded.spans).singleElement().satisfies((span) -> {
				assertThat(span.getName()).isEqualTo("weir.lease.wait");
				assertThat(span.getParentObservation()).isSameAs(caller);
				assertThat(span.getLowCardinalityKeyValues()).extracting("key", "value")
					.containsExactlyInAnyOrder(tuple("policy", "job"), tuple("kind", "lock"),
							tuple("outcome", "acquired"));
			});
		});
	}

	@Test
	void aFreeAcquireHasASpanIfConfigured() {
		this.runner.withPropertyValues("weir.observations.free-acquires=true").run((context) -> {
			context.getBean(LockOperations.class).acquire(LockSpec.of("job")).close();
			// The caller is answered first.
			await().until(() -> this.recorded.spans.size() == 1);
		});
	}

	@Test
	void aLostLeasePublishesAnEvent() {
		this.runner.run((context) -> {
			Lease lease = context.getBean(LockOperations.class).acquire(LockSpec.of("job", "1"));
			redis.server().command("DEL", lease.key());
			lease.close();
			LeaseLostEvent event = this.recorded.next(LeaseLostEvent.class);
			assertThat(event.policy()).isEqualTo("job");
			assertThat(event.key()).isEqualTo("weir:job:1");
			assertThat(event.reason()).isEqualTo(LossReason.TAKEN);
			assertThat(context.getBean(MeterRegistry.class)
				.get("weir.lease.lost")
				.tag("reason", "taken")
				.counter()
				.count()).isEqualTo(1);
		});
	}

	@Test
	void aDenialPublishesAnEventAndCallsNearTheLimitAreCounted() {
		this.runner.run((context) -> {
			RateLimitOperations limits = context.getBean(RateLimitOperations.class);
			RateLimitSpec upload = RateLimitSpec.of("upload").limit(RateLimit.of(1, Duration.ofHours(1)));
			assertThat(limits.tryConsume(upload).allowed()).isTrue();
			assertThat(limits.tryConsume(upload).allowed()).isFalse();
			assertThat(this.recorded.next(RateLimitDeniedEvent.class).decision().policy()).isEqualTo("upload");
			assertThat(context.getBean(MeterRegistry.class).get("weir.rate.limit.near").counter().count()).isEqualTo(1);
		});
	}

	@Test
	void anOutagePublishesOneEventAndDegradesHealth() {
		try (TestRedis own = new TestRedis()) {
			this.runner
				.withPropertyValues("spring.data.redis.url=" + own.server().uri(), "weir.redis.timeout=300ms",
						"spring.data.redis.connect-timeout=20s")
				.run((context) -> {
					context.getBean(RedisScripts.class).ping();
					await().untilAsserted(() -> assertThat(health(context).getStatus()).isEqualTo(Status.UP));
					assertThat(health(context).getDetails()).containsEntry("circuits", Map.of("redis", "closed"))
						.containsKey("answersIn");
					own.server().pause();
					LockOperations locks = context.getBean(LockOperations.class);
					for (int i = 0; i < 5; i++) {
						assertThatExceptionOfType(LeaseUnavailableException.class)
							.isThrownBy(() -> locks.acquire(LockSpec.of("job").waitTime(Duration.ZERO)));
					}
					assertThat(this.recorded.next(StoreUnavailableEvent.class).reason()).contains("did not answer");
					Health degraded = health(context);
					assertThat(degraded.getStatus()).isEqualTo(WeirHealthIndicator.DEGRADED);
					assertThat(degraded.getDetails()).containsEntry("circuits", Map.of("redis", "open"))
						.containsKey("troubles");
					MeterRegistry meters = context.getBean(MeterRegistry.class);
					assertThat(meters.get("weir.redis.circuit.openings").counter().count()).isEqualTo(1);
					assertThat(meters.get("weir.lease.unavailable").tag("action", "fail").counter().count())
						.isEqualTo(5);
					own.server().resume();
					await().untilAsserted(() -> assertThat(health(context).getStatus()).isEqualTo(Status.UP));
					assertThat(context.getBean(RedisScripts.class).circuits()).doesNotContainValue(true);
					assertThat(this.recorded.events).doesNotHaveAnyElementsOfTypes(StoreUnavailableEvent.class);
				});
		}
	}

	@Test
	void healthNamesTheRolesOfThisInstanceAndStaysUp() {
		this.runner.run((leader) -> {
			Leadership first = leader.getBean(Leaders.class).of("reports");
			await().until(first::isLeader);
			assertThat(health(leader).getDetails()).containsEntry("roles", Map.of("reports", "leader"));
			this.runner.run((other) -> {
				assertThat(other.getBean(Leaders.class).of("reports").isLeader()).isFalse();
				// Health names no role of an instance that has not needed Redis yet.
				await().untilAsserted(() -> assertThat(health(other).getDetails()).containsEntry("roles",
						Map.of("reports", "not the leader")));
				assertThat(health(other).getStatus()).isEqualTo(Status.UP);
			});
			assertThat(health(leader).getStatus()).isEqualTo(Status.UP);
		});
	}

	@Test
	void healthIsDownWithoutRedisIfConfigured() {
		this.runner
			.withPropertyValues("spring.data.redis.url=redis://127.0.0.1:1", "weir.redis.timeout=500ms",
					"spring.data.redis.connect-timeout=1s", "weir.health.down-when-degraded=true")
			.run((context) -> {
				context.getBean(RedisScripts.class).ping();
				assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
			});
	}

	@Test
	void startsNoThreadForEventsBeforeTheFirstEvent() {
		this.runner.run((context) -> assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
			.doesNotContain("weir-events"));
	}

	private static Health health(ApplicationContext context) {
		return context.getBean(WeirHealthIndicator.class).health(true);
	}

	/**
	 * Records all events and spans.
	 */
	static class Heard implements ObservationHandler<Observation.Context> {

		private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

		private final List<Observation.Context> spans = new ArrayList<>();

		@EventListener({ LeaseLostEvent.class, RateLimitDeniedEvent.class, StoreUnavailableEvent.class })
		void on(Object event) {
			this.events.add(event);
		}

		<T> T next(Class<T> type) throws InterruptedException {
			Object event = this.events.poll(20, TimeUnit.SECONDS);
			assertThat(event).isInstanceOf(type);
			return type.cast(event);
		}

		@Override
		public void onStop(Observation.Context context) {
			if (context.getName().startsWith("weir")) {
				this.spans.add(context);
			}
		}

		@Override
		public boolean supportsContext(Observation.Context context) {
			return true;
		}

	}

}
