package dev.weir.benchmark.limiter;

import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

import dev.weir.benchmark.run.Admissions;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.ratelimit.RateLimit;

/**
 * Takes tokens from a bucket that has enough for all callers. In checks, and always if
 * callers are to be denied, the bucket has few tokens for all JVMs together. Then exactly
 * that number of callers must be let through.
 */
final class LimiterContender implements Contender {

	/** Limit with more tokens than all callers take. */
	private static final RateLimit ENOUGH = RateLimit.of(10_000_000, Duration.ofSeconds(1));

	private static final int FEW = 20;

	/** Limit whose tokens do not come back within a run. */
	private static final RateLimit SCARCE = RateLimit.of(FEW, Duration.ofDays(1));

	private final Limiter limiter;

	private final int number;

	private final boolean denied;

	private final Environment environment;

	private final Admissions admissions;

	private final List<Limiter.Bucket> enough;

	private final List<Limiter.Bucket> scarce;

	/**
	 * Creates a contender.
	 * @param limiter the rate limiter
	 * @param number the number of the contender in its suite
	 * @param buckets the number of buckets; the threads are spread over them
	 * @param limits the number of limits of each call
	 * @param denied whether callers are to be denied
	 * @param environment the environment, which counts the admissions
	 */
	LimiterContender(Limiter limiter, int number, int buckets, int limits, boolean denied, Environment environment) {
		this.limiter = limiter;
		this.number = number;
		this.denied = denied;
		this.environment = environment;
		this.admissions = environment.admissions();
		BiFunction<String, RateLimit, List<Limiter.Bucket>> make = (kind, limit) -> IntStream.range(0, buckets)
			.mapToObj((i) -> bucket("benchmark:" + limiter.name() + ":" + kind + ":" + i, limits, limit))
			.toList();
		this.enough = make.apply("enough", ENOUGH);
		this.scarce = make.apply("scarce", SCARCE);
	}

	private Limiter.Bucket bucket(String key, int limits, RateLimit limit) {
		return (limits == 1) ? this.limiter.bucket(key, limit)
				: this.limiter.both(IntStream.range(0, limits).mapToObj((i) -> key + ":" + i).toList(), limit);
	}

	@Override
	public String name() {
		return this.limiter.name();
	}

	@Override
	public void operate(int thread) throws Exception {
		int place = thread % this.enough.size();
		if (this.denied || this.environment.isChecking()) {
			this.admissions.count(this.number, place, this.scarce.get(place).tryConsume(), FEW);
		}
		else if (!this.enough.get(place).tryConsume()) {
			throw new IllegalStateException("A call was denied although the bucket has enough tokens");
		}
	}

	@Override
	public void close() {
		this.limiter.close();
	}

}
