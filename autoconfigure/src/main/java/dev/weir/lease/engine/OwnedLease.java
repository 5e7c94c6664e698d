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
 * A lease as the engine sees it: one, or several that are held together. Counts who needs
 * it: the call that acquired it, nested calls that joined it, a transaction around them.
 * It is released when the last of them lets go.
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
	 * Keeps the lease from being released until {@link #letGo()} is called once more.
	 * @return {@code false} if it is too late for that
	 */
	boolean join();

	/**
	 * Says that one of those who need the lease does so no longer.
	 * @return what the store said if that was the last one; {@code RELEASED} if not
	 */
	CompletionStage<LeaseStore.Release> letGo();

	/**
	 * Releases the lease, whoever else may need it.
	 * @return what the store said
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
	 * Lets go and waits for the store's answer, uninterruptibly: whoever sees the call
	 * return may rely on the lease being free, also an interrupted thread.
	 * @return what the store said, {@code null} if it did not answer
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
	 * Holds several leases as one.
	 * @param members the leases, at least one
	 * @return the only one of them, or all together
	 */
	static OwnedLease of(List<HeldLease> members) {
		return (members.size() == 1) ? members.get(0) : new JointLease(members);
	}

}
