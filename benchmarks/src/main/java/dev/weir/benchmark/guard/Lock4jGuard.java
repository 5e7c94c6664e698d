package dev.weir.benchmark.guard;

import java.util.List;

import com.baomidou.lock.LockInfo;
import com.baomidou.lock.LockTemplate;
import com.baomidou.lock.executor.RedissonLockExecutor;
import com.baomidou.lock.spring.boot.autoconfigure.Lock4jProperties;
import org.redisson.api.RedissonClient;

/**
 * Uses the {@link LockTemplate} of lock4j on Redisson. The template is created by hand,
 * because its auto-configuration is for Spring Boot 2 and 3.
 */
public final class Lock4jGuard implements Guard {

	private final LockTemplate template = new LockTemplate();

	/**
	 * Creates a template.
	 * @param redisson the client
	 */
	public Lock4jGuard(RedissonClient redisson) {
		this.template.setProperties(new Lock4jProperties());
		this.template.setExecutors(List.of(new RedissonLockExecutor(redisson)));
		try {
			this.template.afterPropertiesSet();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public String name() {
		return "lock4j";
	}

	@Override
	public Held acquire(String key) {
		LockInfo lock = this.template.lock(key, LEASE.toMillis(), WAIT.toMillis());
		if (lock == null) {
			throw new IllegalStateException("The lock was not acquired");
		}
		return () -> {
			if (!this.template.releaseLock(lock)) {
				throw new IllegalStateException("The lock was not released");
			}
		};
	}

}
