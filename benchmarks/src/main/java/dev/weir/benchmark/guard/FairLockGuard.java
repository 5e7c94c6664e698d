package dev.weir.benchmark.guard;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Uses a fair {@link ReentrantLock} for each key. This lock is no peer of Weir, because
 * it works within one JVM only. It shows the upper limit for all locks that let callers
 * in one after the other.
 */
public final class FairLockGuard implements Guard {

	private final ConcurrentMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();

	@Override
	public String name() {
		return "jvm-fair-lock";
	}

	@Override
	public Held acquire(String key) throws InterruptedException {
		ReentrantLock lock = this.locks.computeIfAbsent(key, (added) -> new ReentrantLock(true));
		if (!lock.tryLock(WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
			throw new IllegalStateException("The lock was not acquired");
		}
		return lock::unlock;
	}

}
