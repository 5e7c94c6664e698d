package dev.weir.redis.jvm;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests a JVM whose class path really lacks the optional libraries. A class loader that
 * hides them would not be the same.
 */
@Timeout(90)
class BareClassPathTests {

	private static final Pattern OPTIONAL = Pattern
		.compile(".*(aspectj|cache-api|reactor|reactive|redis|rxjava|netty|tomcat|servlet|"
				+ "spring-web|spring-tx|micrometer|actuator|health|jackson|webmvc|security).*\\.jar");

	@TempDir
	private Path directory;

	@Test
	void locksAndSemaphoresOnTheLocalStoreNeedSpringOnly() throws Exception {
		Path output = this.directory.resolve("output");
		List<String> classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
			.filter((entry) -> !OPTIONAL.matcher(new File(entry).getName()).matches())
			.toList();
		assertThat(classPath).noneMatch((entry) -> entry.contains("reactor-core"));
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				classPath.stream().collect(Collectors.joining(File.pathSeparator)), BareApplication.class.getName(),
				"--weir.store=local", "--spring.main.banner-mode=off")
			.redirectErrorStream(true)
			.redirectOutput(output.toFile())
			.start();
		try {
			assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		assertThat(Files.readString(output)).contains("GUARDED weir:permit")
			.contains("LIMITED 0")
			.contains("CALLED weir:code:7");
		assertThat(process.exitValue()).isZero();
	}

}
