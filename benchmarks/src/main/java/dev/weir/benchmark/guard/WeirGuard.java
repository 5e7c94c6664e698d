package dev.weir.benchmark.guard;

import dev.weir.benchmark.run.WeirClient;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.redis.RedisLeaseStore;

/**
 * Uses the locks and semaphores of Weir's engine, without the aspect around it. No other
 * class of the benchmarks uses the API of this engine.
 */
public final class WeirGuard implements Guard {

	private final String name;

	private final LeaseKind kind;

	private final int limit;

	private final LeaseManager manager;

	private WeirGuard(String name, LeaseKind kind, int limit, WeirClient client) {
		this.name = name;
		this.kind = kind;
		this.limit = limit;
		this.manager = new LeaseManager(new RedisLeaseStore(client.scripts(), "benchmark:"),
				new LeaseSettings(LEASE, "benchmark", Long.toString(ProcessHandle.current().pid())), client.executor());
	}

	public static WeirGuard lock(WeirClient client) {
		return new WeirGuard(client.name(), LeaseKind.LOCK, 1, client);
	}

	public static WeirGuard semaphore(int limit, WeirClient client) {
		return new WeirGuard(client.name(), LeaseKind.SEMAPHORE, limit, client);
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
	}

}
