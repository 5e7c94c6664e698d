package dev.weir.embeddedredis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
	void anInstalledServerReportsItsVersion(@TempDir Path directory) throws IOException {
		assertThat(RedisExecutable.installed(script(directory, "Redis server v=6.2.11 sha=0:0")).isRedis7OrLater())
			.isFalse();
		RedisExecutable valkey = RedisExecutable.installed(script(directory, "Valkey server v=8.0.1 sha=0:0"));
		assertThat(valkey.version()).isEqualTo("8.0.1");
		assertThat(valkey.isRedis7OrLater()).isTrue();
	}

	@Test
	void anotherProgramIsNoServer(@TempDir Path directory) throws IOException {
		Path other = script(directory, "GNU bash, version 5.2");
		assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> RedisExecutable.installed(other))
			.withMessageContaining("embedded-redis.server")
			.withMessageContaining("GNU bash");
	}

	private static Path script(Path directory, String version) throws IOException {
		Path script = Files.writeString(directory.resolve("server"), "#!/bin/sh\necho '" + version + "'\n");
		Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
		return script;
	}

	@Test
	void doesNotExistForWindows() {
		assertThatExceptionOfType(EmbeddedRedisException.class)
			.isThrownBy(() -> RedisExecutable.resource("Windows 11", "amd64"))
			.withMessageContaining("Windows")
			.withMessageContaining("spring.data.redis.url");
	}

}
