package dev.weir.redis.jvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import dev.weir.core.OnUnavailable;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.Reservation;
import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;

/**
 * One instance of a service for {@link BudgetTests}, in a JVM of its own: calls with
 * random estimates and random actual costs.
 * <p>
 * Each line of the log is written as one piece: {@code A call estimate} before the call
 * reserves, {@code D call 0} if it was denied, {@code R call estimate} when it has its
 * reservation, {@code U call used} before it settles, {@code S call used} when it is
 * settled.
 */
public final class BudgetWorker {

	static final int THREADS = 16;

	static final int MOST_ESTIMATED = 100;

	static final int MOST_USED = 200;

	/**
	 * Limits the calls, and gets new tokens: so few that the calls use them up, and a
	 * burst that no debt reaches.
	 */
	static final RateLimit PER_SECOND = new RateLimit(2_000, Duration.ofSeconds(1), 10_000);

	/** Counts the tokens, and gets less than one new token while a test runs. */
	static final RateLimit TOTAL = new RateLimit(1_000, Duration.ofDays(365), 1_000_000_000);

	private final RateLimiter limiter;

	private final Path log;

	private final Path end;

	private BudgetWorker(RateLimiter limiter, Path log, Path end) {
		this.limiter = limiter;
		this.log = log;
		this.end = end;
	}

	/**
	 * Runs the worker until the end appears.
	 * @param args the address of Redis, the log, the file that ends the worker when it
	 * appears
	 */
	public static void main(String[] args) throws Exception {
		try (TestRedis.Instance instance = TestRedis.connect(RedisAddress.of(args[0]), TestRedis.PATIENCE)) {
			BudgetWorker worker = new BudgetWorker(instance.rateLimiter(), Path.of(args[1]), Path.of(args[2]));
			List<Thread> threads = new ArrayList<>();
			for (int i = 0; i < THREADS; i++) {
				int number = i;
				threads.add(new Thread(() -> worker.run(number)));
			}
			threads.forEach(Thread::start);
			for (Thread thread : threads) {
				thread.join();
			}
		}
	}

	static List<Charge> charges(long estimate) {
		return List.of(new Charge("second", "second", PER_SECOND, estimate, OnUnavailable.FAIL, false).asEstimate(),
				new Charge("total", "total", TOTAL, estimate, OnUnavailable.FAIL, false).asEstimate());
	}

	private void run(int thread) {
		ThreadLocalRandom random = ThreadLocalRandom.current();
		for (int i = 0; !Files.exists(this.end); i++) {
			String call = thread + "-" + i;
			int estimate = random.nextInt(MOST_ESTIMATED + 1);
			write("A", call, estimate);
			Reservation reservation = this.limiter.reserve(charges(estimate)).join();
			if (!reservation.decisions().isAllowed()) {
				write("D", call, 0);
				LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
				continue;
			}
			write("R", call, estimate);
			int used = random.nextInt(MOST_USED + 1);
			LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(50_000)));
			write("U", call, used);
			// On a busy machine this may be too late to give tokens of this second back.
			reservation.settle(used).join();
			write("S", call, used);
		}
	}

	private void write(String what, String call, int tokens) {
		try {
			Files.write(this.log, (what + " " + call + " " + tokens + "\n").getBytes(StandardCharsets.US_ASCII),
					StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
