package dev.weir.benchmark.limiter;

import dev.weir.ratelimit.RateLimit;
import org.redisson.api.RRateLimiter;
import org.redisson.api.RateType;
import org.redisson.api.RedissonClient;

/**
 * Uses Redisson's {@link RRateLimiter}, which remembers each permit until its interval is
 * over.
 *
 * @param redisson the client
 */
record RedissonLimiter(RedissonClient redisson) implements Limiter {

	@Override
	public String name() {
		return "redisson-rratelimiter";
	}

	@Override
	public Bucket bucket(String key, RateLimit limit) {
		RRateLimiter limiter = this.redisson.getRateLimiter(key);
		limiter.trySetRate(RateType.OVERALL, limit.limit(), limit.window());
		return limiter::tryAcquire;
	}

}
