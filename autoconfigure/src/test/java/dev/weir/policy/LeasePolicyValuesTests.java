package dev.weir.policy;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnLost;
import dev.weir.policy.expression.Invocation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for the values that {@link LeasePolicies} resolves from properties, annotations
 * and defaults.
 */
class LeasePolicyValuesTests {

	private static final LockSettings DEFAULTS = new LockSettings(true, null, null, Duration.ofSeconds(10),
			OnUnavailable.FAIL, OnLost.FAIL, null, null);

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	@Test
	void attributesCanHavePlaceholders() {
		this.beans.addEmbeddedValueResolver((text) -> text.replace("${limit}", "45s").replace("${name}", "resolved"));
		LeasePolicy policy = policy("placeholders");
		assertThat(policy.name()).isEqualTo("resolved");
		assertThat(policy.values().timeout().value()).isEqualTo(Duration.ofSeconds(45));
	}

	@ParameterizedTest
	@CsvSource({ "waitsAsLongAsItHolds,60000", "waitsLess,500", "doesNotWait,0", "bare,10000" })
	void waitTimeDefaultsToTheTimeout(String method, long millis) {
		assertThat(policy(method).values().waitTime().value()).isEqualTo(Duration.ofMillis(millis));
	}

	@Test
	void propertiesHavePrecedenceOverAnnotationsAndTheseOverDefaults() {
		LockSettings defaults = new LockSettings(true, Duration.ofSeconds(1), null, Duration.ofSeconds(2),
				OnUnavailable.PROCEED, OnLost.REPORT, null, null);
		LockSettings override = new LockSettings(null, Duration.ofSeconds(9), null, null, OnUnavailable.FAIL, null,
				null, null);
		LeasePolicies policies = locks(defaults, Map.of("all", override));
		LeasePolicy overridden = policies.of(method(Guarded.class, "bare"));
		assertThat(overridden.values().timeout().value()).isEqualTo(Duration.ofSeconds(9));
		assertThat(overridden.values().waitTime().value()).isEqualTo(Duration.ofSeconds(9));
		assertThat(overridden.values().onUnavailable().value()).isEqualTo(OnUnavailable.FAIL);
		assertThat(overridden.values().onLost().value()).isEqualTo(OnLost.REPORT);
		LeasePolicy annotated = policies.of(method(Guarded.class, "waitsLess"));
		assertThat(annotated.values().timeout().value()).isEqualTo(Duration.ofSeconds(60));
		assertThat(annotated.values().waitTime().value()).isEqualTo(Duration.ofMillis(500));
		assertThat(annotated.values().onUnavailable().value()).isEqualTo(OnUnavailable.LOCAL);
		LeasePolicy keyed = policies.of(method(Guarded.class, "keyed"));
		assertThat(keyed.values().timeout().value()).isEqualTo(Duration.ofSeconds(1));
		assertThat(keyed.values().onUnavailable().value()).isEqualTo(OnUnavailable.PROCEED);
	}

