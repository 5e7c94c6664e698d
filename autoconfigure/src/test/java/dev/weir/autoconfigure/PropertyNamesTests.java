package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import dev.weir.lease.OnLost;
import dev.weir.policy.LockSettings;
import dev.weir.policy.PolicyNames;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link PropertyNames}: a misspelt property is reported.
 */
class PropertyNamesTests {

	@ParameterizedTest
	@ValueSource(strings = { "weir.enabled", "weir.lease.ttl", "weir.lock.policies.x.timeout",
			"weir.lock.policies.x.waitTime", "weir.lock.policies.x.wait_time",
			"weir.lock.policies[chat:stream].enabled", "weir.rate-limit.policies.[a.b].limit",
			"weir.rateLimit.rules[0].path", "weir.cache.single-flight", "weir.cache.single-flight[0]",
			"weir.rate-limit.defaults.on-unavailable", "spring.weir.x", "weirdo.x" })
	void acceptsPropertiesThatExist(String name) {
		assertThatNoException().isThrownBy(() -> check(name));
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '"', value = {
			"weir.lock.policy.x.timeout, Did you mean 'weir.lock.policies.x.timeout'?",
			"weir.lock.policies.x.timeot, Did you mean 'weir.lock.policies.x.timeout'?",
			"weir.lese.ttl, Did you mean 'weir.lease.ttl'?",
			"weir.rate-limits.headers, Did you mean 'weir.rate-limit.headers'?",
			"weir.rate-limit.rules[0].pth, Did you mean 'weir.rate-limit.rules[0].path'?",
			"weir.lock.policies.x.limit, 'weir.lock.policies.x' has the properties: enabled",
			"weir.lock.policies.a.b.timeout, brackets if it contains a dot or a colon: 'weir.lock.policies[a.b]'",
			"weir.lease.ttl.seconds, 'weir.lease.ttl' is a single value and has no nested properties" })
	void rejectsPropertiesThatDoNotExist(String name, String cure) {
		assertThatExceptionOfType(UnknownPropertyException.class).isThrownBy(() -> check(name))
			.withMessageContaining("Weir has no property '")
			.withMessageContaining(cure);
	}

	@ParameterizedTest
	@ValueSource(strings = { "WEIR_HOME", "WEIR_LEASE_TTL", "WEIR_LOCK_POLICIES_EMBEDDINGLOCK_TIMEOUT",
			"WEIR_LOCK_POLICIES_EMBEDDINGLOCK_WAITTIME", "WEIR_RATELIMIT_POLICIES_CHATSTREAM_LIMIT" })
	void acceptsVariablesWithAnEffectAndThoseOfOtherSoftware(String variable) {
		assertThatNoException().isThrownBy(() -> PropertyNames.check(environment(variable, "10")));
	}

	@ParameterizedTest
	@CsvSource({ "WEIR_LOCK_POLICIES_EMBEDDING_LOCK_TIMEOUT, Write 'WEIR_LOCK_POLICIES_EMBEDDINGLOCK_TIMEOUT'",
			"WEIR_LOCK_POLICIES_JOB_WAIT_TIME, Write 'WEIR_LOCK_POLICIES_JOB_WAITTIME'",
			"WEIR_RATE_LIMIT_POLICIES_CHAT_STREAM_LIMIT, Write 'WEIR_RATELIMIT_POLICIES_CHATSTREAM_LIMIT'",
			"WEIR_SEMAPHORE_POLICIES_BATCH_SIZE, It must end with '_' and one of: " })
	void rejectsVariablesOfPoliciesWithoutAnEffect(String variable, String cure) {
		assertThatExceptionOfType(UnknownPropertyException.class)
			.isThrownBy(() -> PropertyNames.check(environment(variable, "10")))
			.withMessageContaining(variable)
			.withMessageContaining(cure);
	}

	@Test
	void aVariableTunesThePolicyWhoseNameItMeans() {
		MapPropertySource file = new MapPropertySource("file",
				Map.of("weir.lock.policies[embedding_lock].timeout", "1s", "weir.lock.policies[embedding_lock].on-lost",
						"report", "weir.lock.policies.plain_name.timeout", "3s"));
		StandardEnvironment environment = environment("WEIR_LOCK_POLICIES_EMBEDDINGLOCK_TIMEOUT", "10s");
		environment.getPropertySources().addLast(file);
		WeirProperties properties = Binder.get(environment).bind("weir", WeirProperties.class).get();
		LockSettings settings = PolicyNames.find(properties.lock().policies(), "embedding_lock");
		assertThat(settings.timeout()).isEqualTo(Duration.ofSeconds(10));
		assertThat(settings.onLost()).isEqualTo(OnLost.REPORT);
		assertThat(PolicyNames.find(properties.lock().policies(), "plain_name").timeout())
			.isEqualTo(Duration.ofSeconds(3));
		// A change by an operator precedes both.
		WeirProperties changed = properties.with("embedding_lock",
				new LockSettings(null, Duration.ofSeconds(20), null, null, null, null, null, null));
		assertThat(PolicyNames.find(changed.lock().policies(), "embedding_lock"))
			.isEqualTo(new LockSettings(null, Duration.ofSeconds(20), null, null, null, OnLost.REPORT, null, null));
	}

	private static StandardEnvironment environment(String variable, String value) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new SystemEnvironmentPropertySource(
					StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, Map.of(variable, value)));
		return environment;
	}

	@Test
	void theStartFailsWithAllUnknownProperties() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(WeirAutoConfiguration.class, WeirRateLimitAutoConfiguration.class))
			.withPropertyValues("weir.store=local", "weir.lese.ttl=30s", "weir.lock.policies.x.timeot=3s",
					"weir.lease.ttl=10 seconds", "weir.rate-limit.rules[0].nme=x")
			.run((context) -> {
				assertThat(context).hasFailed();
				FailureAnalysis analysis = new UnknownPropertyFailureAnalyzer().analyze(context.getStartupFailure());
				assertThat(analysis.getDescription()).contains("weir.lese.ttl")
					.contains("weir.lock.policies.x.timeot")
					.contains("weir.rate-limit.rules[0].nme");
				assertThat(analysis.getAction()).contains("'weir.lease.ttl'?").contains("policies.x.timeout'?");
			});
	}

	private static void check(String name) {
		StandardEnvironment environment = new StandardEnvironment();
		Map<String, Object> values = new LinkedHashMap<>();
		values.put(name, "1");
		environment.getPropertySources().addFirst(new MapPropertySource("test", values));
		PropertyNames.check(environment);
	}

}
