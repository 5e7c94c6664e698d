package dev.weir.benchmark.guard;

import java.util.concurrent.TimeUnit;

import org.redisson.api.RLock;
import org.redisson.api.RedissonClient;

/**
 * Uses Redisson's {@link RLock} with a lease time.
 */
public final class RedissonLockGuard implements Guard {

	private final RedissonClient redisson;

	public RedissonLockGuard(RedissonClient redisson) {
		this.redisson = redisson;
	}

	@Override
	public String name() {
		return "redisson-rlock";
	}

	@Override
	public Held acquire(String key) throws InterruptedException {
		RLock lock = this.redisson.getLock(key);
		if (!lock.tryLock(WAIT.toMillis(), LEASE.toMillis(), TimeUnit.MILLISECONDS)) {
			throw new IllegalStateException("The lock was not acquired");
		}
		return lock::unlock;
	}

}
