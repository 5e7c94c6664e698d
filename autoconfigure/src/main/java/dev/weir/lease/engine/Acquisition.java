package dev.weir.lease.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import dev.weir.core.Log;
import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Acquires all leases of the {@link LeaseGuard} of one call. The acquisition joins the
 * leases that the code around the call holds already, and acquires the others one after
 * the other, in the order of their keys. If a lease cannot be acquired, the acquisition
 * releases all leases that it has. The steps run one after the other, so only the answer
 * is shared between threads.
 * <p>
 * With {@link OnUnavailable#LOCAL}, the same queue grants leases within this JVM while
 * the store does not answer. So the callers of one JVM exclude each other all the time,
 * and no two of them wait for each other, also with several keys.
 */
final class Acquisition {

	private static final Log logger = Log.of(Acquisition.class);

	private final LeaseGuard guard;

	private final LeaseManager manager;

	private final List<HeldLease> joined = new ArrayList<>(0);

	/** The requests for leases that were neither joined nor acquired yet. */
	private final Deque<LeaseRequest> missing = new ArrayDeque<>(1);

	private final List<Won> acquired = new ArrayList<>(1);

	private final CompletableFuture<@Nullable OwnedLease> answer = new CompletableFuture<>();

	private final long startedAt;

	/** Whether leases were requested whose timeout does not count yet. */
	private boolean timeoutsPending;

	/** The answer to the current request. */
	private volatile @Nullable CompletableFuture<HeldLease> asked;

	private Acquisition(LeaseGuard guard, LeaseManager manager) {
		this.guard = guard;
		this.manager = manager;
		this.startedAt = manager.now();
	}

	/**
	 * Starts an acquisition.
	 * @param guard the leases that the call needs
	 * @param manager acquires the leases
	 * @param outer finds the lease for a key that the code around the call holds already
	 * @return completes with the lease of the call, {@code null} if the policy lets the
	 * call run without a lease; cancelling this future releases everything
	 */
	static CompletableFuture<@Nullable OwnedLease> start(LeaseGuard guard, LeaseManager manager,
			Function<LeaseKey, @Nullable HeldLease> outer) {
		Acquisition acquisition = new Acquisition(guard, manager);
		if (acquisition.join(outer)) {
			acquisition.proceed();
			// An answer that is complete can no longer be cancelled.
			if (!acquisition.answer.isDone()) {
				acquisition.answer.whenComplete((holding, failure) -> acquisition.cancelled());
			}
		}
		return acquisition.answer;
	}

	private boolean join(Function<LeaseKey, @Nullable HeldLease> outer) {
		for (LeaseRequest request : this.guard.requests()) {
			HeldLease known = outer.apply(request.key());
			if (known == null || !known.join()) {
				this.missing.add(request);
			}
			else if (request.fenced() && !known.request().fenced()) {
				this.joined.add(known);
				fail(new IllegalStateException("The code around " + request.purpose() + " holds the lock '"
						+ request.name() + "' without a fencing token, and a token cannot be added to a held lock. "
						+ "Set 'fenced' on the lock of " + known.request().purpose() + ", too"));
				return false;
			}
			else if (known.isValid()) {
				this.joined.add(known);
			}
			else if (known.isLost()) {
				this.joined.add(known);
				fail(new LeaseLostException(known.request(), known.lossReason()));
				return false;
			}
			else {
				// The code around the call has closed this lease.
				known.letGo();
				this.missing.add(request);
			}
		}
		return true;
	}

	private void cancelled() {
		CompletableFuture<HeldLease> pending = this.asked;
		if (this.answer.isCancelled() && pending != null) {
			pending.cancel(false);
		}
	}

	private void proceed() {
		// A loop and no recursion: if the store answers at once, the depth of a recursion
		// would be the number of keys.
		for (LeaseRequest next = this.missing.peek(); next != null
				&& !this.answer.isDone(); next = this.missing.peek()) {
			CompletableFuture<HeldLease> pending = submit(next);
			this.asked = pending;
			cancelled();
			if (!pending.isDone()) {
				pending.whenComplete((lease, failure) -> {
					answered(lease, failure);
					proceed();
				});
				return;
			}
			pending.whenComplete(this::answered);
		}
		if (this.answer.isDone()) {
			letAllGo();
		}
		else {
			finish();
		}
	}

	private CompletableFuture<HeldLease> submit(LeaseRequest request) {
		OnUnavailable policy = this.guard.onUnavailable();
		WaitRoom room = this.guard.waitRoom();
		return isJoint() ? this.manager.submit(oneOfSeveral(request), policy, room, this.manager.now())
				: this.manager.submit(request, policy, room, this.startedAt);
	}

	/**
	 * Returns the request to submit for one of several parts. All parts share one wait
	 * time. Their timeouts begin to count when all parts are acquired.
	 * @param request the request of the part
	 * @return the request to submit
	 */
	private LeaseRequest oneOfSeveral(LeaseRequest request) {
		this.timeoutsPending |= isJoint();
		long remaining = Nanos.of(request.waitTime()) - (this.manager.now() - this.startedAt);
		return request.within(this.timeoutsPending ? null : request.timeout(),
				Duration.ofNanos(Math.max(0, remaining)));
	}

	private boolean isJoint() {
		return this.missing.size() + this.acquired.size() > 1;
	}

	private void answered(@Nullable HeldLease lease, @Nullable Throwable failure) {
		if (lease != null) {
			this.acquired.add(new Won(this.missing.remove(), lease));
			if (lease.place().isLocal()) {
				logger.debug("{} is guarded by the {} '{}' within this JVM only", lease.request().purpose(),
						lease.request().key().kind(), lease.request().name());
				this.manager.listener().unavailable(this.guard.first(), OnUnavailable.LOCAL);
			}
		}
		else if (failure instanceof LeaseUnavailableException unavailable && !this.answer.isDone()) {
			unavailable(unavailable);
		}
		else if (failure instanceof LeaseBusyException busy) {
			// The exception may contain only the wait time that was left for this part.
			LeaseRequest request = this.missing.element();
			fail(busy.of(request.within(null, this.guard.first().waitTime())));
		}
		else {
			fail((failure != null) ? failure : new IllegalStateException("The engine gave no answer"));
		}
	}

	private void unavailable(LeaseUnavailableException failure) {
		LeaseRequest request = this.guard.first();
		// The end of this application is no outage.
		if (this.guard.onUnavailable() == OnUnavailable.PROCEED && !this.manager.isClosed()) {
			this.manager.listener().unavailable(request, OnUnavailable.PROCEED);
			logger.debug("{} runs without the {} '{}': {}", request.purpose(), request.key().kind(), request.name(),
					failure.getMessage());
			letGoAcquired();
			complete(this.joined.isEmpty() ? null : OwnedLease.of(this.joined));
			return;
		}
		this.manager.listener().unavailable(request, OnUnavailable.FAIL);
		fail(failure);
	}

	private void finish() {
		if (this.timeoutsPending) {
			for (Won won : this.acquired) {
				Duration timeout = won.request().timeout();
				if (timeout != null) {
					won.lease().place().gate().startTimeout(won.lease(), timeout);
				}
			}
		}
		if (this.joined.isEmpty() && this.acquired.size() == 1) {
			// This lease was granted just now. It did not wait for another one.
			complete(this.acquired.get(0).lease());
			return;
		}
		List<HeldLease> all = new ArrayList<>(this.joined);
		this.acquired.forEach((won) -> all.add(won.lease()));
		for (HeldLease lease : all) {
			if (lease.isLost()) {
				// The lease was lost while the call waited for another one.
				fail(new LeaseLostException(lease.request(), lease.lossReason()));
				return;
			}
		}
		complete(OwnedLease.of(all));
	}

	private void complete(@Nullable OwnedLease holding) {
		if (!this.answer.complete(holding)) {
			letAllGo();
		}
	}

	private void fail(Throwable failure) {
		letAllGo();
		this.answer.completeExceptionally(failure);
	}

	private void letAllGo() {
		this.joined.forEach(HeldLease::letGo);
		this.joined.clear();
		letGoAcquired();
	}

	private void letGoAcquired() {
		this.acquired.forEach((won) -> won.lease().letGo());
		this.acquired.clear();
	}

	/**
	 * One lease that was acquired.
	 *
	 * @param request the request, with the timeout of the holder
	 * @param lease the lease
	 */
	private record Won(LeaseRequest request, HeldLease lease) {

	}

}
