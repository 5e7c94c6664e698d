package dev.weir.benchmark.limiter;

import java.util.List;

import dev.weir.ratelimit.RateLimit;

import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * Uses the script of Spring Cloud Gateway, from its jar, with the arguments of its
 * {@code RedisRateLimiter}. The script supports rates per second only, so a longer window
 * is expressed by the cost of a call.
 */
final class GatewayLimiter implements Limiter {

	@SuppressWarnings("rawtypes")
	private static final RedisScript<List> SCRIPT = RedisScript
		.of(new ClassPathResource("META-INF/scripts/request_rate_limiter.lua"), List.class);

	private final ReactiveStringRedisTemplate redis;

	GatewayLimiter(LettuceConnectionFactory connections) {
		this.redis = new ReactiveStringRedisTemplate(connections);
	}

	@Override
	public String name() {
		return "spring-cloud-gateway";
	}

	@Override
	public Bucket bucket(String key, RateLimit limit) {
		long cost = limit.window().toSeconds();
		List<String> keys = List.of(key + ".tokens", key + ".timestamp");
		List<String> arguments = List.of(Long.toString(limit.limit()), Long.toString(limit.burst() * cost), "",
				Long.toString(cost));
		return () -> {
			List<?> answer = this.redis.execute(SCRIPT, keys, arguments).blockFirst();
			if (answer == null) {
				throw new IllegalStateException("The script returned no result");
			}
			return answer.get(0).equals(1L);
		};
	}

}
