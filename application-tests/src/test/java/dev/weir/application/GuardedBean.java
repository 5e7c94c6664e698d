package dev.weir.application;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.Semaphore;
import dev.weir.lease.Lease;

/**
 * A bean whose method needs a lock, a permit and a token from Redis.
 */
public class GuardedBean {

	@RateLimited(name = "limited", limit = 10)
	@DistributedLock("lock")
	@Semaphore(name = "permit", limit = 1)
	public String key() {
		return Lease.current().map(Lease::key).orElse("unguarded");
	}

}
