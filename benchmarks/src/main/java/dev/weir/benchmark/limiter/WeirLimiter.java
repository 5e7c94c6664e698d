package dev.weir.benchmark.limiter;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import dev.weir.benchmark.run.Result;
import dev.weir.core.OnUnavailable;
import dev.weir.core.Stages;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.redis.RedisBucketStore;
import dev.weir.redis.RedisScripts;
import dev.weir.redis.redisson.RedissonSource;
import dev.weir.redis.redisson.RedissonTransport;
import org.redisson.api.RedissonClient;

/**
 * Uses Weir's rate limiter, without the aspect around it.
 */
final class WeirLimiter implements Limiter {

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final RateLimiter limiter;

	WeirLimiter(RedissonClient redisson) {
		RedisScripts scripts = new RedisScripts(
				new RedissonTransport(RedissonSource.of(redisson), TIMEOUT, this.executor), TIMEOUT, TIMEOUT,
				List.of());
		this.limiter = new RateLimiter(new RedisBucketStore(scripts), new LocalBucketStore(), TIMEOUT, List.of());
	}

	@Override
	public String name() {
		return Result.WEIR;
	}

	@Override
	public Bucket bucket(String key, RateLimit limit) {
		return both(List.of(key), limit);
	}

	@Override
	public Bucket both(List<String> keys, RateLimit limit) {
		// The aspect also creates its charges for each call.
		return () -> Stages.await(this.limiter.tryConsume(
				keys.stream().map((key) -> new Charge("benchmark", key, limit, 1, OnUnavailable.FAIL, false)).toList()))
			.isAllowed();
	}

	@Override
	public void close() {
		this.executor.shutdownNow();
	}

}
