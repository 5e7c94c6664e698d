package dev.weir.benchmark.limiter;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

import dev.weir.benchmark.run.Benchmark;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.Result;
import dev.weir.benchmark.run.Suite;
import dev.weir.benchmark.run.TurnsSuite;
import dev.weir.benchmark.run.WeirClient;
import dev.weir.ratelimit.RateLimit;
import org.redisson.api.RedissonClient;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * A suite in which a fleet shares one bucket. Each instance has its own client and four
 * threads. All instances run in one JVM.
 */
public final class RateInstances implements Suite {

	private static final int THREADS = 4;

	private static final int[] SIZES = { 1, 2, 10, 50, 100 };

	/** Limit with more tokens than all callers take. */
	private static final RateLimit ENOUGH = new RateLimit(1_000_000_000, Duration.ofSeconds(1), 1_000_000_000);

	@Override
	public String name() {
		return "rate-instances";
	}

	@Override
	public void run(Benchmark benchmark, Consumer<Result> results) throws Exception {
		for (int size : SIZES) {
			results.accept(benchmark.measure(new Fleets(name(), size), new Load(size * THREADS, 1)));
		}
	}

	/**
	 * Fleets of one size, one for each library.
	 *
	 * @param name the name of the suite
	 * @param size the number of instances
	 */
	private record Fleets(String name, int size) implements TurnsSuite {

		@Override
		public List<Load> loads() {
			return List.of(new Load(this.size * THREADS, 1));
		}

		@Override
		public List<Contender> contenders(Environment environment) {
			List<RedissonClient> redissons = IntStream.range(0, this.size)
				.mapToObj((i) -> environment.redissonOfInstance(i))
				.toList();
			List<LettuceConnectionFactory> lettuces = IntStream.range(0, this.size)
				.mapToObj((i) -> environment.lettuceOfInstance(i))
				.toList();
			List<Contender> contenders = new ArrayList<>();
			contenders.add(fleet(redissons, (client) -> new WeirLimiter(WeirClient.on(Result.WEIR, client))));
			contenders.add(fleet(redissons, RedissonLimiter::new));
			contenders.add(fleet(redissons, (client) -> Bucket4jLimiter.redisson(client, true)));
			contenders.add(fleet(lettuces, GatewayLimiter::new));
			return contenders;
		}

		private <C> Contender fleet(List<C> clients, Function<C, Limiter> factory) {
			List<Limiter> limiters = clients.stream().map(factory).toList();
			return new Fleet(limiters,
					limiters.stream().map((limiter) -> limiter.bucket("fleet:" + limiter.name(), ENOUGH)).toList());
		}

	}

	/**
	 * The instances of one library.
	 *
	 * @param limiters the limiter of each instance
	 * @param buckets the bucket as each instance sees it
	 */
	private record Fleet(List<Limiter> limiters, List<Limiter.Bucket> buckets) implements Contender {

		@Override
		public String name() {
			return this.limiters.get(0).name();
		}

		@Override
		public void operate(int thread) throws Exception {
			if (!this.buckets.get(thread % this.buckets.size()).tryConsume()) {
				throw new IllegalStateException("A call was denied although the bucket has enough tokens");
			}
		}

		@Override
		public void close() {
			this.limiters.forEach(Limiter::close);
		}

	}

}
