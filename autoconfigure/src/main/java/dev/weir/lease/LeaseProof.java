package dev.weir.lease;

import java.util.List;

/**
 * Proves to a store that a lease is still held: names the places that the lease has in
 * the store. A write that depends on the lease sends them along, and the store checks
 * them together with the write.
 * <p>
 * Once a proof was {@linkplain #keep() kept}, no other holder of this JVM ever gets these
 * places, not even after the lease or the proof was closed: a write that was sent with
 * them and arrives late finds this holder or none. Thread-safe.
 */
public interface LeaseProof extends AutoCloseable {

	/**
	 * Returns the places of the lease in the store that all instances share.
	 * @return the places, one for each key
	 */
	List<Place> places();

	/**
	 * Keeps the lease from being released until this proof is closed, unless its holder
	 * {@linkplain Lease#close() closes} it by hand.
	 * @return {@code false} if the lease was lost or released already
	 */
	boolean keep();

	/**
	 * Returns the exception for a lease that is no longer held.
	 * @return the exception
	 */
	LeaseLostException lost();

	/**
	 * Lets the lease go, if it was kept. Does not wait for the store.
	 */
	@Override
	void close();

	/**
	 * Returns the proof of a lease.
	 * @param lease the lease
	 * @return its proof
	 * @throws IllegalStateException if the lease guards nothing, or guards one of its
	 * keys within this JVM only, as its policy allows
	 */
	static LeaseProof of(Lease lease) {
		if (lease instanceof Provable provable) {
			return provable.proof();
		}
		throw new IllegalStateException(
				"The lease '" + lease.name() + "' guards nothing, so there is nothing in Redis that proves it");
	}

	/**
	 * A lease that can prove that it is held.
	 */
	interface Provable {

		/**
		 * Returns the proof.
		 * @return the proof
		 * @throws IllegalStateException if a key is guarded within this JVM only
		 */
		LeaseProof proof();

	}

	/**
	 * A place in the store.
	 *
	 * @param key the key
	 * @param owner the owner that the store has under the key while the lease is held
	 */
	record Place(LeaseKey key, String owner) {

	}

}
