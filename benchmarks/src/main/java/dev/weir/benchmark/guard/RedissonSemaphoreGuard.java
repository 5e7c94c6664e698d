package dev.weir.benchmark.guard;

import org.redisson.api.RSemaphore;
import org.redisson.api.RedissonClient;

/**
 * Uses Redisson's {@link RSemaphore}, a counter without owners. This semaphore does less
 * than that of Weir.
 */
public final class RedissonSemaphoreGuard implements Guard {

	private final int limit;

	private final RedissonClient redisson;

	public RedissonSemaphoreGuard(int limit, RedissonClient redisson) {
		this.limit = limit;
		this.redisson = redisson;
	}

	@Override
	public String name() {
		return "redisson-rsemaphore";
	}

	@Override
	public void prepare(String key) {
		this.redisson.getSemaphore(key).trySetPermits(this.limit);
	}

	@Override
	public Held acquire(String key) throws InterruptedException {
		RSemaphore semaphore = this.redisson.getSemaphore(key);
		if (!semaphore.tryAcquire(WAIT)) {
			throw new IllegalStateException("The permit was not acquired");
		}
		return semaphore::release;
	}

}
