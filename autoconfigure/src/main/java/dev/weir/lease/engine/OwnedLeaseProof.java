package dev.weir.lease.engine;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseProof;
import dev.weir.lease.LossReason;

/**
 * The proof of a lease of this engine.
 */
final class OwnedLeaseProof implements LeaseProof {

	private final OwnedLease lease;

	private final AtomicBoolean kept = new AtomicBoolean();

	OwnedLeaseProof(OwnedLease lease) {
		this.lease = lease;
		for (HeldLease member : lease.members()) {
			if (!member.isShared()) {
				throw new IllegalStateException("The lease '" + lease.name() + "' holds the key '" + member.key()
						+ "' within this JVM only, so there is nothing in Redis that proves it");
			}
		}
	}

	@Override
	public List<Place> places() {
		return this.lease.members()
			.stream()
			.map((member) -> new Place(member.request().key(), member.place().owner()))
			.toList();
	}

	@Override
	public boolean keep() {
		if (!this.lease.isValid() || !this.lease.join()) {
			return false;
		}
		if (!this.lease.members().stream().allMatch(HeldLease::pin)) {
			this.lease.letGo();
			return false;
		}
		this.kept.set(true);
		return true;
	}

	@Override
	public LeaseLostException lost() {
		return new LeaseLostException(this.lease.request(),
				this.lease.isLost() ? this.lease.lossReason() : LossReason.TAKEN);
	}

	@Override
	public void close() {
		if (this.kept.compareAndSet(true, false)) {
			this.lease.letGo();
		}
	}

}
