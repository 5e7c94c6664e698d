package dev.weir.sample;

import java.io.File;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.tools.ToolProvider;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the service works in another project, as {@code README.md} describes:
 * without the demonstration, and without its dependencies.
 */
@Timeout(150)
class CopiedServiceTests {

	private static final Pattern STARTED = Pattern.compile("Tomcat started on port (\\d+)");

	@TempDir
	private Path project;

	@Test
	void aCopyOfTheServiceGuardsItsMethods() throws Exception {
		copy();
		compile();
		try (StubProvider provider = new StubProvider(); RedisServer redis = RedisServer.start()) {
			Process service = run(provider, redis);
			try {
				int port = port(service);
				List<CompletableFuture<HttpResponse<String>>> callers = IntStream.range(0, 20)
					.mapToObj((i) -> Instance.embedAsync(port, "one text"))
					.toList();
				assertThat(callers).allSatisfy((caller) -> assertThat(caller.join().statusCode()).isEqualTo(200));
				assertThat(provider.embedded()).containsEntry("one text", 1);
				List<Integer> statuses = IntStream.range(0, 35)
					.mapToObj((i) -> Instance.send(port, "alice", "/api/chat", "{\"question\": \"chips\"}"))
					.toList()
					.stream()
					.map((answer) -> answer.join().statusCode())
					.toList();
				assertThat(statuses).containsOnly(200, 429);
				assertThat(statuses.stream().filter((status) -> status == 200)).hasSizeBetween(30, 33);
				assertThat(redis.number("EXISTS", "chat:stream%tokens")).isEqualTo(1);
			}
			finally {
				service.destroy();
				assertThat(service.waitFor(30, TimeUnit.SECONDS)).isTrue();
			}
		}
	}

	private void copy() throws Exception {
		List<String> commands = Files.readAllLines(Path.of("README.md"))
			.stream()
			.filter((line) -> line.contains(" $PROJECT/"))
			.toList();
		assertThat(commands).hasSize(3);
		ProcessBuilder shell = new ProcessBuilder("sh", "-ec", String.join("\n", commands)).inheritIO();
		shell.environment().put("PROJECT", this.project.toString());
		assertThat(shell.start().waitFor()).isZero();
		assertThat(this.project.resolve("src/main/java/dev/weir/sample")).isDirectoryContaining("glob:**/service")
			.isDirectoryNotContaining("glob:**/demo");
	}

	private void compile() throws Exception {
		assertThat(classpath()).contains("spring-boot")
			.doesNotContain("weir-embedded-redis")
			.doesNotContain("langchain");
		List<String> options = new ArrayList<>(List.of("-parameters", "-proc:none", "-nowarn", "-cp", classpath(), "-d",
				this.project.resolve("classes").toString()));
		try (Stream<Path> files = Files.walk(this.project.resolve("src"))) {
			files.map(Path::toString).filter((file) -> file.endsWith(".java")).forEach(options::add);
		}
		assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, options.toArray(String[]::new))).isZero();
	}

	private static String classpath() throws Exception {
		return Files.readString(Path.of("target/service.classpath"));
	}

	private Process run(StubProvider provider, RedisServer redis) throws Exception {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
						// Shortens the start of the JVM.
						"-XX:TieredStopAtLevel=1", "-cp",
						this.project.resolve("classes") + File.pathSeparator
								+ this.project.resolve("src/main/resources") + File.pathSeparator + classpath(),
						"dev.weir.sample.service.ServiceApplication", "--server.port=0", "--server.address=127.0.0.1",
						"--spring.data.redis.url=" + redis.uri(), "--sample.security.users.alice={noop}alice"));
		command.addAll(Instance.PATIENCE);
		for (String property : provider.properties()) {
			command.add("--" + property);
		}
		return new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(this.project.resolve("log").toFile())
			.start();
	}

	private int port(Process service) {
		String log = await().atMost(60, TimeUnit.SECONDS)
			.until(() -> Files.readString(this.project.resolve("log")),
					(text) -> STARTED.matcher(text).find() || !service.isAlive());
		Matcher started = STARTED.matcher(log);
		assertThat(started.find()).as(log).isTrue();
		int port = Integer.parseInt(started.group(1));
		await().atMost(40, TimeUnit.SECONDS)
			.until(() -> Instance.get(port, "/actuator/health/readiness").contains("\"UP\""));
		return port;
	}

}
