package dev.weir.redis.redisson;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.redisson.config.Config;
import org.redisson.config.NameMapper;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link RedissonConfigCheck}.
 */
@ExtendWith(OutputCaptureExtension.class)
class RedissonConfigCheckTests {

	private static final Duration TTL = Duration.ofSeconds(30);

	private static final NameMapper TENANT = new NameMapper() {

		@Override
		public String map(String name) {
			return "tenant:" + name;
		}

		@Override
		public String unmap(String name) {
			return name.substring("tenant:".length());
		}

	};

	@Test
	void refusesMappedNamesInAClusterOnly() {
		Config cluster = new Config();
		cluster.useClusterServers().addNodeAddress("redis://127.0.0.1:1").setNameMapper(TENANT);
		assertThatIllegalStateException().isThrownBy(() -> RedissonConfigCheck.rejectMappedNames(cluster, "weir:"))
			.withMessageContaining("NameMapper")
			.withMessageContaining("'weir.key-prefix'");
		Config common = new Config().setNameMapper(TENANT);
		common.useClusterServers().addNodeAddress("redis://127.0.0.1:1");
		assertThatIllegalStateException().isThrownBy(() -> RedissonConfigCheck.rejectMappedNames(common, "weir:"));
		Config single = new Config();
		single.useSingleServer().setAddress("redis://127.0.0.1:1").setNameMapper(TENANT);
		assertThatNoException().isThrownBy(() -> RedissonConfigCheck.rejectMappedNames(single, "weir:"));
	}

	@Test
	void warnsOfAClientThatFindsDeadConnectionsTooLate(CapturedOutput output) {
		Config config = new Config();
		config.useSingleServer().setAddress("redis://127.0.0.1:1").setPingConnectionInterval(1000);
		RedissonConfigCheck.warnOfLatePings(config, TTL);
		assertThat(output).isEmpty();
		config.useSingleServer().setPingConnectionInterval(30_000);
		RedissonConfigCheck.warnOfLatePings(config, TTL);
		assertThat(output).contains("'pingConnectionInterval'");
	}

}
