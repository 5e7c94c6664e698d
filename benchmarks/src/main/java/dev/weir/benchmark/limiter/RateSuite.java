package dev.weir.benchmark.limiter;

import java.util.ArrayList;
import java.util.List;

import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;
import dev.weir.benchmark.run.WeirClient;

/**
 * Compares rate limiters.
 */
public class RateSuite implements TurnsSuite {

	private final String name;

	private final List<Load> loads;

	private final int buckets;

	private final int limits;

	private final boolean denied;

	RateSuite(String name, List<Load> loads, int buckets, int limits, boolean denied) {
		this.name = name;
		this.loads = loads;
		this.buckets = buckets;
		this.limits = limits;
		this.denied = denied;
	}

	/**
	 * Creates the suite in which each thread has its own bucket.
	 * @return the suite
	 */
	public static RateSuite own() {
		return new RateSuite("rate-own", Load.threads(1, 16, 64, 256), 256, 1, false);
	}

	/**
	 * Creates the suite in which all threads of a JVM share one bucket.
	 * @return the suite
	 */
	public static RateSuite hot() {
		return new RateSuite("rate-hot", List.of(new Load(64, 1)), 1, 1, false);
	}

	/**
	 * Creates the suite in which all callers except the first few are denied.
	 * @return the suite
	 */
	public static RateSuite denied() {
		return new RateSuite("rate-denied", List.of(new Load(1, 1)), 1, 1, true);
	}

	/**
	 * Creates the suite in which each call has two limits.
	 * @return the suite
	 */
	public static RateSuite twoLimits() {
		return new RateSuite("rate-two-limits", List.of(new Load(1, 1)), 1, 2, false);
	}

	@Override
	public final String name() {
		return this.name;
	}

	@Override
	public final List<Load> loads() {
		return this.loads;
	}

	@Override
	public final List<Contender> contenders(Environment environment) {
		List<Limiter> limiters = new ArrayList<>();
		List<WeirClient> weirs = (this.buckets > 1) ? environment.weirs() : environment.ownWeirs();
		weirs.forEach((client) -> limiters.add(new WeirLimiter(client)));
		limiters.addAll(List.of(Bucket4jLimiter.redisson(environment.redisson(), false),
				Bucket4jLimiter.redisson(environment.redisson(), true),
				Bucket4jLimiter.lettuce(environment.lettuceClient(), false),
				Bucket4jLimiter.lettuce(environment.lettuceClient(), true), new RedissonLimiter(environment.redisson()),
				new GatewayLimiter(environment.lettuce())));
		List<Contender> contenders = new ArrayList<>();
		for (Limiter limiter : limiters) {
			contenders.add(new LimiterContender(limiter, contenders.size(), this.buckets, this.limits, this.denied,
					environment));
		}
		return contenders;
	}

}
