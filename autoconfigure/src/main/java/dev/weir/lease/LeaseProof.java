package dev.weir.lease;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What shows a store that a lease is still held, for whoever wants to make something
 * depend on that: the places that the lease has in the store. While a proof is
 * {@linkplain #keep() kept}, closing the lease does not hand its places on to another
 * holder of this JVM. Thread-safe.
 */
public final class LeaseProof implements AutoCloseable {

	private final Holding lease;

	private final AtomicBoolean kept = new AtomicBoolean();

	private LeaseProof(Holding lease) {
		this.lease = lease;
	}

	/**
	 * Returns the proof of a lease.
	 * @param lease the lease
	 * @return its proof
	 * @throws IllegalStateException if the lease guards nothing, because its policy says
	 * to go on without one
	 */
	public static LeaseProof of(Lease lease) {
		if (lease instanceof Holding holding) {
			return new LeaseProof(holding);
		}
		throw new IllegalStateException("The lease '" + lease.name() + "' guards nothing: the code runs without it");
	}

	/**
	 * Returns the places of the lease.
	 * @return the places, at least one
	 */
	public List<Place> places() {
		return this.lease.members()
			.stream()
			.map((member) -> new Place(member.request().key(), member.slot().owner()))
			.toList();
	}

	/**
	 * Keeps the lease from being released until this proof is closed.
	 * @return {@code false} if the lease was lost or released already
	 */
	public boolean keep() {
		if (!this.lease.isValid() || !this.lease.join()) {
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
