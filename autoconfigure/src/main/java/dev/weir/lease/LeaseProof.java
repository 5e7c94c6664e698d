package dev.weir.lease;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What shows a store that a lease is still held, for whoever wants to make something
 * depend on that: the places that the lease has in the store. Once a proof was
 * {@linkplain #keep() kept}, these places are never handed on to another holder of this
 * JVM, not even after the lease was closed by hand or the proof was closed: what was sent
 * with them finds this holder, or nobody. Thread-safe.
 */
public final class LeaseProof implements AutoCloseable {

	private final Holding lease;

	/** Without those that stand in within this JVM. */
	private final List<HeldLease> shared;

	private final AtomicBoolean kept = new AtomicBoolean();

	private LeaseProof(Holding lease) {
		this.lease = lease;
		this.shared = lease.members().stream().filter(HeldLease::isShared).toList();
	}

	/**
	 * Returns the proof of a lease.
	 * @param lease the lease
	 * @return its proof
	 * @throws IllegalStateException if the lease guards nothing, or one of its keys
	 * within this JVM only, because its policy says to go on like that
	 */
	public static LeaseProof of(Lease lease) {
		if (!(lease instanceof Holding holding)) {
			throw new IllegalStateException(
					"The lease '" + lease.name() + "' guards nothing: the code runs without it");
		}
		LeaseProof proof = new LeaseProof(holding);
		for (HeldLease member : holding.members()) {
			if (proof.shared.stream().noneMatch((shared) -> shared.isFor(member.request().key()))) {
				throw new IllegalStateException("The lease '" + lease.name() + "' holds the key '" + member.key()
						+ "' within this JVM only: there is nothing in Redis that could be looked for");
			}
		}
		return proof;
	}

	/**
	 * Returns the places of the lease in the store that all instances share.
	 * @return the places, one for each key
	 */
	public List<Place> places() {
		return this.shared.stream().map((member) -> new Place(member.request().key(), member.slot().owner())).toList();
	}

	/**
	 * Keeps the lease from being released until this proof is closed, unless its holder
	 * {@linkplain Lease#close() closes} it by hand, and its places from ever being handed
	 * on.
	 * @return {@code false} if the lease was lost or released already
	 */
	public boolean keep() {
		if (!this.lease.isValid() || !this.lease.join()) {
			return false;
		}
		if (!this.shared.stream().allMatch(HeldLease::show)) {
			this.lease.letGo();
			return false;
		}
		this.kept.set(true);
		return true;
	}

	/**
	 * Returns the exception for a lease that is no longer held.
	 * @return the exception
	 */
	public LeaseLostException lost() {
		return new LeaseLostException(this.lease.request(),
				this.lease.isLost() ? this.lease.lossReason() : LossReason.TAKEN);
	}

	/**
	 * Lets the lease go, if it was kept. Does not wait for the store.
	 */
	@Override
	public void close() {
		if (this.kept.compareAndSet(true, false)) {
			this.lease.letGo();
		}
	}

	/**
	 * A place in the store.
	 *
	 * @param key the key
	 * @param owner the owner that stands under it while the lease is held
	 */
	public record Place(LeaseKey key, String owner) {

	}

}
