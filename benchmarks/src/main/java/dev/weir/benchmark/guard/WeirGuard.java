package dev.weir.benchmark.guard;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import dev.weir.benchmark.run.Result;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.redis.RedisLeaseStore;
import dev.weir.redis.RedisScripts;
import dev.weir.redis.redisson.RedissonSource;
import dev.weir.redis.redisson.RedissonTransport;
import org.redisson.api.RedissonClient;

/**
 * Uses the locks and semaphores of Weir's engine, without the aspect around it. No other
 * class of the benchmarks uses the API of this engine.
 */
public final class WeirGuard implements Guard {

	private final String name;

	private final LeaseKind kind;

	private final int limit;

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final LeaseManager manager;

	private WeirGuard(String name, LeaseKind kind, int limit, RedissonClient redisson) {
		this.name = name;
		this.kind = kind;
		this.limit = limit;
		// The peers retry for about the same time. A stall of the machine slows all
		// contenders down and fails none of them.
		RedisScripts scripts = new RedisScripts(new RedissonTransport(RedissonSource.of(redisson), WAIT, this.executor),
				WAIT, WAIT, List.of());
		this.manager = new LeaseManager(new RedisLeaseStore(scripts, "benchmark:"),
				new LeaseSettings(LEASE, "benchmark", Long.toString(ProcessHandle.current().pid())), this.executor);
	}

	public static WeirGuard lock(RedissonClient redisson) {
		return new WeirGuard(Result.WEIR, LeaseKind.LOCK, 1, redisson);
	}

	public static WeirGuard semaphore(int limit, RedissonClient redisson) {
		return new WeirGuard(Result.WEIR, LeaseKind.SEMAPHORE, limit, redisson);
	}

	/**
	 * Creates a lock whose name has a suffix.
	 * @param suffix the suffix
	 * @param redisson the client
	 * @return a lock
	 */
	public static WeirGuard lock(String suffix, RedissonClient redisson) {
		return new WeirGuard(Result.WEIR + "-" + suffix, LeaseKind.LOCK, 1, redisson);
	}

	/**
	 * Creates a semaphore whose name has a suffix.
	 * @param suffix the suffix
	 * @param limit the number of callers that may hold a key at the same time
	 * @param redisson the client
	 * @return a semaphore
	 */
	public static WeirGuard semaphore(String suffix, int limit, RedissonClient redisson) {
		return new WeirGuard(Result.WEIR + "-" + suffix, LeaseKind.SEMAPHORE, limit, redisson);
	}

	@Override
	public String name() {
		return this.name;
	}

	@Override
	public Held acquire(String key) {
		Lease lease = this.manager.acquire(new LeaseRequest("benchmark", new LeaseKey(this.kind, key), this.limit,
				LEASE, WAIT, false, "benchmark"));
		return () -> {
			if (!lease.isValid()) {
				throw new IllegalStateException("The lease was lost");
			}
			lease.close();
		};
	}

	@Override
	public void close() {
		this.manager.close();
		this.executor.shutdownNow();
	}

}
