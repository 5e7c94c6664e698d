package dev.weir.redis.jvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Three instances are killed and started again, one after the other, while their callers
 * take locks. Redis is healthy, so no call may find it unavailable: also not in the first
 * second of an instance, whose JVM is cold.
 */
@Tag("long")
class RestartTests {

	private static final int INSTANCES = 3;

	private static final Duration TIME = Duration.ofSeconds(Integer.getInteger("restart.seconds", 60));

	@TempDir
	private Path directory;

	private final List<Process> processes = new ArrayList<>();

	private final List<Path> logs = new ArrayList<>();

	@Test
	@Timeout(180)
	void noCallFindsAHealthyRedisUnavailable() throws Exception {
		try (RedisServer redis = RedisServer.start()) {
			try {
				restartInstances(redis);
			}
			finally {
				// Before Redis ends.
				for (Process process : this.processes) {
					process.destroyForcibly().waitFor();
				}
			}
		}
		List<String> outcomes = new ArrayList<>();
		for (Path log : this.logs) {
			outcomes.addAll(lines(log));
		}
		assertThat(outcomes).hasSizeGreaterThan(50).containsOnly(RestartWorker.SUCCESS);
	}

	private void restartInstances(RedisServer redis) throws Exception {
		for (int i = 0; i < INSTANCES; i++) {
			start(redis);
		}
		long end = System.nanoTime() + TIME.toNanos();
		while (System.nanoTime() - end < 0) {
			Path newest = this.logs.get(this.logs.size() - 1);
			await().atMost(40, TimeUnit.SECONDS).until(() -> lines(newest).size() > 50);
			this.processes.remove(0).destroyForcibly().waitFor();
			start(redis);
		}
	}

	private void start(RedisServer redis) throws IOException {
		Path log = this.directory.resolve("log-" + this.logs.size());
		this.logs.add(log);
		this.processes.add(ForkedJvm.start(this.directory.resolve("output-" + this.logs.size()), RestartWorker.class,
				redis.uri(), log.toString()));
	}

	private static List<String> lines(Path log) throws IOException {
		return Files.exists(log) ? Files.readAllLines(log) : List.of();
	}

}
