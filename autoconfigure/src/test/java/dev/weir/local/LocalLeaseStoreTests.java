package dev.weir.local;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LeaseStoreContract;

/**
 * Tests for {@link LocalLeaseStore}.
 */
class LocalLeaseStoreTests extends LeaseStoreContract {

	private final LocalLeaseStore store = new LocalLeaseStore();

	@Override
	protected LeaseStore store() {
		return this.store;
	}

	@Override
	protected boolean exists(LeaseKey key) {
		return this.store.size() > 0;
	}

}
