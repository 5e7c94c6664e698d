package dev.weir.lease.engine;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseProof;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LossReason;
import org.jspecify.annotations.Nullable;

/**
 * A lease from the view of the engine: one lease, or several that are held together. The
 * lease counts its holds: one for the call that acquired it, one for each nested call
 * that joined it, and one for a transaction around them. The lease is released when the
 * last hold ends.
 */
sealed interface OwnedLease extends Lease, LeaseProof.Provable permits HeldLease, JointLease {

	/**
	 * Returns the single leases.
	 * @return the leases, at least one
	 */
	List<HeldLease> members();

	LeaseRequest request();

	boolean isLost();

	LossReason lossReason();

	/**
	 * Adds a hold: the lease is not released until {@link #letGo()} is called once more.
	 * @return {@code false} if the last hold has already ended
	 */
	boolean join();

	/**
	 * Notes that the holder begins to use the lease: from now on, a lock that must be
	 * held for some time at least is kept for this time.
	 */
	void use();

	/**
	 * Ends a hold, and releases the lease if this is the last hold.
	 * @return completes with the answer of the store if this is the last hold, with
	 * {@code RELEASED} otherwise
	 */
	CompletionStage<LeaseStore.Release> letGo();

	/**
	 * Releases the lease on behalf of the code that used it, even if other holds remain.
	 * @return completes with the answer of the store
	 */
	CompletionStage<LeaseStore.Release> closeAsync();

	@Override
	default LeaseProof proof() {
		return new OwnedLeaseProof(this);
	}

	@Override
	default void close() {
		await(closeAsync());
	}

	/**
	 * Ends a hold and waits for the answer of the store, even if the thread is
	 * interrupted. After the guarded call has returned, its caller may rely on the lease
	 * being free.
	 * @return the answer of the store, {@code null} if the store did not answer
	 */
	default LeaseStore.@Nullable Release letGoAndWait() {
		return await(letGo());
	}

	private static LeaseStore.@Nullable Release await(CompletionStage<LeaseStore.Release> stage) {
		var closing = stage.toCompletableFuture();
		boolean interrupted = false;
		try {
			while (true) {
				try {
					return closing.get(1, TimeUnit.MINUTES);
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
				catch (ExecutionException | TimeoutException ex) {
					return null;
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Combines several leases into one.
	 * @param members the leases, at least one
	 * @return the only lease, or a lease of all of them
	 */
	static OwnedLease of(List<HeldLease> members) {
		return (members.size() == 1) ? members.get(0) : new JointLease(members);
	}

}
