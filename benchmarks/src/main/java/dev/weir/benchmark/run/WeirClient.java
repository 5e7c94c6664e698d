package dev.weir.benchmark.run;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import dev.weir.redis.RedisScripts;
import dev.weir.redis.RedisTransport;
import dev.weir.redis.redisson.RedissonSource;
import dev.weir.redis.redisson.RedissonTransport;
import org.redisson.api.RedissonClient;

/**
 * A client over which Weir reaches Redis. Its contender has the same name.
 *
 * @param name the name, which begins with {@link Result#WEIR}
 * @param transport reaches Redis
 * @param executor the threads of Weir
 */
public record WeirClient(String name, RedisTransport transport, ExecutorService executor) {

	/**
	 * Longest time of a call. The peers retry for about the same time. A stall of the
	 * machine slows all contenders down and fails none of them.
	 */
	static final Duration TIMEOUT = Duration.ofSeconds(30);

	/**
	 * Creates a client on a Redisson client that others use, too.
	 * @param name the name
	 * @param redisson the client
	 * @return the client
	 */
	public static WeirClient on(String name, RedissonClient redisson) {
		ExecutorService executor = Executors.newCachedThreadPool();
		return new WeirClient(name, new RedissonTransport(RedissonSource.of(redisson), TIMEOUT, executor), executor);
	}

	/**
	 * Creates scripts, as the auto-configuration does.
	 * @return the scripts
	 */
	public RedisScripts scripts() {
		return new RedisScripts(this.transport, TIMEOUT, TIMEOUT, List.of());
	}

	void close() {
		this.executor.shutdownNow();
	}

}