	@Test
	void aPropertyDeterminesForHowLongALockIsKept() {
		Invocation invocation = invocation("bare", "7");
		LockSettings kept = new LockSettings(null, null, Duration.ofSeconds(30), null, null, null, null, null);
		LeasePolicy policy = locks(DEFAULTS, Map.of("all", kept)).of(method(Guarded.class, "bare"));
		assertThat(policy.guard(invocation).requests()).extracting(LeaseRequest::atLeast)
			.containsExactly(Duration.ofSeconds(30));
		assertThat(policy("bare").guard(invocation).requests()).extracting(LeaseRequest::atLeast)
			.containsExactly(Duration.ZERO);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new LockSettings(null, null, Duration.ofMillis(-1), null, null, null, null, null))
			.withMessageContaining("'at-least' must not be negative");
	}

	@Test
	void propertiesAndDefaultsDisableAPolicy() {
		LockSettings off = new LockSettings(false, null, null, null, null, null, null, null);
		Method method = method(Guarded.class, "bare");
		Invocation invocation = invocation("bare", "7");
		assertThat(locks(DEFAULTS, Map.of("all", off)).of(method).guards(invocation)).isFalse();
		LockSettings allOff = new LockSettings(false, null, null, Duration.ZERO, OnUnavailable.FAIL, OnLost.FAIL, null,
				null);
		assertThat(locks(allOff, Map.of()).of(method).guards(invocation)).isFalse();
		assertThat(locks(DEFAULTS, Map.of()).of(method).guards(invocation)).isTrue();
	}

	@Test
	void aConditionDecidesForEachCall() {
		assertThat(policy("conditional").guards(invocation("conditional", "yes"))).isTrue();
		assertThat(policy("conditional").guards(invocation("conditional", "no"))).isFalse();
	}

	@Test
	void failsIfAConditionIsNull() {
		assertThatIllegalStateException()
			.isThrownBy(() -> policy("nullCondition").guards(invocation("nullCondition", "7")))
			.withMessageContaining("is null, not true or false");
	}

	@Test
	void aLimitInAPropertyHasPrecedenceOverTheAnnotationAndItsExpression() {
		LeasePolicies policies = semaphores(Map.of("plan", limit(7), "fixed", limit(9)));
		assertThat(limitOf(policies, "plan")).isEqualTo(7);
		assertThat(limitOf(policies, "fixed")).isEqualTo(9);
		assertThat(limitOf(semaphores(Map.of()), "plan")).isEqualTo(4);
		assertThat(limitOf(semaphores(Map.of()), "fixed")).isEqualTo(3);
	}

	@Test
	void propertiesCanChangeWhilePoliciesAreInUse() {
		LeasePolicies policies = semaphores(Map.of());
		assertThat(limitOf(policies, "fixed")).isEqualTo(3);
		policies.prepare(Map.of("fixed", limit(5))).run();
		assertThat(limitOf(policies, "fixed")).isEqualTo(5);
		policies.prepare(Map.of()).run();
		assertThat(limitOf(policies, "fixed")).isEqualTo(3);
	}

	@Test
	void settingsRejectInvalidDurations() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new LockSettings(null, Duration.ZERO, null, null, null, null, null, null))
			.withMessageContaining("'timeout' must be at least 1ms");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new LockSettings(null, null, null, Duration.ofMillis(-1), null, null, null, null))
			.withMessageContaining("'wait-time' must not be negative");
	}

	private static SemaphoreSettings limit(int limit) {
		return new SemaphoreSettings(null, limit, null, null, null, null, null, null);
	}

	private static int limitOf(LeasePolicies policies, String method) {
		Method found = method(Limited.class, method);
		return policies.of(found)
			.guard(new Invocation(found, new Limited(), Limited.class, new Object[] { "four" }))
			.requests()
			.get(0)
			.limit();
	}

	private LeasePolicy policy(String method) {
		return locks(DEFAULTS, Map.of()).of(method(Guarded.class, method));
	}

	private LeasePolicies locks(LockSettings defaults, Map<String, LockSettings> overrides) {
		return new LeasePolicies(LeaseKind.LOCK, "weir:", defaults, overrides, new LeaseNames(), new WaitRooms(),
				this.beans::resolveEmbeddedValue, this.beans);
	}

	private LeasePolicies semaphores(Map<String, SemaphoreSettings> overrides) {
		return new LeasePolicies(LeaseKind.SEMAPHORE, "weir:", DEFAULTS, overrides, new LeaseNames(), new WaitRooms(),
				this.beans::resolveEmbeddedValue, this.beans);
	}

	private static Invocation invocation(String method, Object argument) {
		return new Invocation(method(Guarded.class, method), new Guarded(), Guarded.class, new Object[] { argument });
	}

	private static Method method(Class<?> type, String name) {
		return Arrays.stream(type.getDeclaredMethods())
			.filter((method) -> method.getName().equals(name))
			.findFirst()
			.orElseThrow();
	}

	static class Guarded {

		@DistributedLock("all")
		void bare(String id) {
		}

		@DistributedLock(name = "order", key = "#id")
		void keyed(String id) {
		}

		@DistributedLock(name = "${name}", timeout = "${limit}")
		void placeholders(String id) {
		}

		@DistributedLock(name = "a", timeout = "1m")
		void waitsAsLongAsItHolds(String id) {
		}

		@DistributedLock(name = "b", timeout = "PT60S", waitTime = "500", onUnavailable = OnUnavailable.LOCAL)
		void waitsLess(String id) {
		}

		@DistributedLock(name = "c", timeout = "60s", waitTime = "0")
		void doesNotWait(String id) {
		}

		@DistributedLock(name = "d", condition = "#id == 'yes'")
		void conditional(String id) {
		}

		@DistributedLock(name = "e", condition = "null")
		void nullCondition(String id) {
		}

	}

	static class Limited {

		@Semaphore(name = "fixed", limit = 3)
		void fixed(String id) {
		}

		@Semaphore(name = "plan", limitExpression = "#id.length()")
		void plan(String id) {
		}

	}

}
