package dev.weir.autoconfigure;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ExposedToAnybody}.
 */
@ExtendWith(OutputCaptureExtension.class)
class ExposedToAnybodyTests {

	private static final String WARNING = "Every client of the application can read the keys";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("weir.store=local")
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
				WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class,
				WeirEndpointAutoConfiguration.class));

	@Test
	void warnsIfEverythingIsExposedWithoutSecurity(CapturedOutput output) {
		start(this.runner.withPropertyValues("management.endpoints.web.exposure.include=*"));
		assertThat(output).contains(WARNING);
	}

	@Test
	void doesNotWarnIfTheEndpointIsNamed(CapturedOutput output) {
		start(this.runner.withPropertyValues("management.endpoints.web.exposure.include=health,weir"));
		assertThat(output).doesNotContain(WARNING);
	}

	@Test
	void doesNotWarnIfTheEndpointIsExcluded(CapturedOutput output) {
		start(this.runner.withPropertyValues("management.endpoints.web.exposure.include=*",
				"management.endpoints.web.exposure.exclude=env,weir"));
		assertThat(output).doesNotContain(WARNING);
	}

	@Test
	void doesNotWarnWithSecurity(CapturedOutput output) {
		start(this.runner.withPropertyValues("management.endpoints.web.exposure.include=*")
			.withBean("springSecurityFilterChain", Object.class));
		assertThat(output).doesNotContain(WARNING);
	}

	private static void start(ApplicationContextRunner runner) {
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			context.publishEvent(new ApplicationReadyEvent(new SpringApplication(), new String[0],
					context.getSourceApplicationContext(), Duration.ZERO));
		});
	}

}
