package dev.weir.redis;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.TokensInheritanceStrategy;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.redisson.Redisson;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Plays random steps against the script that decides, on a clock of the test, and
 * compares each decision with another implementation of a token bucket.
 */
class BucketArithmeticTests {

	private static final int STEPS = 5000;

	private static final long BEGIN_MICROS = 1_700_000_000_000_000L;

	private static TestRedis redis;

	private static RedissonClient redisson;

	private final Random random = new Random(42);

	private final String source = SteppedDecisions.source("""
			local limit, window, burst, action, cost = string.match(step, '(%d+) (%d+) (%d+) (%l+) (%d+)')
			local reply = decide(KEYS, { '1', '1', limit, window, burst, action, '1', '1', '1', cost, '0' })
			local has = action ~= 'refund' and (reply[2] == 1 or tonumber(cost) <= reply[3])
			table.insert(results, (has and 1 or 0) .. ' ' .. string.format('%.0f', reply[3]))
			""");

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		Config config = new Config();
		config.useSingleServer().setAddress(redis.server().uri()).setTimeout(30_000).setRetryAttempts(0);
		redisson = Redisson.create(config);
	}

	@AfterAll
	static void stop() {
		redisson.shutdown();
		redis.close();
	}

	@Test
	void decidesAsBucket4jDoes() {
		assertThatBucket4jDecidesTheSame(20);
	}

	@Test
	@Tag("long")
	@Timeout(value = 10, unit = TimeUnit.MINUTES)
	void decidesAMillionStepsAsBucket4jDoes() {
		assertThatBucket4jDecidesTheSame(200);
	}

	private void assertThatBucket4jDecidesTheSame(int buckets) {
		for (int i = 0; i < buckets; i++) {
			long windowMicros = window(1_000, 365L * 86_400_000_000L);
			long most = Math.min(windowMicros * 1000, Long.MAX_VALUE / 2 / windowMicros / 1000);
			long limit = Math.max(1, scaled(most));
			long burst = Math.max(1, scaled(1_000_000));
			Steps steps = new Steps(new Limit(limit, windowMicros, burst), this.random);
			long[] now = { BEGIN_MICROS };
			Bucket oracle = Bucket.builder()
				.addLimit((bandwidth) -> bandwidth.capacity(burst)
					.refillGreedy(limit, Duration.ofNanos(windowMicros * 1000)))
				.withCustomTimePrecision(clock(now))
				.build();
			for (int step = 0; step < STEPS; step++) {
				steps.next();
				now[0] = steps.micros;
				boolean allowed = switch (steps.action) {
					case "take" -> oracle.tryConsume(steps.cost);
					case "peek" -> oracle.estimateAbilityToConsume(steps.cost).canBeConsumed();
					default -> {
						boolean has = oracle.getAvailableTokens() >= steps.cost;
						oracle.addTokens(steps.cost);
						yield has;
					}
				};
				steps.expect(allowed, oracle.getAvailableTokens());
			}
			assertEqual(steps);
		}
	}

	@Test
	void decidesExactlyForTheLargestLimitsWindowsAndBursts() {
		for (int i = 0; i < 10; i++) {
			long windowMicros = window(1_000, 365L * 86_400_000_000L);
			Limit limit = new Limit(scaled(Math.min(windowMicros * 1000, 1_000_000_000_000L)), windowMicros,
					scaled(1_000_000_000_000L));
			Steps steps = new Steps(limit, this.random);
			BigInteger window = BigInteger.valueOf(limit.windowMicros);
			BigInteger full = BigInteger.valueOf(limit.burst).multiply(window);
			BigInteger level = full;
			long last = BEGIN_MICROS;
			for (int step = 0; step < STEPS; step++) {
				steps.next();
				level = level.add(BigInteger.valueOf(steps.micros - last).multiply(BigInteger.valueOf(limit.limit)))
					.min(full);
				last = steps.micros;
				BigInteger cost = BigInteger.valueOf(steps.cost).multiply(window);
				boolean has = level.compareTo(cost) >= 0;
				if (steps.action.equals("take") && has) {
					level = level.subtract(cost);
				}
				else if (steps.action.equals("refund")) {
					level = level.add(cost).min(full);
				}
				steps.expect(has, level.divide(window).longValueExact());
			}
			assertEqual(steps);
		}
	}

	@Test
	void aChangedLimitKeepsTheBucketAsFullAsItWasUpToOneToken() {
		for (int i = 0; i < 20; i++) {
			Limit limit = new Limit(1 + this.random.nextInt(1000), window(1_000, 3_600_000_000L),
					1 + this.random.nextInt(1000));
			Steps steps = new Steps(limit, this.random);
			long[] now = { BEGIN_MICROS };
			Bucket oracle = Bucket.builder()
				.addLimit((bandwidth) -> bandwidth.capacity(limit.burst)
					.refillGreedy(limit.limit, Duration.ofNanos(limit.windowMicros * 1000)))
				.withCustomTimePrecision(clock(now))
				.build();
			for (int step = 0; step < 500; step++) {
				steps.next();
				steps.action = "take";
				steps.cost = 1;
				now[0] = steps.micros;
				if (step % 50 == 49 && oracle.getAvailableTokens() > 1) {
					Limit changed = new Limit(1 + this.random.nextInt(1000), window(1_000, 3_600_000_000L),
							2 + this.random.nextInt(1000));
					BucketConfiguration configuration = BucketConfiguration.builder()
						.addLimit((bandwidth) -> bandwidth.capacity(changed.burst)
							.refillGreedy(changed.limit, Duration.ofNanos(changed.windowMicros * 1000)))
						.build();
					BucketConfiguration before = BucketConfiguration.builder()
						.addLimit((bandwidth) -> bandwidth.capacity(steps.limit.burst)
							.refillGreedy(steps.limit.limit, Duration.ofNanos(steps.limit.windowMicros * 1000)))
						.build();
					oracle.replaceConfiguration(configuration, TokensInheritanceStrategy.PROPORTIONALLY);
					if (oracle.getAvailableTokens() > 1) {
						steps.limit = changed;
					}
					else {
						oracle.replaceConfiguration(before, TokensInheritanceStrategy.PROPORTIONALLY);
					}
				}
				oracle.tryConsume(1);
				steps.expect(true, oracle.getAvailableTokens());
			}
			List<String> actual = run(steps);
			for (int step = 0; step < actual.size(); step++) {
				assertThat(tokens(actual.get(step))).isCloseTo(tokens(steps.expected.get(step)), Offset.offset(2L));
			}
		}
	}

	@Test
	void aClockThatIsSetBackAddsNoTokenTwiceAndDelaysNoCallForLonger() {
		Limit tenPerMinute = new Limit(10, 60_000_000, 10);
		Steps steps = new Steps(tenPerMinute, this.random);
		for (int i = 9; i >= 0; i--) {
			steps.at(BEGIN_MICROS).expect(true, i);
		}
		// 20 seconds back: the next token is due 6 seconds after the time of the last
		// call.
		steps.at(BEGIN_MICROS - 20_000_000).expect(false, 0);
		steps.at(BEGIN_MICROS).expect(false, 0);
		steps.at(BEGIN_MICROS + 5_999_999).expect(false, 0);
		steps.at(BEGIN_MICROS + 6_000_000).expect(true, 0);
		assertEqual(steps);
	}

	@Test
	void aClockThatWasFarAheadForAMomentStopsTheBucketOnlyUntilItWouldBeFull() {
		Limit tenPerMinute = new Limit(10, 60_000_000, 10);
		Steps steps = new Steps(tenPerMinute, this.random);
		steps.at(BEGIN_MICROS).expect(true, 9);
		// A year ahead the bucket is full. Back again, these ten tokens are paid back
		// first.
		long ahead = BEGIN_MICROS + 365 * 86_400_000_000L;
		for (int i = 9; i >= 0; i--) {
			steps.at(ahead).expect(true, i);
		}
		steps.at(BEGIN_MICROS + 1_000_000).expect(false, 0);
		steps.at(BEGIN_MICROS + 61_000_000).expect(false, 0);
		steps.at(BEGIN_MICROS + 66_999_999).expect(false, 0);
		steps.at(BEGIN_MICROS + 67_000_000).expect(true, 0);
		assertEqual(steps);
	}

	private void assertEqual(Steps steps) {
		List<String> actual = run(steps);
		if (actual.equals(steps.expected)) {
			return;
		}
		assertThat(actual).hasSameSizeAs(steps.expected);
		for (int step = 0; step < actual.size(); step++) {
			assertThat(actual.get(step))
				.as("step %s of %s: %s", step, steps.limit, steps.played.subList(Math.max(0, step - 3), step + 1))
				.isEqualTo(steps.expected.get(step));
		}
	}

	private static long tokens(String result) {
		return Long.parseLong(result.substring(result.indexOf(' ') + 1));
	}

	private List<String> run(Steps steps) {
		String key = "arithmetic:" + UUID.randomUUID();
		String results = redisson.getScript(StringCodec.INSTANCE)
			.eval(RScript.Mode.READ_WRITE, this.source, RScript.ReturnType.VALUE, List.of(key),
					String.join("", steps.played));
		return List.of(results.split(";"));
	}

	/**
	 * Returns a random number, small ones as likely as large ones.
	 * @param most the largest
	 * @return the number, at least 1
	 */
	private long scaled(long most) {
		return 1 + (long) Math.pow(most, this.random.nextDouble()) % most;
	}

	private long window(long least, long most) {
		return least + scaled(most - least);
	}

	private static TimeMeter clock(long[] micros) {
		return new TimeMeter() {

			@Override
			public long currentTimeNanos() {
				return micros[0] * 1000;
			}

			@Override
			public boolean isWallClockBased() {
				return true;
			}

		};
	}

	/**
	 * A limit.
	 *
	 * @param limit how many tokens are added per window
	 * @param windowMicros the window
	 * @param burst how many tokens the bucket holds
	 */
	private record Limit(long limit, long windowMicros, long burst) {

	}

	/**
	 * Random steps, and the expected results.
	 */
	private static final class Steps {

		private final Random random;

		private final List<String> played = new ArrayList<>();

		private final List<String> expected = new ArrayList<>();

		private Limit limit;

		private long micros = BEGIN_MICROS;

		private String action = "take";

		private long cost = 1;

		private Steps(Limit limit, Random random) {
			this.limit = limit;
			this.random = random;
		}

		/** The mean time between two steps is that of about two tokens, or very long. */
		private void next() {
			double perToken = (double) this.limit.windowMicros / this.limit.limit;
			double mean = (this.random.nextInt(100) == 0) ? perToken * this.limit.burst : perToken * 2;
			this.micros += (long) Math.min(1_000_000_000_000L, -Math.log(1 - this.random.nextDouble()) * mean);
			this.action = switch (this.random.nextInt(20)) {
				case 0 -> "peek";
				case 1 -> "refund";
				default -> "take";
			};
			this.cost = 1 + (long) (Math.pow(this.random.nextDouble(), 4) * Math.min(this.limit.burst, 50) * 1.1);
			if (this.random.nextInt(50) == 0) {
				this.cost = 1 + (long) (this.random.nextDouble() * this.limit.burst * 1.05);
			}
		}

		private Steps at(long time) {
			this.micros = time;
			this.action = "take";
			this.cost = 1;
			return this;
		}

		private void expect(boolean allowed, long remaining) {
			this.played.add("%d %d %d %d %s %d;".formatted(this.micros, this.limit.limit, this.limit.windowMicros,
					this.limit.burst, this.action, this.cost));
			// Whether a refund is allowed means nothing.
			boolean shown = allowed && !this.action.equals("refund");
			this.expected.add((shown ? "1 " : "0 ") + remaining);
		}

	}

}
