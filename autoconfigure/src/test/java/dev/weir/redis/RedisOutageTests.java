package dev.weir.redis;

import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseManager;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseSettings;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.StoreUnavailableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * What happens when Redis does not answer: bounded, told apart from busy, and over when
 * Redis is back.
 */
@Timeout(60)
class RedisOutageTests {

	private static final Duration TIMEOUT = Duration.ofMillis(500);

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.LOCK, "outage");

	private TestRedis redis;

	private TestRedis.Instance instance;

	private LeaseManager manager;

	@BeforeEach
	void start() {
		this.redis = new TestRedis();
		this.instance = this.redis.connect(TIMEOUT);
		this.manager = new LeaseManager(this.instance.store(), new LeaseSettings(Duration.ofSeconds(30), "test", "1"),
				this.instance.executor());
	}

	@AfterEach
	void stop() {
		if (this.redis.server().isRunning()) {
			this.redis.server().resume();
		}
		this.manager.close();
		this.instance.close();
		this.redis.close();
	}

	@Test
	void aFrozenRedisIsUnavailableWithinTheTimeout() {
		this.manager.acquire(request()).close();
		this.redis.server().pause();
		assertThat(timeOfFailure()).isBetween(TIMEOUT.minusMillis(50), TIMEOUT.plusMillis(300));
	}

	@Test
	void afterSomeFailuresCallersAreToldAtOnce() {
		this.manager.acquire(request()).close();
		this.redis.server().pause();
		for (int i = 0; i < 3; i++) {
			timeOfFailure();
		}
		assertThat(timeOfFailure()).isLessThan(Duration.ofMillis(50));
	}

	@Test
	void whenRedisThawsItWorksAgainAndNothingIsLeftBehind() {
		this.manager.acquire(request()).close();
		this.redis.server().pause();
		for (int i = 0; i < 4; i++) {
			timeOfFailure();
		}
		this.redis.server().resume();
		await().atMost(2, TimeUnit.SECONDS).ignoreExceptionsInstanceOf(LeaseUnavailableException.class).until(() -> {
			this.manager.acquire(request()).close();
			return true;
		});
		await().atMost(5, TimeUnit.SECONDS).until(() -> this.redis.server().number("DBSIZE") == 0);
	}

	@Test
	void aClaimThatRedisWorksThroughAfterTheThawIsReleased() {
		this.manager.acquire(request()).close();
		for (int round = 0; round < 5; round++) {
			this.redis.server().pause();
			timeOfFailure();
			this.redis.server().resume();
			await().atMost(5, TimeUnit.SECONDS).until(() -> this.redis.server().number("EXISTS", KEY.value()) == 0);
			await().atMost(5, TimeUnit.SECONDS)
				.ignoreExceptionsInstanceOf(LeaseUnavailableException.class)
				.until(() -> {
					this.manager.acquire(request()).close();
					return true;
				});
		}
	}

	@Test
	void aKilledRedisIsUnavailableAndARestartedOneWorksWithinTwoSeconds() {
		this.manager.acquire(request()).close();
		this.redis.server().kill();
		for (int i = 0; i < 5; i++) {
			assertThat(timeOfFailure()).isLessThan(TIMEOUT.plusMillis(300));
		}
		this.redis.server().restart();
		await().atMost(2, TimeUnit.SECONDS).ignoreExceptionsInstanceOf(LeaseUnavailableException.class).until(() -> {
			this.manager.acquire(request()).close();
			return true;
		});
	}

	@Test
	void aRedisThatWasNotThereAtFirstWorksOnceItIs() {
		this.redis.server().kill();
		assertThat(timeOfFailure()).isLessThan(Duration.ofSeconds(5));
		this.redis.server().restart();
		await().atMost(3, TimeUnit.SECONDS).ignoreExceptionsInstanceOf(LeaseUnavailableException.class).until(() -> {
			this.manager.acquire(request()).close();
			return true;
		});
	}

	@Test
	void aRedisThatIsFrozenAtFirstIsUnavailableWithinTheTimeoutsForConnectingAndForTheCommand() {
		this.redis.server().pause();
		assertThat(timeOfFailure()).isLessThan(Duration.ofSeconds(5).plus(TIMEOUT).plusMillis(300));
	}

	@Test
	void aLeaseOutlivesAShortOutage() {
		LeaseManager brisk = new LeaseManager(this.instance.store(),
				new LeaseSettings(Duration.ofSeconds(3), "test", "2"), this.instance.executor());
		try (Lease lease = brisk.acquire(request())) {
			this.redis.server().pause();
			await().during(Duration.ofMillis(1200)).atMost(Duration.ofSeconds(3)).until(lease::isValid);
			this.redis.server().resume();
			await().during(Duration.ofSeconds(4)).atMost(Duration.ofSeconds(6)).until(lease::isValid);
		}
		finally {
			brisk.close();
		}
	}

	@Test
	void aHolderLearnsOfAFlushByItsNextRenewal() {
		LeaseManager brisk = new LeaseManager(this.instance.store(),
				new LeaseSettings(Duration.ofSeconds(1), "test", "2"), this.instance.executor());
		try (Lease lease = brisk.acquire(request())) {
			this.redis.server().command("FLUSHALL");
			await().atMost(1, TimeUnit.SECONDS).until(() -> !lease.isValid());
		}
		finally {
			brisk.close();
		}
	}

	@Test
	void aRefusedCommandIsUnavailableAndSaysWhy() {
		this.redis.server().command("CONFIG", "SET", "maxmemory", "1");
		LeaseStore.Claim claim = new LeaseStore.Claim(KEY, "owner", 1, Duration.ofSeconds(30), false,
				LeaseStore.Queue.OUT);
		assertThatExceptionOfType(CompletionException.class)
			.isThrownBy(() -> this.instance.store().tryAcquire(claim).toCompletableFuture().join())
			.havingCause()
			.isInstanceOf(StoreUnavailableException.class)
			.withMessageContaining("used memory > 'maxmemory'")
			.withMessageNotContaining("params")
			.withMessageNotContaining(KEY.value());
	}

	private Duration timeOfFailure() {
		long start = System.nanoTime();
		assertThatExceptionOfType(LeaseUnavailableException.class).isThrownBy(() -> this.manager.acquire(request()))
			.withMessageContaining("unavailable");
		return Duration.ofNanos(System.nanoTime() - start);
	}

	private static LeaseRequest request() {
		return new LeaseRequest("policy", KEY, 1, null, Duration.ofSeconds(10), false, "test");
	}

}
