package dev.weir.redis;

import java.nio.file.Path;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that Weir's lock and the lock of redis-py on the same key exclude each other.
 * Skipped where redis-py is missing, but not in CI.
 */
@Timeout(60)
class RedisPyInteropTests {

	private static final String SCRIPT = """
			import redis
			client = redis.Redis(host='127.0.0.1', port=port)
			lock = client.lock('interop', timeout=30, blocking=False)
			waiting = client.lock('interop', timeout=30, blocking_timeout=20)
			""";

	@BeforeAll
	static void requireRedisPy() throws Exception {
		RedisPy.require();
	}

	@Test
	void theLocksOfBothLibrariesExcludeEachOther() throws Exception {
		try (TestRedis redis = new TestRedis();
				TestRedis.Instance instance = redis.connect();
				LeaseManager manager = new LeaseManager(instance.store(),
						new LeaseSettings(Duration.ofSeconds(30), "test", "1"), instance.executor());
				RedisPy python = new RedisPy(SCRIPT, Path.of(""), redis.server().port())) {
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
				RedisPy python = new RedisPy(SCRIPT, Path.of(""), redis.server().port())) {
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

}
