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
 * Locks and semaphores of Weir's engine, without the aspect around it. The only class of
 * the benchmarks that knows the API of Weir.
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
		// About as long as the peers go on trying: a stall of the machine slows all of
		// them
		// and fails none.
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
	 * Names this one after what is special about it.
	 * @param suffix what is special
	 * @param redisson the client
	 * @return a lock
	 */
	public static WeirGuard lock(String suffix, RedissonClient redisson) {
		return new WeirGuard(Result.WEIR + "-" + suffix, LeaseKind.LOCK, 1, redisson);
	}

	/**
	 * Names this one after what is special about it.
	 * @param suffix what is special
	 * @param limit how many callers a key may have at a time
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
