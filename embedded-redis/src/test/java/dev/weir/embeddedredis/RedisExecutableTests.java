package dev.weir.embeddedredis;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.embedded.RedisExecProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RedisExecutableTests {

	@ParameterizedTest
	@CsvSource({ "Linux,amd64", "Linux,x86_64", "Linux,aarch64", "Linux,i386", "Mac OS X,x86_64", "Mac OS X,aarch64" })
	void isBundledForTheUsualMachines(String osName, String osArch) {
		assertThat(RedisExecProvider.class.getResource("/" + RedisExecutable.resource(osName, osArch))).isNotNull();
	}

	@Test
	void doesNotExistForWindows() {
		assertThatExceptionOfType(EmbeddedRedisException.class)
			.isThrownBy(() -> RedisExecutable.resource("Windows 11", "amd64"))
			.withMessageContaining("Windows")
			.withMessageContaining("spring.data.redis.url");
	}

}
