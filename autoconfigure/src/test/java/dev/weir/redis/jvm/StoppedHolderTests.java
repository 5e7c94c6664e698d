package dev.weir.redis.jvm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests a JVM that is stopped for longer than its lease lives, as by a suspended VM or a
 * long garbage collection.
 */
@Timeout(110)
class StoppedHolderTests {

	@TempDir
	private Path directory;

	@Test
	void aStoppedHolderDetectsTheLossWhenItWakesAndThrows() throws Exception {
		Path output = this.directory.resolve("output");
		try (RedisServer redis = RedisServer.start()) {
			Process holder = ForkedJvm.start(output, StoppedHolder.class, redis.uri());
			try {
				await().atMost(40, TimeUnit.SECONDS)
					.untilAsserted(() -> assertThat(Files.readString(output)).contains("HOLDS true"));
				ForkedJvm.signal(holder, "STOP");
				long stopped = System.nanoTime();
				// Long enough for the holder to notice the gap. The gap counts from now,
				// the time to live of the key from the last renewal.
				await().atMost(20, TimeUnit.SECONDS)
					.until(() -> System.nanoTime() - stopped > StoppedHolder.TTL.plusMillis(500).toNanos()
							&& redis.number("EXISTS", "stopped") == 0);
				redis.command("SET", "stopped", "another owner");
				ForkedJvm.signal(holder, "CONT");
				assertThat(holder.waitFor(40, TimeUnit.SECONDS)).isTrue();
			}
			finally {
				holder.destroyForcibly();
			}
			assertThat(Files.readString(output)).contains("WOKE valid=false remaining=PT0S")
				.contains("LOST The lock 'stopped' was lost while the stopped method ran: it was not renewed in time")
				.doesNotContain("RETURNED");
			assertThat(redis.text("GET", "stopped")).isEqualTo("another owner");
		}
	}

}
