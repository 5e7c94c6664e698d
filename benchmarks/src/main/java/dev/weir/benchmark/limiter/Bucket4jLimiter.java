package dev.weir.benchmark.limiter;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Function;

import dev.weir.ratelimit.RateLimit;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.distributed.BucketProxy;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import io.github.bucket4j.distributed.proxy.optimization.Optimization;
import io.github.bucket4j.distributed.proxy.optimization.Optimizations;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.github.bucket4j.redis.redisson.Bucket4jRedisson;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.command.CommandAsyncExecutor;

/**
 * Uses Bucket4j on one of its own stores. The proxies are kept, as the documentation of
 * Bucket4j advises, because batching works among the callers of one proxy.
 *
 * @param name the name under which results are shown
 * @param optimization the way in which the callers of one proxy share requests
 * @param proxies the factory of the proxies
 */
record Bucket4jLimiter(String name, Optimization optimization,
		Function<Request, BucketProxy> proxies) implements Limiter {

	private static final ExpirationAfterWriteStrategy EXPIRATION = ExpirationAfterWriteStrategy
		.basedOnTimeForRefillingBucketUpToMax(Duration.ofSeconds(1));

	static Bucket4jLimiter redisson(RedissonClient client, boolean batching) {
		CommandAsyncExecutor commands = ((Redisson) client).getCommandExecutor();
		ProxyManager<String> manager = Bucket4jRedisson.casBasedBuilder(commands)
			.expirationAfterWrite(EXPIRATION)
			.build();
		return of("bucket4j-redisson", manager, batching);
	}

	static Bucket4jLimiter lettuce(RedisClient client, boolean batching) {
		StatefulRedisConnection<String, byte[]> connection = client
			.connect(RedisCodec.of(new StringCodec(StandardCharsets.UTF_8), ByteArrayCodec.INSTANCE));
		ProxyManager<String> manager = Bucket4jLettuce.casBasedBuilder(connection)
			.expirationAfterWrite(EXPIRATION)
			.build();
		return of("bucket4j-lettuce", manager, batching);
	}

	private static Bucket4jLimiter of(String name, ProxyManager<String> manager, boolean batching) {
		return new Bucket4jLimiter(batching ? name + "-batching" : name,
				batching ? Optimizations.batching() : Optimization.NONE_OPTIMIZED,
				(request) -> manager.builder()
					.withOptimization(request.optimization())
					.build(request.key(), () -> request.configuration()));
	}

	@Override
	public Bucket bucket(String key, RateLimit limit) {
		BucketConfiguration configuration = BucketConfiguration.builder()
			.addLimit((bandwidth) -> bandwidth.capacity(limit.burst()).refillGreedy(limit.limit(), limit.window()))
			.build();
		BucketProxy proxy = this.proxies.apply(new Request(key, configuration, this.optimization));
		return () -> proxy.tryConsume(1);
	}

	/**
	 * The values from which a proxy is created.
	 *
	 * @param key the key
	 * @param configuration the limit
	 * @param optimization the way in which the callers of the proxy share requests
	 */
	record Request(String key, BucketConfiguration configuration, Optimization optimization) {

	}

}
