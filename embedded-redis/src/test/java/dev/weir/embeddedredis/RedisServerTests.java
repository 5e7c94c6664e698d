package dev.weir.embeddedredis;

import java.io.EOFException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

@Timeout(90)
class RedisServerTests {

	@Test
	void answersOnLoopback() {
		try (RedisServer server = RedisServer.start()) {
			assertThat(server.command("PING")).isEqualTo("PONG");
			assertThat(server.uri()).isEqualTo("redis://127.0.0.1:" + server.port());
			assertThat(server.isRunning()).isTrue();
			assertThat(server.text("INFO", "server")).contains("process_id:" + server.pid() + "\r\n");
			assertThat(server.list("CONFIG", "GET", "bind")).isEqualTo(List.of("bind", "127.0.0.1"));
			assertThat(server.command("CONFIG", "GET", "save")).isEqualTo(List.of("save", ""));
		}
	}

	@Test
	void startsInHalfASecond() {
		RedisServer.start().close();
		Duration halfASecond = Duration.ofMillis(500);
		// One fast start is enough, because a machine that stalls is not fast each time.
		assertThat(Stream.generate(RedisServerTests::timeToStart).limit(5))
			.anyMatch((time) -> time.compareTo(halfASecond) < 0);
	}

	private static Duration timeToStart() {
		long start = System.nanoTime();
		try (RedisServer server = RedisServer.start()) {
			Duration time = Duration.ofNanos(System.nanoTime() - start);
			assertThat(server.command("PING")).isEqualTo("PONG");
			return time;
		}
	}

