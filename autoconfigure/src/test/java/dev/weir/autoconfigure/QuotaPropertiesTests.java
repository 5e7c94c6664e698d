package dev.weir.autoconfigure;

import java.time.ZoneId;
import java.time.ZoneOffset;

import dev.weir.annotation.RateLimited;
import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.Quota.Period;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for the properties of quotas.
 */
@ExtendWith(OutputCaptureExtension.class)
class QuotaPropertiesTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("weir.store=local")
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
				WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class))
		.withBean(Service.class);

	@Test
	void theZoneIsUtcUnlessSet() {
		assertLimit(this.runner, "daily", 10, Period.DAY, ZoneId.of("UTC"));
		assertLimit(this.runner, "berlin", 10, Period.DAY, ZoneId.of("Europe/Berlin"));
	}

	@Test
	void aPropertySetsTheZoneOfAllPoliciesWithoutAZone() {
		ApplicationContextRunner kiritimati = this.runner.withPropertyValues("weir.rate-limit.zone=Pacific/Kiritimati");
		assertLimit(kiritimati, "daily", 10, Period.DAY, ZoneId.of("Pacific/Kiritimati"));
		assertLimit(kiritimati, "berlin", 10, Period.DAY, ZoneId.of("Europe/Berlin"));
	}

	@Test
	void aPropertyOfThePolicySetsItsZoneAndPeriod() {
		assertLimit(
				this.runner.withPropertyValues("weir.rate-limit.policies.berlin.zone=+05:45",
						"weir.rate-limit.policies.berlin.limit=7/month"),
				"berlin", 7, Period.MONTH, ZoneOffset.ofHoursMinutes(5, 45));
	}

	@Test
	void aPropertySetsThePeriodOfAllPoliciesWithoutAWindow() {
		assertLimit(this.runner.withPropertyValues("weir.rate-limit.defaults.window=week"), "plain", 10, Period.WEEK,
				ZoneId.of("UTC"));
	}

	private static void assertLimit(ApplicationContextRunner runner, String policy, long limit, Period period,
			ZoneId zone) {
		runner.run((context) -> assertThat(
				context.getBean(RateLimitOperations.class).peek(RateLimitSpec.of(policy)).limit())
			.isEqualTo(RateLimit.of(limit, new Quota(period, zone))));
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '"',
			value = { "weir.rate-limit.zone, Mars/Base, Unknown time-zone ID: Mars/Base",
					"weir.rate-limit.policies.daily.zone, Berlin, Unknown time-zone ID: Berlin",
					"weir.rate-limit.policies.daily.window, fortnight, not a duration such as 10s",
					"weir.rate-limit.defaults.window, year, \"nor one of [day, week, month]\"",
					"weir.rate-limit.policies.daily.limit, 10/year, '10/year' is not a limit" })
	void aMistakeFailsTheStartAndNamesThePropertyTheValueAndTheCure(String property, String value, String reason,
			CapturedOutput output) {
		SpringApplication application = new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.build();
		assertThatThrownBy(() -> application.run("--weir.store=local", "--" + property + "=" + value));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("Property: " + property)
			.contains("Value: \"" + value + "\"")
			.contains(reason);
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ AopAutoConfiguration.class, WeirAutoConfiguration.class,
			WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class })
	static class Application {

	}

	static class Service {

		@RateLimited(name = "daily", limit = 10, window = "day")
		void daily() {
		}

		@RateLimited(name = "berlin", limit = 10, window = "day", zone = "Europe/Berlin")
		void berlin() {
		}

		@RateLimited(name = "plain", limit = 10)
		void plain() {
		}

	}

}
