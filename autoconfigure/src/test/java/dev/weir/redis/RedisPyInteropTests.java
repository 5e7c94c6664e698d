package dev.weir.redis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that Weir's lock and the lock of redis-py on the same key exclude each other.
 * Skipped where Python or redis-py is missing, but not in CI.
 */
@Timeout(60)
class RedisPyInteropTests {

	private static final String PYTHON = System.getProperty("weir.test.python", "/usr/bin/python3");

	/** Evaluates each line of the input, and prints its value as one line. */
	private static final String SCRIPT = """
			import sys, redis
			client = redis.Redis(host='127.0.0.1', port=int(sys.argv[1]))
			lock = client.lock('interop', timeout=30, blocking=False)
			waiting = client.lock('interop', timeout=30, blocking_timeout=20)
			for line in sys.stdin:
			    try:
			        print(eval(line), flush=True)
			    except Exception as ex:
			        print(type(ex).__name__, flush=True)
			""";

	@BeforeAll
	static void requireRedisPy() throws Exception {
		boolean found;
		try {
			found = new ProcessBuilder(PYTHON, "-c", "import redis; assert int(redis.__version__.split('.')[0]) >= 4")
				.start()
				.waitFor() == 0;
		}
		catch (IOException ex) {
			found = false;
		}
		String message = "redis-py 4 or later is missing: install the Debian package python3-redis";
		if (!found && "true".equals(System.getenv("CI"))) {
			throw new AssertionError(message);
		}
		Assumptions.assumeTrue(found, message);
	}

	@Test
	void theLocksOfBothLibrariesExcludeEachOther() throws Exception {
		try (TestRedis redis = new TestRedis();
				TestRedis.Instance instance = redis.connect();
				LeaseManager manager = new LeaseManager(instance.store(),
						new LeaseSettings(Duration.ofSeconds(30), "test", "1"), instance.executor());
				Python python = new Python(redis.server().port())) {
			Lease lease = manager.acquire(request(Duration.ZERO));
			assertThat(python.evaluate("lock.acquire()")).isEqualTo("False");
			assertThat(python.evaluate("lock.locked()")).isEqualTo("True");
			lease.close();
			assertThat(python.evaluate("lock.acquire()")).isEqualTo("True");
			assertThatExceptionOfType(LeaseBusyException.class)
				.isThrownBy(() -> manager.acquire(request(Duration.ZERO)))
				.satisfies((ex) -> {
					assertThat(ex.getHolder()).isEmpty();
					assertThat(ex.getRetryAfter()).get()
						.satisfies(
								(time) -> assertThat(time).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(30)));
				});
			// redis-py does not wake Weir. The retries of Weir find the lock free.
			CompletableFuture<Lease> waiter = manager.acquireAsync(request(Duration.ofSeconds(20)))
				.toCompletableFuture();
			assertThat(python.evaluate("lock.release()")).isEqualTo("None");
			Lease second = waiter.get(20, TimeUnit.SECONDS);
			assertThat(second.isValid()).isTrue();
			CompletableFuture<String> waitingPython = CompletableFuture
				.supplyAsync(() -> python.evaluate("waiting.acquire()"));
			assertThat(waitingPython).isNotDone();
			second.close();
			assertThat(waitingPython.get(20, TimeUnit.SECONDS)).isEqualTo("True");
			assertThat(python.evaluate("waiting.release()")).isEqualTo("None");
			assertThat(redis.server().number("EXISTS", "interop")).isZero();
		}
	}

	@Test
	void neitherLibraryReleasesTheLockOfTheOther() throws Exception {
		try (TestRedis redis = new TestRedis();
				TestRedis.Instance instance = redis.connect();
				LeaseManager manager = new LeaseManager(instance.store(),
						new LeaseSettings(Duration.ofSeconds(30), "test", "1"), instance.executor());
				Python python = new Python(redis.server().port())) {
			assertThat(python.evaluate("lock.acquire()")).isEqualTo("True");
			redis.server().command("DEL", "interop");
			Lease lease = manager.acquire(request(Duration.ZERO));
			assertThat(python.evaluate("lock.release()")).isEqualTo("LockNotOwnedError");
			assertThat(lease.isValid()).isTrue();
			assertThat(redis.server().number("EXISTS", "interop")).isEqualTo(1);
			redis.server().command("DEL", "interop");
			assertThat(python.evaluate("waiting.acquire()")).isEqualTo("True");
			lease.close();
			assertThat(python.evaluate("waiting.owned()")).isEqualTo("True");
		}
	}

	private static LeaseRequest request(Duration waitTime) {
		return new LeaseRequest("interop", new LeaseKey(LeaseKind.LOCK, "interop"), 1, null, waitTime, false, "test");
	}

	/**
	 * A Python process that evaluates expressions.
	 */
	private static final class Python implements AutoCloseable {

		private final Process process;

		private final Writer in;

		private final BufferedReader out;

		private Python(int port) throws IOException {
			this.process = new ProcessBuilder(PYTHON, "-c", SCRIPT, Integer.toString(port))
				.redirectError(ProcessBuilder.Redirect.INHERIT)
				.start();
			this.in = this.process.outputWriter(StandardCharsets.UTF_8);
			this.out = new BufferedReader(new InputStreamReader(this.process.getInputStream(), StandardCharsets.UTF_8));
		}

		private String evaluate(String expression) {
			try {
				this.in.write(expression + "\n");
				this.in.flush();
				return this.out.readLine();
			}
			catch (IOException ex) {
				throw new IllegalStateException(ex);
			}
		}

		@Override
		public void close() {
			this.process.destroyForcibly();
		}

	}

}