	@Test
	void returnsRepliesOfEachKind() {
		try (RedisServer server = RedisServer.start()) {
			assertThat(server.command("SET", "key", "grüße\r\n")).isEqualTo("OK");
			assertThat(server.text("GET", "key")).isEqualTo("grüße\r\n");
			assertThat(server.command("GET", "missing")).isNull();
			assertThat(server.number("DBSIZE")).isOne();
			assertThat(server.number("PTTL", "key")).isEqualTo(-1);
			assertThat(server.command("EVAL", "return {1, {'a', false}}", "0"))
				.isEqualTo(List.of(1L, Arrays.asList("a", null)));
			assertThat(server.command("FLUSHALL")).isEqualTo("OK");
			assertThat(server.number("DBSIZE")).isZero();
			assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> server.command("NONSENSE"))
				.withMessageStartingWith("ERR unknown command");
			assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> server.text("DBSIZE"));
		}
	}

	@Test
	void takesFurtherArguments() {
		try (RedisServer server = RedisServer.start("--requirepass", "secret", "--maxmemory", "10mb")) {
			assertThat(server.command("CONFIG", "GET", "maxmemory")).isEqualTo(List.of("maxmemory", "10485760"));
		}
	}

	@Test
	void reportsTheErrorOfRedisForAWrongArgument() {
		assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> RedisServer.start("--nonsense", "1"))
			.withMessageContaining("Bad directive");
	}

	@Test
	void twoServersAreIndependent() {
		try (RedisServer one = RedisServer.start(); RedisServer other = RedisServer.start()) {
			assertThat(one.port()).isNotEqualTo(other.port());
			one.command("SET", "key", "value");
			assertThat(other.number("DBSIZE")).isZero();
		}
	}

	@Test
	void manyCanStartAtOnce() {
		List<RedisServer> servers = IntStream.range(0, 8).parallel().mapToObj((number) -> RedisServer.start()).toList();
		try {
			assertThat(servers).extracting(RedisServer::port).doesNotHaveDuplicates();
			assertThat(servers).allSatisfy((server) -> assertThat(server.text("INFO", "server"))
				.contains("process_id:" + server.pid() + "\r\n"));
		}
		finally {
			servers.forEach(RedisServer::close);
		}
	}

	@Test
	void aLaterServerDoesNotHoldThePipeOfAnEarlierOne() {
		try (RedisServer one = RedisServer.start(); RedisServer other = RedisServer.start()) {
			ProcessHandle supervisor = one.directory().supervisor().orElseThrow();
			one.kill();
			Processes.awaitEnd(supervisor);
			assertThat(other.command("PING")).isEqualTo("PONG");
			assertThat(other.directory().supervisor()).isPresent();
		}
	}

	@Test
	void closeLeavesNothingBehind() {
		RedisServer server = RedisServer.start();
		ProcessHandle redis = ProcessHandle.of(server.pid()).orElseThrow();
		ProcessHandle supervisor = server.directory().supervisor().orElseThrow();
		Path directory = server.directory().path();
		assertThat(directory).isDirectory();
		server.close();
		assertThat(redis.isAlive()).isFalse();
		assertThat(server.isRunning()).isFalse();
		assertThat(directory).doesNotExist();
		Processes.awaitEnd(supervisor);
		server.close();
		assertThatIllegalStateException().isThrownBy(server::restart);
	}

	@Test
	void closesAPausedServer() {
		RedisServer server = RedisServer.start();
		server.pause();
		server.close();
		assertThat(server.isRunning()).isFalse();
		assertThat(server.directory().path()).doesNotExist();
	}

	@Test
	void filesAreForTheOwnerOnly() throws Exception {
		try (RedisServer server = RedisServer.start()) {
			Path directory = server.directory().path();
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory))).isEqualTo("rwx------");
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.getParent())))
				.isEqualTo("rwx------");
		}
	}

	@Test
	void aPausedServerIsSilentUntilItResumes() throws Exception {
		try (RedisServer server = RedisServer.start()) {
			server.command("SET", "key", "value");
			server.pause();
			assertThat(server.isRunning()).isTrue();
			try (RespConnection connection = new RespConnection(server.port(), Duration.ofMillis(200))) {
				assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> connection.call("GET", "key"));
			}
			server.resume();
			assertThat(server.command("GET", "key")).isEqualTo("value");
		}
	}

	@Test
	void aKilledServerRestartsEmptyOnTheSamePort() {
		try (RedisServer server = RedisServer.start()) {
			int port = server.port();
			long pid = server.pid();
			server.command("SET", "key", "value");
			server.kill();
			assertThat(server.isRunning()).isFalse();
			assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> server.command("PING"));
			assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(server::pause);
			server.restart();
			assertThat(server.isRunning()).isTrue();
			assertThat(server.pid()).isNotEqualTo(pid);
			assertThat(server.port()).isEqualTo(port);
			assertThat(server.number("DBSIZE")).isZero();
			server.command("SET", "key", "value");
			server.restart();
			assertThat(server.number("DBSIZE")).isZero();
		}
	}

	@Test
	void noticesThatTheServerEndedByItself() {
		try (RedisServer server = RedisServer.start()) {
			assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> server.command("SHUTDOWN"));
			await().atMost(Processes.LIMIT).until(() -> !server.isRunning());
			server.restart();
			assertThat(server.command("PING")).isEqualTo("PONG");
		}
	}

	@Test
	void theGarbageCollectorDoesNotEndAServerThatIsNotClosed() throws Exception {
		int port = RedisServer.start().port();
		System.gc();
		System.gc();
		try (RespConnection connection = new RespConnection(port, Duration.ofSeconds(5))) {
			assertThat(connection.call("PING")).isEqualTo("PONG");
			assertThatExceptionOfType(EOFException.class).isThrownBy(() -> connection.call("SHUTDOWN"));
		}
	}

	@Test
	void reportsAPortThatIsTaken() {
		try (RedisServer server = RedisServer.start()) {
			assertThatExceptionOfType(PortTakenException.class)
				.isThrownBy(() -> RedisProcess.start(server.port(), List.of()));
		}
	}

	@Test
	void triesAnotherPortWhenOneIsTaken() {
		assumeThat(RedisServer.executable().isRedis7OrLater()).as("the bus of a cluster has a port of its own")
			.isTrue();
		try (RedisServer taken = RedisServer.start()) {
			Iterator<Integer> busPorts = List.of(taken.port(), FreePort.find()).iterator();
			try (RedisServer server = RedisServer.start(
					() -> List.of("--cluster-enabled", "yes", "--cluster-port", String.valueOf(busPorts.next())),
					(restarted) -> {
					})) {
				assertThat(server.command("PING")).isEqualTo("PONG");
				assertThat(busPorts).isExhausted();
			}
		}
	}

}
