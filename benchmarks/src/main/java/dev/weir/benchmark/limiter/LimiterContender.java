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
 * Asks a bucket that has enough for all callers. In checks, and always if callers are to
 * be denied, the bucket has few tokens for all JVMs together: exactly so many callers
 * must be let through.
 */
final class LimiterContender implements Contender {

	/** More than anybody asks for. */
	private static final RateLimit ENOUGH = RateLimit.of(10_000_000, Duration.ofSeconds(1));

	private static final int FEW = 20;

	/** Within a run, none of these comes back. */
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
	 * @param limiter what limits
	 * @param number the number of the contender in its suite
	 * @param buckets how many buckets there are: the threads are spread over them
	 * @param limits how many limits each call has
	 * @param denied whether callers are to be denied
	 * @param environment where admissions are counted
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
			throw new IllegalStateException("Denied where there is enough");
		}
	}

	@Override
	public void close() {
		this.limiter.close();
	}

}
