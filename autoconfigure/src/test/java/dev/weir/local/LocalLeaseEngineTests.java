package dev.weir.local;

import dev.weir.lease.LeaseStore;
import dev.weir.lease.engine.LeaseEngineContract;

/**
 * The engine on the {@link LocalLeaseStore}.
 */
class LocalLeaseEngineTests extends LeaseEngineContract {

	private final LocalLeaseStore store = new LocalLeaseStore();

	@Override
	protected LeaseStore store(int instance) {
		return this.store;
	}

	@Override
	protected long keys() {
		return this.store.size();
	}

}
