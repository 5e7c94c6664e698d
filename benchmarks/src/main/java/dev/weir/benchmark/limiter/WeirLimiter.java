package dev.weir.benchmark.limiter;

import java.time.Duration;
import java.util.List;

import dev.weir.benchmark.run.WeirClient;
import dev.weir.core.OnUnavailable;
import dev.weir.core.Stages;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.redis.RedisBucketStore;

/**
 * Uses Weir's rate limiter, without the aspect around it.
 */
final class WeirLimiter implements Limiter {

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private final String name;

	private final RateLimiter limiter;

	WeirLimiter(WeirClient client) {
		this.name = client.name();
		this.limiter = new RateLimiter(new RedisBucketStore(client.scripts()), new LocalBucketStore(), TIMEOUT,
				List.of());
	}

	@Override
	public String name() {
		return this.name;
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

}
