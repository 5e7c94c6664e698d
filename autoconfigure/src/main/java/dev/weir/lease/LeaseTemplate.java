package dev.weir.lease;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs code under a lease: joins an outer lease or acquires one, runs the code, releases,
 * and applies the policies for a store that does not answer and for a lease that was
 * lost. Thread-safe.
 */
public final class LeaseTemplate implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(LeaseTemplate.class);

	private final LeaseManager shared;

	private final LeaseManager local;

	/**
	 * Creates a template.
	 * @param shared the manager for leases that hold across instances
	 * @param local the manager that stands in when the store of the other does not answer
	 * and the policy is {@link OnUnavailable#LOCAL}; closed together with this template
	 */
	public LeaseTemplate(LeaseManager shared, LeaseManager local) {
		this.shared = shared;
		this.local = local;
	}

	/**
	 * Runs a body under a lease and releases the lease when the body has returned. A
	 * nested call for the same key on the same thread joins the outer lease.
	 * @param <T> the type of the result
	 * @param <X> the type of what the body throws
	 * @param request the lease to run under
	 * @param onUnavailable what to do when the store does not answer
	 * @param onLost what to do when the lease was lost and the body returned normally
	 * @param body what to run
	 * @return the result of the body
	 * @throws LeaseException if the body could not run under the lease, or lost it
	 * @throws X what the body throws
	 */
	public <T extends @Nullable Object, X extends Throwable> T call(LeaseRequest request, OnUnavailable onUnavailable,
			OnLost onLost, Body<T, X> body) throws X {
		HeldLease outer = joined(request);
		HeldLease lease = (outer != null) ? outer : acquire(request, onUnavailable);
		if (lease == null || lease == outer) {
			return body.run();
		}
		LeaseStore.Release release = null;
		T result;
		try {
			result = runIn(lease, body);
		}
		finally {
			release = lease.closeAndWait();
		}
		checkLoss(lease, release, onLost);
		return result;
	}

	/**
	 * Runs a body under a lease and releases the lease when the stage that the body
	 * returned has completed, in whatever way. Acquiring blocks the calling thread, on
	 * which the body is then run.
	 * @param <T> the type of the result
	 * @param <X> the type of what the body throws
	 * @param request the lease to run under
	 * @param onUnavailable what to do when the store does not answer
	 * @param onLost what to do when the lease was lost and the stage completed normally
	 * @param body what to run
	 * @return completes as the stage of the body does, or with
	 * {@link LeaseLostException}, after the lease was released; cancelling it cancels
	 * that stage. {@code null} if the body returned {@code null}
	 * @throws LeaseException if the body could not run under the lease
	 * @throws X what the body throws
	 */
	public <T extends @Nullable Object, X extends Throwable> @Nullable CompletableFuture<T> callAsync(
			LeaseRequest request, OnUnavailable onUnavailable, OnLost onLost,
			Body<? extends @Nullable CompletionStage<T>, X> body) throws X {
		HeldLease outer = joined(request);
		HeldLease lease = (outer != null) ? outer : acquire(request, onUnavailable);
		CompletionStage<T> stage = null;
		try {
			stage = (lease == null || lease == outer) ? body.run() : runIn(lease, body);
		}
		finally {
			if (stage == null && lease != null && lease != outer) {
				lease.closeAndWait();
			}
		}
		if (stage == null) {
			return null;
		}
		return (lease == null || lease == outer) ? stage.toCompletableFuture() : released(stage, lease, onLost);
	}

	private <T extends @Nullable Object> CompletableFuture<T> released(CompletionStage<T> stage, HeldLease lease,
			OnLost onLost) {
		CompletableFuture<T> result = new CompletableFuture<>();
		stage.whenComplete((value, failure) -> lease.closeAsync().whenComplete((release, unanswered) -> {
			if (failure != null) {
				result.completeExceptionally(failure);
				return;
			}
			try {
				checkLoss(lease, release, onLost);
				result.complete(value);
			}
			catch (LeaseLostException ex) {
				result.completeExceptionally(ex);
			}
		}));
		result.whenComplete((value, failure) -> {
			if (result.isCancelled()) {
				stage.toCompletableFuture().cancel(true);
			}
		});
		return result;
	}

	private @Nullable HeldLease joined(LeaseRequest request) {
		HeldLease outer = LeaseScope.find(request.key());
		if (outer != null && !outer.isValid()) {
			throw new LeaseLostException(outer.request(), outer.lossReason());
		}
		return outer;
	}

	/**
	 * Acquires a lease.
	 * @param request the request
	 * @param onUnavailable what to do when the store does not answer
	 * @return the lease, {@code null} to proceed without one
	 */
	private @Nullable HeldLease acquire(LeaseRequest request, OnUnavailable onUnavailable) {
		try {
			return this.shared.hold(request);
		}
		catch (LeaseUnavailableException ex) {
			return switch (onUnavailable) {
				case FAIL -> throw ex;
				case PROCEED -> {
					logger.warn("{} runs without the {} '{}': {}", request.purpose(), request.key().kind(),
							request.name(), ex.getMessage());
					yield null;
				}
				case LOCAL -> {
					logger.warn("{} is guarded by the {} '{}' within this JVM only: {}", request.purpose(),
							request.key().kind(), request.name(), ex.getMessage());
					yield this.local.hold(request);
				}
			};
		}
	}

	private static <T extends @Nullable Object, X extends Throwable> T runIn(HeldLease lease, Body<T, X> body)
			throws X {
		LeaseScope.enter(lease);
		try {
			return body.run();
		}
		finally {
			LeaseScope.exit();
		}
	}

	private static void checkLoss(HeldLease lease, LeaseStore.@Nullable Release release, OnLost onLost) {
		if (release != LeaseStore.Release.NOT_HELD) {
			return;
		}
		LossReason reason = lease.isLost() ? lease.lossReason() : LossReason.TAKEN;
		if (onLost == OnLost.FAIL) {
			throw new LeaseLostException(lease.request(), reason);
		}
		logger.warn("The {} '{}' was lost while {} ran: {}", lease.request().key().kind(), lease.name(),
				lease.request().purpose(), reason.text());
	}

	@Override
	public void close() {
		this.local.close();
	}

	/**
	 * What runs under a lease.
	 *
	 * @param <T> the type of the result
	 * @param <X> the type of what it throws
	 */
	@FunctionalInterface
	public interface Body<T extends @Nullable Object, X extends Throwable> {

		/**
		 * Runs.
		 * @return the result
		 * @throws X what the body throws
		 */
		T run() throws X;

	}

}
