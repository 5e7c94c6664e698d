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

	/** Without the members that are held within this JVM only. */
	private final List<HeldLease> shared;

	private final AtomicBoolean kept = new AtomicBoolean();

	OwnedLeaseProof(OwnedLease lease) {
		this.lease = lease;
		this.shared = lease.members().stream().filter(HeldLease::isShared).toList();
		for (HeldLease member : lease.members()) {
			if (this.shared.stream().noneMatch((shared) -> shared.isFor(member.request().key()))) {
				throw new IllegalStateException("The lease '" + lease.name() + "' holds the key '" + member.key()
						+ "' within this JVM only, so there is nothing in Redis that proves it");
			}
		}
	}

	@Override
	public List<Place> places() {
		return this.shared.stream().map((member) -> new Place(member.request().key(), member.place().owner())).toList();
	}

	@Override
	public boolean keep() {
		if (!this.lease.isValid() || !this.lease.join()) {
			return false;
		}
		if (!this.shared.stream().allMatch(HeldLease::pin)) {
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
