package dev.weir.benchmark.guard;

import java.util.concurrent.TimeUnit;

import org.redisson.api.RPermitExpirableSemaphore;
import org.redisson.api.RedissonClient;

/**
 * Uses Redisson's {@link RPermitExpirableSemaphore}. Like the permits of Weir, its
 * permits have an owner and expire.
 */
public final class RedissonPermitGuard implements Guard {

	private final int limit;

	private final RedissonClient redisson;

	public RedissonPermitGuard(int limit, RedissonClient redisson) {
		this.limit = limit;
		this.redisson = redisson;
	}

	@Override
	public String name() {
		return "redisson-permit-expirable";
	}

	@Override
	public void prepare(String key) {
		this.redisson.getPermitExpirableSemaphore(key).trySetPermits(this.limit);
	}

	@Override
	public Held acquire(String key) throws InterruptedException {
		RPermitExpirableSemaphore semaphore = this.redisson.getPermitExpirableSemaphore(key);
		String permit = semaphore.tryAcquire(WAIT.toMillis(), LEASE.toMillis(), TimeUnit.MILLISECONDS);
		if (permit == null) {
			throw new IllegalStateException("The permit was not acquired");
		}
		return () -> semaphore.release(permit);
	}

}
