package dev.weir.embeddedredis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that nothing but the extracted executable is left when a JVM is killed.
 */
@Timeout(110)
class LeftoversTests {

	@TempDir
	private Path temp;

	@Test
	void aKilledJvmLeavesNothing() throws Exception {
		try (ForkedServer server = ForkedServer.start(this.temp)) {
			server.killJvm();
			assertNothingIsLeftOf(server);
		}
	}

	@Test
	void aKilledJvmLeavesNoPausedServer() throws Exception {
		try (ForkedServer server = ForkedServer.start(this.temp)) {
			assertThat(new ProcessBuilder("/bin/sh", "-c", "kill -STOP " + server.redis().pid()).start().waitFor())
				.isZero();
			server.killJvm();
			assertNothingIsLeftOf(server);
		}
	}

	@Test
	void aKilledJvmLeavesNoServerWithFilesElsewhere(@TempDir Path files) throws Exception {
		try (ForkedServer server = ForkedServer.start(this.temp, "--dir", files.toString(), "--appendonly", "yes")) {
			server.killJvm();
			assertNothingIsLeftOf(server);
			assertThat(files).isDirectoryContaining("glob:**appendonlydir");
		}
	}

	@Test
	void aJvmThatEndsWithoutClosingLeavesNothing() throws Exception {
		try (ForkedServer server = ForkedServer.start(this.temp)) {
			server.jvm().getOutputStream().close();
			assertThat(server.jvm().waitFor()).isZero();
			assertNothingIsLeftOf(server);
		}
	}

	@Test
	void aJvmWhoseServerDiedFirstLeavesNothing() throws Exception {
		try (ForkedServer server = ForkedServer.start(this.temp)) {
			server.redis().destroyForcibly();
			server.killJvm();
			assertNothingIsLeftOf(server);
		}
	}

	@Test
	void theNextStartCleansUpWhenTheSupervisorWasKilledToo() throws Exception {
		try (ForkedServer server = ForkedServer.start(this.temp)) {
			ProcessHandle supervisor = server.directory().supervisor().orElseThrow();
			supervisor.destroyForcibly();
			Processes.awaitEnd(supervisor);
			server.killJvm();
			assertThat(server.directory().server()).isPresent();
			try (ForkedServer next = ForkedServer.start(this.temp)) {
				assertThat(server.directory().server()).isEmpty();
				Processes.awaitEnd(server.redis());
				assertThat(server.directory().path()).doesNotExist();
				next.killJvm();
				assertNothingIsLeftOf(next);
			}
		}
	}

	@Test
	void theNextStartLeavesTheServersOfLivingJvmsAlone() throws Exception {
		try (ForkedServer one = ForkedServer.start(this.temp); ForkedServer other = ForkedServer.start(this.temp)) {
			assertThat(one.directory().server()).isPresent();
			assertThat(other.directory().server()).isPresent();
		}
	}

	@Test
	void theNextStartLeavesAStrangerWithTheRecordedIdAlone() throws Exception {
		Process deadJvm = new ProcessBuilder("true").start();
		deadJvm.waitFor();
		Process stranger = new ProcessBuilder("sleep", "60").start();
		try {
			Path abandoned = abandonedDirectory(deadJvm.pid(), stranger.pid());
			try (ForkedServer server = ForkedServer.start(this.temp)) {
				assertThat(abandoned).doesNotExist();
				assertThat(stranger.isAlive()).isTrue();
				assertThat(server.redis().isAlive()).isTrue();
			}
		}
		finally {
			stranger.destroyForcibly();
		}
	}

	@Test
	void theNextStartIdentifiesAJvmByItsStartTime() throws Exception {
		ProcessHandle thisJvm = ProcessHandle.current();
		long start = OwnerJvm.current().startMillis();
		Path earlier = abandonedDirectory(new OwnerJvm(thisJvm.pid(), start - 60_000), 1);
		Path own = abandonedDirectory(OwnerJvm.current(), 1);
		try (ForkedServer server = ForkedServer.start(this.temp)) {
			assertThat(earlier).doesNotExist();
			assertThat(own).exists();
			assertThat(server.redis().isAlive()).isTrue();
		}
	}

	private Path abandonedDirectory(long owner, long server) throws IOException {
		return abandonedDirectory(new OwnerJvm(owner, 1), server);
	}

	private Path abandonedDirectory(OwnerJvm owner, long server) throws IOException {
		Path root = this.temp.toRealPath().resolve("weir-redis-" + System.getProperty("user.name"));
		if (!Files.exists(root)) {
			Files.createDirectory(root,
					PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
		}
		Path directory = Files.createDirectory(root.resolve(owner.directoryPrefix() + "0"));
		Files.writeString(directory.resolve("server.pid"), String.valueOf(server));
		return directory;
	}

	private void assertNothingIsLeftOf(ForkedServer server) throws IOException {
		Processes.awaitEnd(server.redis());
		await().atMost(Processes.LIMIT).until(() -> !Files.exists(server.directory().path()));
		try (Stream<Path> files = Files.walk(this.temp)) {
			List<String> names = files.filter(Files::isRegularFile)
				.map((path) -> path.getFileName().toString())
				.toList();
			assertThat(names).singleElement().asString().startsWith("redis-server-");
		}
	}

}
