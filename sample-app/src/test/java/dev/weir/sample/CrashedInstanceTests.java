package dev.weir.sample;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.sample.demo.DemoApplication;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.util.DigestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for an instance in its own JVM that is killed while it holds the lock.
 */
@ExtendWith(Cluster.Extension.class)
@Timeout(150)
class CrashedInstanceTests {

	private static final Duration TTL = Duration.ofSeconds(3);

	private final RedisServer redis;

	private final Instance survivor;

	@TempDir
	private Path directory;

	CrashedInstanceTests(Cluster cluster) {
		this.redis = cluster.redis();
		this.survivor = cluster.one();
	}

	@Test
	void waiterGetsTheLockOfAKilledHolderBeforeTheTimeout() throws Exception {
		Duration limit = TTL.plusSeconds(1);
		assertThat(Durations.best(limit, this::timeToAnswerAfterACrash)).isLessThan(limit);
	}

	private Duration timeToAnswerAfterACrash() throws Exception {
		String text = "crash " + UUID.randomUUID();
		String lock = "embedding_lock:"
				+ DigestUtils.md5DigestAsHex((text + ":all-MiniLM-L6-v2").getBytes(StandardCharsets.UTF_8));
		long before = this.survivor.computed();
		Process victim = startVictim();
		try {
			Instance.embedAsync(portOf(victim), text);
			await().atMost(30, TimeUnit.SECONDS).until(() -> this.redis.number("EXISTS", lock) == 1);
		}
		finally {
			victim.destroyForcibly().waitFor();
		}
		assertThat(this.redis.number("EXISTS", lock)).isEqualTo(1);
		long start = System.nanoTime();
		HttpResponse<String> response = this.survivor.embed(text);
		Duration time = Duration.ofNanos(System.nanoTime() - start);
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(this.survivor.computed() - before).isEqualTo(1);
		return time;
	}

	private Process startVictim() throws Exception {
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				// Shortens the start of the JVM.
				"-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
				DemoApplication.class.getName(), "--server.port=0", "--server.address=127.0.0.1",
				"--spring.data.redis.url=" + this.redis.uri(), "--weir.lease.ttl=3s", "--sample.demo.extra-latency=10m",
				"--sample.demo.live=false", "--logging.level.org.springframework.boot=info"));
		command.addAll(Instance.PATIENCE);
		command.addAll(Instance.WITHOUT_CORPUS);
		return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output()).start();
	}

	private int portOf(Process process) {
		await().atMost(60, TimeUnit.SECONDS)
			.until(() -> !process.isAlive() || Files.readString(output().toPath()).contains("Tomcat started on port "));
		try {
			String log = Files.readString(output().toPath());
			assertThat(log).contains("Tomcat started on port ");
			return Integer.parseInt(log.replaceAll("(?s).*Tomcat started on port (\\d+).*", "$1"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private File output() {
		return this.directory.resolve("output.log").toFile();
	}

}
