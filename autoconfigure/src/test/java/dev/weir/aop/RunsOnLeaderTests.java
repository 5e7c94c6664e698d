package dev.weir.aop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.annotation.RunsOnLeader;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirEventsAutoConfiguration;
import dev.weir.autoconfigure.WeirMetricsAutoConfiguration;
import dev.weir.lease.Leaders;
import dev.weir.lease.Leadership;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.local.LocalLeaseStore;
import dev.weir.observe.LeadershipGrantedEvent;
import dev.weir.observe.LeadershipLostEvent;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for methods that run on the leader of a role.
 */
class RunsOnLeaderTests {

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.LOCK, "weir:leader:reports");

	private final ApplicationContextRunner contexts = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
				WeirAopAutoConfiguration.class, WeirMetricsAutoConfiguration.class, WeirEventsAutoConfiguration.class))
		.withUserConfiguration(Meters.class)
		.withPropertyValues("weir.store=local");

	private final ApplicationContextRunner jobs = this.contexts.withBean(Jobs.class, Jobs::new);

	/** Another instance that is the leader of reports. */
	private final LocalLeaseStore taken = new LocalLeaseStore();

	@Test
	void theLeaderRunsItsMethodsUnderTheLeaseOfTheRole() {
		this.jobs.run((context) -> {
			Leadership leadership = context.getBean(Leaders.class).of("reports");
			await().until(leadership::isLeader);
			Jobs jobs = context.getBean(Jobs.class);
			jobs.nothing();
			assertThat(jobs.text()).isEqualTo("ran with " + leadership.fencingToken());
			assertThat(jobs.stage().toCompletableFuture().join()).startsWith("ran");
			assertThat(jobs.mono().block(Duration.ofSeconds(20))).startsWith("ran");
			assertThat(jobs.runs()).isEqualTo(4);
			assertThat(context.getBean(MeterRegistry.class).get("weir.leader").tag("role", "reports").gauge().value())
				.isEqualTo(1);
		});
	}

	@Test
	void otherInstancesSkipTheMethods() {
		this.taken
			.tryAcquire(new LeaseStore.Claim(KEY, "another", 1, Duration.ofHours(1), false, LeaseStore.Queue.OUT));
		this.jobs.withBean(LeaseStore.class, () -> this.taken).run((context) -> {
			Jobs jobs = context.getBean(Jobs.class);
			jobs.nothing();
			assertThat(jobs.text()).isNull();
			assertThat(jobs.optional()).isEmpty();
			assertThat(jobs.stage().toCompletableFuture()).isCompletedWithValue(null);
			assertThat(jobs.mono().blockOptional(Duration.ofSeconds(20))).isEmpty();
			assertThat(context.getBean(Leaders.class).of("reports").tryRun(jobs::nothing)).isFalse();
			assertThat(jobs.runs()).isZero();
			MeterRegistry meters = context.getBean(MeterRegistry.class);
			assertThat(meters.get("weir.lease.skipped").tag("policy", "leader:reports").counter().count()).isEqualTo(6);
			assertThat(meters.get("weir.leader").tag("role", "reports").gauge().value()).isZero();
		});
	}

	@Test
	void theMethodsCampaignForTheirRoleWithoutACall() {
		this.jobs.run((context) -> {
			assertThat(context.getBean(Leaders.class).all()).extracting(Leadership::role).containsExactly("reports");
			await().until(() -> context.getBean(Leaders.class).all().iterator().next().isLeader());
		});
	}

	@Test
	void withoutARoleThereIsNoCampaign() {
		this.contexts.run((context) -> {
			assertThat(context.getBean(Leaders.class).all()).isEmpty();
			assertThat(context.getBean(LocalLeaseStore.class).size()).isZero();
			assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
				.doesNotContain("weir-lease-timer");
		});
	}

	@Test
	void eventsArePublishedInPairsAlsoAtTheEnd() {
		Listener listener = new Listener();
		this.jobs.withBean(Listener.class, () -> listener).run((context) -> {
			Leadership leadership = context.getBean(Leaders.class).of("reports");
			await().until(leadership::isLeader);
			long token = leadership.fencingToken();
			await().untilAsserted(
					() -> assertThat(listener.events).containsExactly(new LeadershipGrantedEvent("reports", token)));
			context.close();
			assertThat(listener.events).containsExactly(new LeadershipGrantedEvent("reports", token),
					new LeadershipLostEvent("reports", token, null));
		});
	}

	@Test
	void aRoleThatIsDisabledNeverLeads() {
		this.jobs.withPropertyValues("weir.leader.roles.reports.enabled=false").run((context) -> {
			Jobs jobs = context.getBean(Jobs.class);
			assertThat(jobs.text()).isNull();
			assertThat(context.getBean(LocalLeaseStore.class).size()).isZero();
		});
	}

	@Test
	void aRoleHasItsOwnTimeToLive() {
		this.jobs.withPropertyValues("weir.leader.roles.reports.ttl=5s").run((context) -> {
			await().until(context.getBean(Leaders.class).of("reports")::isLeader);
			context.getBean(Leaders.class)
				.of("reports")
				.tryRun(() -> assertThat(Lease.current().orElseThrow().remaining()).isBetween(Duration.ofMillis(100),
						Duration.ofSeconds(5)));
		});
		this.jobs.withPropertyValues("weir.leader.roles.reports.ttl=5ms")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'ttl' must be at least 100ms"));
	}

	@Test
	void mistakesFailTheStart() {
		this.contexts.withBean(Mistaken.class)
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining("number: @RunsOnLeader: a call that is skipped returns nothing")
				.hasMessageContaining("'weir:leader:a b' cannot be a key in Redis")
				.hasMessageContaining("the name of the role is empty")
				.hasMessageContaining("no proxy can guard the method: the method is final"));
	}

	@Test
	void aLockWithTheKeyOfARoleIsRefused() {
		this.jobs.run((context) -> {
			LockOperations locks = context.getBean(LockOperations.class);
			assertThatIllegalArgumentException().isThrownBy(() -> locks.acquire(LockSpec.of("leader", "reports")))
				.withMessageContaining("the same key in Redis");
			assertThatIllegalArgumentException().isThrownBy(() -> context.getBean(Leaders.class).of(""))
				.withMessageContaining("There can be no role ''");
		});
	}

	@Test
	void aMistakeInTheBodyGoesToTheCaller() {
		this.jobs.run((context) -> {
			await().until(context.getBean(Leaders.class).of("reports")::isLeader);
			assertThatExceptionOfType(ArithmeticException.class)
				.isThrownBy(() -> context.getBean(Leaders.class).of("reports").tryRun(() -> {
					throw new ArithmeticException();
				}));
		});
	}

	@Configuration(proxyBeanMethods = false)
	static class Meters {

		@Bean
		SimpleMeterRegistry meters() {
			return new SimpleMeterRegistry();
		}

	}

	static class Listener {

		private final List<Object> events = Collections.synchronizedList(new ArrayList<>());

		@EventListener({ LeadershipGrantedEvent.class, LeadershipLostEvent.class })
		void changed(Object event) {
			this.events.add(event);
		}

	}

	static class Jobs {

		private final AtomicInteger runs = new AtomicInteger();

		int runs() {
			return this.runs.get();
		}

		@RunsOnLeader("reports")
		void nothing() {
			this.runs.incrementAndGet();
		}

		@RunsOnLeader("${role:reports}")
		String text() {
			return ran();
		}

		@RunsOnLeader("reports")
		Optional<String> optional() {
			return Optional.of(ran());
		}

		@RunsOnLeader("reports")
		CompletionStage<String> stage() {
			return CompletableFuture.completedFuture(ran());
		}

		@RunsOnLeader("reports")
		Mono<String> mono() {
			return Mono.fromSupplier(this::ran);
		}

		private String ran() {
			this.runs.incrementAndGet();
			return "ran with " + Lease.current().map(Lease::fencingToken).orElse(null);
		}

	}

	static class Mistaken {

		@RunsOnLeader("reports")
		int number() {
			return 1;
		}

		@RunsOnLeader("a b")
		void blank() {
		}

		@RunsOnLeader("")
		void empty() {
		}

		@RunsOnLeader("reports")
		final void unreachable() {
		}

	}

}
