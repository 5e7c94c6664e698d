package dev.weir.policy;

import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Rate}, bound from properties.
 */
class RateTests {

	@Test
	void bindsTextAndTheNumbersOfYaml() {
		assertThat(bind("60")).isEqualTo(new Rate(60, null));
		assertThat(bind("60/1m")).isEqualTo(new Rate(60, RateWindow.of(Duration.ofMinutes(1))));
		assertThat(bind(60)).isEqualTo(new Rate(60, null));
		assertThat(bind(6_000_000_000L)).isEqualTo(new Rate(6_000_000_000L, null));
	}

	private static Rate bind(Object value) {
		return new Binder(new MapConfigurationPropertySource(Map.of("limit", value))).bind("limit", Rate.class).get();
	}

}
