package dev.weir.benchmark.guard;

import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.integration.redis.util.RedisLockRegistry;
import org.springframework.integration.redis.util.RedisLockRegistry.RedisLockType;
import org.springframework.integration.support.locks.DistributedLock;

/**
 * Uses Spring Integration's {@link RedisLockRegistry}, which waits by publish and
 * subscribe.
 */
public final class SpringIntegrationLockGuard implements Guard {

	private final RedisLockRegistry registry;

	public SpringIntegrationLockGuard(RedisConnectionFactory connections) {
		this.registry = new RedisLockRegistry(connections, "benchmark", LEASE);
		this.registry.setRedisLockType(RedisLockType.PUB_SUB_LOCK);
	}

	@Override
	public String name() {
		return "spring-integration";
	}

	@Override
	public Held acquire(String key) throws InterruptedException {
		DistributedLock lock = this.registry.obtain(key);
		if (!lock.tryLock(WAIT, LEASE)) {
			throw new IllegalStateException("The lock was not acquired");
		}
		return lock::unlock;
	}

	@Override
	public void close() {
		this.registry.destroy();
	}

}
