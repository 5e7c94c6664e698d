package dev.weir.autoconfigure;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import dev.weir.actuate.PolicyChange;
import dev.weir.actuate.PolicyTuning;
import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.policy.PolicyCatalog;
import dev.weir.policy.PolicyDescription;
import dev.weir.policy.PolicyKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.core.env.MapPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests changes of an operator together with the configuration, also when the
 * configuration changes.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class PolicyTuningTests {

	private final Map<String, Object> configuration = new HashMap<>();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("weir.store=local", "management.endpoints.web.exposure.include=weir")
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
				WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class,
				WeirEndpointAutoConfiguration.class))
		.withInitializer((context) -> context.getEnvironment()
			.getPropertySources()
			.addFirst(new MapPropertySource("changing", this.configuration)));

	@ParameterizedTest
	@ValueSource(strings = { "a_b", "a-b", "aB", "a", "[a_b]", "[a:b]", "[a.b]" })
	void changesOnlyTheNamedAttribute(String key) {
		String name = key.replaceAll("[\\[\\]]", "");
		String policy = "weir.semaphore.policies" + (key.startsWith("[") ? key : "." + key);
		this.configuration.put(policy + ".limit", "7");
		this.configuration.put(policy + ".timeout", "300s");
		this.runner.run((context) -> {
			apply(context, new PolicyChange(PolicyKind.SEMAPHORE, name, Map.of("wait-time", "5s")));
			assertThat(values(context, "semaphore", name)).isEqualTo("limit=7, timeout=PT5M, waitTime=PT5S");
			this.configuration.put(policy + ".limit", "8");
			refresh(context);
			assertThat(values(context, "semaphore", name)).isEqualTo("limit=8, timeout=PT5M, waitTime=PT5S");
			apply(context, new PolicyChange(PolicyKind.SEMAPHORE, name, Map.of("wait-time", "")));
			assertThat(values(context, "semaphore", name)).isEqualTo("limit=8, timeout=PT5M");
		});
	}

	@Test
	void aLimitWithItsWindowReplacesTheConfiguredWindow() {
		this.configuration.put("weir.rate-limit.policies.chat.limit", "10");
		this.configuration.put("weir.rate-limit.policies.chat.window", "1h");
		this.configuration.put("weir.rate-limit.policies.chat.burst", "20");
		this.runner.run((context) -> {
			apply(context, new PolicyChange(PolicyKind.RATE_LIMIT, "chat", Map.of("limit", "30/1m")));
			assertThat(values(context, "rate-limit", "chat")).isEqualTo("burst=20, limit=30, window=PT1M");
		});
	}

	@Test
	void aPolicyThatIsInvalidWithoutAPropertyKeepsTheProperty(CapturedOutput output) {
		this.configuration.put("weir.semaphore.policies.batch.limit", "2");
		this.runner.withBean(Batch.class).run((context) -> {
			this.configuration.remove("weir.semaphore.policies.batch.limit");
			refresh(context);
			assertThat(output).contains("are rejected").contains("the limit is missing");
			assertThatNoException().isThrownBy(context.getBean(Batch.class)::run);
			assertThat(values(context, "semaphore", "batch")).contains("limit=2");
		});
	}

	@Test
	void anAttributeThatBecomesInvalidKeepsItsValue(CapturedOutput output) {
		this.configuration.put("report.timeout", "20s");
		this.runner.withBean(Report.class).run((context) -> {
			this.configuration.put("report.timeout", "soon");
			refresh(context);
			assertThat(output).contains("are rejected").contains("'soon' is not a duration");
			assertThatNoException().isThrownBy(context.getBean(Report.class)::run);
			assertThat(values(context, "lock", "report")).contains("timeout=PT20S");
		});
	}

	@Test
	void anInvalidConfigurationDoesNotPreventReadsAndChanges() {
		this.configuration.put("weir.rate-limit.policies.chat.limit", "10/1m");
		this.runner.run((context) -> {
			this.configuration.put("weir.rate-limit.policies.chat.limit", "many");
			refresh(context);
			assertThat(values(context, "rate-limit", "chat")).isEqualTo("limit=10, window=PT1M");
			apply(context, new PolicyChange(PolicyKind.RATE_LIMIT, "chat", Map.of("shadow", "true")));
			assertThat(values(context, "rate-limit", "chat")).isEqualTo("limit=10, shadow=true, window=PT1M");
		});
	}

	@Test
	void rejectsAnInvalidChangeAndKeepsThePreviousValues() {
		this.configuration.put("weir.semaphore.policies.batch.limit", "2");
		this.runner.run((context) -> {
			apply(context, new PolicyChange(PolicyKind.SEMAPHORE, "batch", Map.of("limit", "3")));
			assertThatIllegalArgumentException()
				.isThrownBy(() -> apply(context, new PolicyChange(PolicyKind.SEMAPHORE, "batch", Map.of("limit", "0"))))
				.withMessageContaining("'limit' must be at least 1, not 0");
			assertThatIllegalArgumentException().isThrownBy(
					() -> apply(context, new PolicyChange(PolicyKind.SEMAPHORE, "batch", Map.of("timeout", "soon"))))
				.withMessageContaining("soon");
			assertThat(values(context, "semaphore", "batch")).isEqualTo("limit=3");
		});
	}

	@Test
	void rulesByPathArePoliciesToo(CapturedOutput output) {
		this.configuration.put("weir.rate-limit.rules[0].name", "api");
		this.configuration.put("weir.rate-limit.rules[0].path", "/api/**");
		this.configuration.put("weir.rate-limit.rules[0].limit", "100/1m");
		this.configuration.put("weir.rate-limit.policies.api.shadow", "true");
		this.runner.run((context) -> {
			assertThat(values(context, "rate-limit", "api"))
				.isEqualTo("burst=100, cost=1, enabled=true, limit=100, onUnavailable=LOCAL, shadow=true, window=PT1M");
			assertThat(policy(context, "rate-limit", "api").methods()).containsExactly("/api/**");
			assertThat(output).doesNotContain("'api'");
			apply(context, new PolicyChange(PolicyKind.RATE_LIMIT, "api", Map.of("limit", "5")));
			assertThat(values(context, "rate-limit", "api")).contains("limit=5");
		});
	}

	@Test
	void aConcurrentRefreshDoesNotUndoAChange() {
		this.runner.run((context) -> {
			CompletableFuture<Void> refreshes = CompletableFuture.runAsync(() -> {
				for (int i = 0; i < 200; i++) {
					refresh(context);
				}
			});
			int limit = 0;
			while (!refreshes.isDone()) {
				limit++;
				apply(context,
						new PolicyChange(PolicyKind.SEMAPHORE, "batch", Map.of("limit", Integer.toString(limit))));
				assertThat(values(context, "semaphore", "batch")).isEqualTo("limit=" + limit);
			}
			refreshes.join();
			assertThat(values(context, "semaphore", "batch")).isEqualTo("limit=" + limit);
		});
	}

	private static void apply(ApplicationContext context, PolicyChange change) {
		context.getBean(PolicyTuning.class).apply(change, "operator");
	}

	private void refresh(ApplicationContext context) {
		context.publishEvent(new EnvironmentChangeEvent(Set.of("changed")));
	}

	private static PolicyDescription policy(ApplicationContext context, String kind, String name) {
		return context.getBean(PolicyCatalog.class)
			.all()
			.stream()
			.filter((policy) -> policy.kind() == PolicyKind.of(kind) && policy.name().equals(name))
			.findFirst()
			.orElseThrow();
	}

	private static String values(ApplicationContext context, String kind, String name) {
		return policy(context, kind, name).values()
			.entrySet()
			.stream()
			.map((value) -> value.getKey() + "=" + value.getValue().value())
			.sorted()
			.reduce((left, right) -> left + ", " + right)
			.orElse("");
	}

	static class Batch {

		@Semaphore(name = "batch")
		void run() {
		}

	}

	static class Report {

		@DistributedLock(name = "report", timeout = "${report.timeout}")
		void run() {
		}

	}

}
