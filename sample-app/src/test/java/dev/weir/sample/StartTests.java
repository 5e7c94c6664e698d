package dev.weir.sample;

import java.util.stream.Stream;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.sample.service.ServiceApplication;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests that the service does not start with a configuration that is dangerous.
 */
class StartTests {

	private static final String REDIS = "spring.data.redis.url=redis://127.0.0.1:1";

	@ParameterizedTest
	@ValueSource(strings = { "SPRING_REDIS_HOST=valkey", "spring.data.redis.port=6379" })
	void withoutTheAddressOfARedis(String misspelt) {
		assertThatThrownBy(() -> start(misspelt, "server.address=127.0.0.1"))
			.hasRootCauseMessage("No Redis is configured. Set 'spring.data.redis.host', '.url', '.sentinel.*', "
					+ "'.cluster.*' or '.masterreplica.*' (in a container: SPRING_DATA_REDIS_HOST)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "server.address=0.0.0.0", "server.address=", "management.server.port=0" })
	void withPublicPasswordsOnAnotherAddressThanLoopback(String property) {
		String address = property.startsWith("server") ? property : "server.address=127.0.0.1";
		assertThatThrownBy(() -> start(REDIS, address, property.equals(address) ? "server.port=0" : property,
				"sample.security.users.alice={noop}alice"))
			.rootCause()
			.hasMessageContaining("contains passwords in plain text ({noop}), but this instance does not listen on ");
	}

	@Test
	void withAPasswordWithoutItsEncoding() {
		assertThatThrownBy(() -> start(REDIS, "server.address=127.0.0.1", "sample.security.users.eve=eve")).rootCause()
			.hasMessageContaining(
					"The password of the user 'eve' in 'sample.security.users' must begin with its encoding");
	}

	@Test
	void withoutAModel() {
		assertThatThrownBy(
				() -> SpringApplication.run(ServiceApplication.class, "--" + REDIS, "--server.address=127.0.0.1"))
			.rootCause()
			.hasMessageContaining("Set 'sample.embeddings.openai.base-url', 'sample.embeddings.openai.model' and "
					+ "'sample.embeddings.openai.dimensions'");
	}

	@Test
	void withAWaitForTheProviderThatDoesNotFitIntoTheLock() {
		assertThatThrownBy(
				() -> start(REDIS, "server.address=127.0.0.1", "weir.rate-limit.policies.provider.wait-time=11s"))
			.rootCause()
			.hasMessage("'weir.rate-limit.policies.provider.wait-time' (11s) and 'sample.embeddings.openai.timeout' "
					+ "(15s) must be at most 25s together, because the lock 'search_lock' around them is held for 30s. "
					+ "Shorten one of them");
	}

	@Test
	void withCachesThatMayFillTheWholeMemory() {
		assertThatThrownBy(() -> start(REDIS, "server.address=127.0.0.1", "sample.redis.memory.caches=0.9")).rootCause()
			.hasMessageContaining("0 < caches <= uploads <= 1 must hold, not caches=0.9 uploads=0.85");
	}

	@Test
	void startsWithEncodedPasswordsOnEachAddress() {
		try (ConfigurableApplicationContext context = start(REDIS, "server.address=0.0.0.0", "server.port=0",
				"sample.security.users.alice={bcrypt}$2a$10$GRLdNijSQMUvl/au9ofL.eDwmoohzzS7.rmNSJZ.0FxO/BTk76klW")) {
			assertThat(context.getBeansOfType(RedisServer.class)).isEmpty();
			assertThat(context.getBeanDefinitionNames()).noneMatch((name) -> name.contains("Live"));
		}
	}

	private static ConfigurableApplicationContext start(String... properties) {
		try (StubProvider provider = new StubProvider()) {
			return SpringApplication.run(ServiceApplication.class,
					Stream
						.concat(Stream.of(provider.properties()),
								Stream.concat(Stream.of("spring.main.banner-mode=off"), Stream.of(properties)))
						.map((property) -> "--" + property)
						.toArray(String[]::new));
		}
	}

}
