package dev.weir.ratelimit;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import dev.weir.core.OnUnavailable;
import dev.weir.redis.TestRedis;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for callers of several instances that wait for tokens of one bucket.
 */
@Timeout(120)
class WaitFleetTests {

	/** Longer than a machine stalls. */
	private static final Duration LONG_WAIT = Duration.ofMillis(300);

	private static final int INSTANCES = 3;

	private static final int CALLERS = 20;

	private static final RateLimit FIFTY = new RateLimit(50, Duration.ofSeconds(1), 5);

	private static final Duration WAIT = Duration.ofSeconds(3);

	@Test
	void callersAreLetThroughAtTheRateOfTheLimit() throws Exception {
		letThrough(Duration.ofSeconds(2));
	}

	@Test
	@Tag("long")
	void callersAreLetThroughAtTheRateOfTheLimitForLong() throws Exception {
		letThrough(Duration.ofSeconds(10));
	}

	private static void letThrough(Duration duration) throws Exception {
		try (TestRedis redis = new TestRedis()) {
			List<TestRedis.Instance> instances = new ArrayList<>();
			ExecutorService threads = Executors.newCachedThreadPool();
			Queue<Duration> waits = new ConcurrentLinkedQueue<>();
			try {
				for (int i = 0; i < INSTANCES; i++) {
					instances.add(redis.connect());
					instances.get(i).rateLimiter().peek(List.of(charge("warm"))).join();
				}
				redis.resetCommandCounts();
				long begin = System.nanoTime();
				long end = begin + duration.toNanos();
				Queue<Long> passed = new ConcurrentLinkedQueue<>();
				Queue<Long> due = new ConcurrentLinkedQueue<>();
				List<Future<?>> callers = new ArrayList<>();
				for (TestRedis.Instance instance : instances) {
					RateLimiter limiter = instance.rateLimiter();
					for (int i = 0; i < CALLERS; i++) {
						callers.add(threads.submit(() -> {
							while (System.nanoTime() - end < 0) {
								long asked = System.nanoTime();
								Reservation reservation = limiter.awaitReservation(List.of(charge("shared")));
								long now = System.nanoTime();
								assertThat(reservation.decisions().isAllowed()).isTrue();
								assertThat(reservation.decisions().due()).isLessThanOrEqualTo(WAIT);
								assertThat(now - asked).isGreaterThanOrEqualTo(reservation.decisions().due().toNanos());
								waits.add(Duration.ofNanos(now - asked));
								due.add(micros(reservation.decisions().all().get(0)));
								if (now - end < 0) {
									passed.add(now);
								}
							}
						}));
					}
				}
				for (Future<?> caller : callers) {
					caller.get(60, TimeUnit.SECONDS);
				}
				// Later than all callers have begun.
				Duration from = Duration.ofMillis(500);
				double ideal = duration.minus(from).toMillis() / 1000d * FIFTY.limit();
				long first = due.stream().min(Comparator.naturalOrder()).orElseThrow();
				long granted = due.stream()
					.map((micros) -> Duration.of(micros - first, ChronoUnit.MICROS))
					.filter((after) -> after.compareTo(from) >= 0 && after.compareTo(duration) < 0)
					.count();
				assertThat((double) granted).isCloseTo(ideal, Percentage.withPercentage(5));
				if (duration.toSeconds() >= 10) {
					// A busy machine stalls for a tenth of a second, but not for half a
					// second.
					long let = passed.stream().filter((at) -> at - begin >= from.toNanos()).count();
					assertThat((double) let).isCloseTo(ideal, Percentage.withPercentage(5));
				}
				// A call that waits asks the store once.
				assertThat(redis.scriptCalls()).isLessThanOrEqualTo(waits.size());
				// The rest is for a busy machine.
				assertThat(waits).allMatch((wait) -> wait.compareTo(WAIT.plusMillis(500)) < 0);
			}
			finally {
				threads.shutdownNow();
				instances.forEach(TestRedis.Instance::close);
			}
		}
	}

	@Test
	void callersOfOneInstanceGoOnInTheOrderOfTheirTokens() throws Exception {
		RateLimit fast = new RateLimit(1_000, Duration.ofSeconds(1), 1);
		ExecutorService threads = Executors.newFixedThreadPool(16);
		try (TestRedis redis = new TestRedis(); TestRedis.Instance instance = redis.connect()) {
			RateLimiter limiter = instance.rateLimiter();
			Charge charge = new Charge("order", "order", fast, 1, OnUnavailable.FAIL, false)
				.withWaitTime(Duration.ofSeconds(20));
			Queue<Decision> order = new ConcurrentLinkedQueue<>();
			List<Future<?>> callers = new ArrayList<>();
			for (int i = 0; i < 16; i++) {
				callers.add(threads.submit(() -> {
					List<CompletableFuture<Void>> calls = new ArrayList<>();
					for (int call = 0; call < 200; call++) {
						calls.add(limiter.reserve(List.of(charge))
							.thenAccept((reservation) -> order.add(reservation.decisions().all().get(0))));
					}
					calls.forEach(CompletableFuture::join);
				}));
			}
			for (Future<?> caller : callers) {
				caller.get(60, TimeUnit.SECONDS);
			}
			assertThat(order).hasSize(16 * 200);
			// An answer can be on its way for longer than a short wait.
			assertThat(order.stream().filter((decision) -> decision.due().compareTo(LONG_WAIT) > 0))
				.hasSizeGreaterThan(1000)
				.isSortedAccordingTo(Comparator.comparing(WaitFleetTests::micros));
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void noTokenIsLostByInterrupts() throws Exception {
		RateLimit slow = new RateLimit(10, Duration.ofDays(365), 10);
		Charge taken = new Charge("slow", "slow", slow, 10, OnUnavailable.FAIL, false);
		Charge waiting = new Charge("slow", "slow", slow, 1, OnUnavailable.FAIL, false)
			.withWaitTime(Duration.ofDays(100_000));
		ExecutorService threads = Executors.newFixedThreadPool(8);
		ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
		try (TestRedis redis = new TestRedis(); TestRedis.Instance instance = redis.connect()) {
			RateLimiter limiter = instance.rateLimiter();
			assertThat(limiter.tryConsume(List.of(taken)).join().isAllowed()).isTrue();
			List<Future<?>> callers = new ArrayList<>();
			for (int i = 0; i < 8; i++) {
				callers.add(threads.submit(() -> {
					for (int call = 0; call < 125; call++) {
						Thread caller = Thread.currentThread();
						timer.schedule(caller::interrupt, ThreadLocalRandom.current().nextInt(3_000),
								TimeUnit.MICROSECONDS);
						assertThatExceptionOfType(RateLimitInterruptedException.class)
							.isThrownBy(() -> limiter.awaitReservation(List.of(waiting)));
						assertThat(Thread.interrupted()).isTrue();
					}
				}));
			}
			for (Future<?> caller : callers) {
				caller.get(60, TimeUnit.SECONDS);
			}
			await().untilAsserted(
					() -> assertThat(redis.server().text("GET", "slow%tokens")).startsWith("10 31536000000000 10 0 "));
		}
		finally {
			threads.shutdownNow();
			timer.shutdownNow();
		}
	}

	/**
	 * Returns when the tokens of a call are there, on the clock of Redis.
	 */
	private static long micros(Decision decision) {
		return decision.micros() + decision.due().toNanos() / 1000;
	}

	private static Charge charge(String key) {
		return new Charge("fleet", key, FIFTY, 1, OnUnavailable.FAIL, false).withWaitTime(WAIT);
	}

}
