package dev.weir.autoconfigure;

import java.time.Duration;

import dev.weir.redis.TestRedis;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import io.github.bucket4j.redis.redisson.Bucket4jRedisson;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the bean {@link ProxyManager}.
 */
class Bucket4jProxyManagerTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AllAutoConfigurations.with()))
		.withPropertyValues("spring.data.redis.url=redis://127.0.0.1:1", "spring.data.redis.connect-timeout=100ms",
				"weir.redis.timeout=100ms");

	@Test
	void severalRatesShareOneBucket() {
		try (TestRedis redis = new TestRedis()) {
			this.runner.withPropertyValues("spring.data.redis.url=redis://127.0.0.1:" + redis.server().port())
				.run((context) -> {
					@SuppressWarnings("unchecked")
					ProxyManager<String> buckets = context.getBean(ProxyManager.class);
					Bucket bucket = buckets.builder()
						.build("search",
								() -> BucketConfiguration.builder()
									.addLimit((limit) -> limit.capacity(2).refillGreedy(2, Duration.ofHours(1)))
									.addLimit((limit) -> limit.capacity(3).refillGreedy(3, Duration.ofDays(1)))
									.build());
					assertThat(bucket.tryConsume(2)).isTrue();
					assertThat(bucket.tryConsume(1)).isFalse();
					assertThat(redis.server().number("EXISTS", "search")).isEqualTo(1);
					assertThat(redis.server().number("PTTL", "search")).isPositive();
				});
		}
	}

	@Test
	void isNotCreatedUnlessAnotherBeanNeedsIt() {
		// No Redis listens on port 1: creating the bean would fail.
		this.runner.run((context) -> assertThat(context).hasNotFailed().getBeanNames(ProxyManager.class).hasSize(1));
	}

	@Test
	void theApplicationsBeanWins() {
		this.runner.withUserConfiguration(Own.class)
			.run((context) -> assertThat(context).getBeanNames(ProxyManager.class).containsExactly("own"));
	}

	@Test
	void withoutTheModuleThereIsNoBean() {
		this.runner.withClassLoader(new FilteredClassLoader(Bucket4jRedisson.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ProxyManager.class));
	}

	@Configuration(proxyBeanMethods = false)
	static class Own {

		@Bean
		@SuppressWarnings("unchecked")
		ProxyManager<String> own() {
			return Mockito.mock(ProxyManager.class);
		}

	}

}
