package dev.weir.lease.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseUnavailableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acquires all leases of the {@link LeaseGuard} of one call. The acquisition joins the
 * leases that the code around the call holds already, and acquires the others one after
 * the other, in the order of their keys. If a lease cannot be acquired, the acquisition
 * releases all leases that it has. The steps run one after the other, so only the answer
 * is shared between threads.
 * <p>
 * While a stand-in lease guards a caller of this JVM, the callers that arrive after the
 * store has answered again acquire both leases, the stand-in first. In this way the
 * callers of one JVM exclude each other all the time.
 */
final class Acquisition {

	private static final Logger logger = LoggerFactory.getLogger(Acquisition.class);

	private final LeaseGuard guard;

	private final LeaseManager shared;

	private final LeaseManager local;

	private final List<HeldLease> joined = new ArrayList<>(0);

	/** The requests for leases that were not joined. */
	private final List<LeaseRequest> wanted = new ArrayList<>(1);

	private final Deque<Part> missing = new ArrayDeque<>(2);

	private final List<Won> acquired = new ArrayList<>(1);

	private final CompletableFuture<@Nullable OwnedLease> answer = new CompletableFuture<>();

	private final long startedAt;

	/** Whether leases were requested whose timeout does not count yet. */
	private boolean timeoutsPending;

	/** The answer to the current request. */
	private volatile @Nullable CompletableFuture<HeldLease> asked;

	private Acquisition(LeaseGuard guard, LeaseManager shared, LeaseManager local) {
		this.guard = guard;
		this.shared = shared;
		this.local = local;
		this.startedAt = shared.now();
	}

	/**
	 * Starts an acquisition.
	 * @param guard the leases that the call needs
	 * @param shared the manager for leases that hold across instances
	 * @param local the manager for leases that hold within this JVM
	 * @param outer finds the lease for a key that the code around the call holds already
	 * @return completes with the lease of the call, {@code null} if the policy lets the
	 * call run without a lease; cancelling this future releases everything
	 */
	static CompletableFuture<@Nullable OwnedLease> start(LeaseGuard guard, LeaseManager shared, LeaseManager local,
			Function<LeaseKey, @Nullable HeldLease> outer) {
		Acquisition acquisition = new Acquisition(guard, shared, local);
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
				want(request);
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
				want(request);
			}
		}
		return true;
	}

	private void want(LeaseRequest request) {
		this.wanted.add(request);
		if (this.guard.onUnavailable() == OnUnavailable.LOCAL && this.local.isInUse(request.key())) {
			this.missing.add(new Part(this.local, request));
		}
		this.missing.add(new Part(this.shared, request));
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
		for (Part part = this.missing.peek(); part != null && !this.answer.isDone(); part = this.missing.peek()) {
			CompletableFuture<HeldLease> pending = submit(part);
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

	private CompletableFuture<HeldLease> submit(Part part) {
		boolean onlyOne = this.acquired.isEmpty() && part.manager() == this.shared && !isJoint();
		return onlyOne ? this.shared.submit(part.request(), this.startedAt)
				: part.manager().submit(oneOfSeveral(part.request()), part.manager().now());
	}

	/**
	 * Returns the request to submit for one of several parts. All parts share one wait
	 * time. Their timeouts begin to count when all parts are acquired.
	 * @param request the request of the part
	 * @return the request to submit
	 */
	private LeaseRequest oneOfSeveral(LeaseRequest request) {
		this.timeoutsPending |= isJoint();
		long remaining = Nanos.of(request.waitTime()) - (this.shared.now() - this.startedAt);
		return request.within(this.timeoutsPending ? null : request.timeout(),
				Duration.ofNanos(Math.max(0, remaining)));
	}

	private boolean isJoint() {
		return this.missing.size() + this.acquired.size() > 1;
	}

	private void answered(@Nullable HeldLease lease, @Nullable Throwable failure) {
		if (lease != null) {
			this.acquired.add(new Won(this.missing.remove(), lease));
		}
		else if (failure instanceof LeaseUnavailableException unavailable && !this.answer.isDone()) {
			unavailable(unavailable);
		}
		else if (failure instanceof LeaseBusyException busy) {
			// The exception may contain only the wait time that was left for this part.
			LeaseRequest request = this.missing.element().request();
			fail(busy.of(request.within(null, this.guard.first().waitTime())));
		}
		else {
			fail((failure != null) ? failure : new IllegalStateException("The engine gave no answer"));
		}
	}

	private void unavailable(LeaseUnavailableException failure) {
		boolean isShared = this.missing.element().manager() == this.shared;
		OnUnavailable policy = isShared ? this.guard.onUnavailable() : OnUnavailable.FAIL;
		LeaseRequest request = this.guard.first();
		this.shared.listener().unavailable(request, policy);
		switch (policy) {
			case FAIL -> fail(failure);
			case PROCEED -> {
				logger.debug("{} runs without the {} '{}': {}", request.purpose(), request.key().kind(), request.name(),
						failure.getMessage());
				letGoAcquired();
				complete(this.joined.isEmpty() ? null : OwnedLease.of(this.joined));
			}
			case LOCAL -> {
				logger.debug("{} is guarded by the {} '{}' within this JVM only: {}", request.purpose(),
						request.key().kind(), request.name(), failure.getMessage());
				standIn();
			}
		}
	}

	private void standIn() {
		this.acquired.removeIf((won) -> {
			boolean isShared = won.part().manager() == this.shared;
			if (isShared) {
				won.lease().letGo();
			}
			return isShared;
		});
		this.missing.clear();
		this.wanted.stream()
			.map((request) -> new Part(this.local, request))
			.filter((part) -> this.acquired.stream().noneMatch((won) -> won.part().equals(part)))
			.forEach(this.missing::add);
	}

	private void finish() {
		if (this.timeoutsPending) {
			for (Won won : this.acquired) {
				Duration timeout = won.part().request().timeout();
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
	 * One lease that is needed.
	 *
	 * @param manager the manager of the lease
	 * @param request the request for the lease
	 */
	private record Part(LeaseManager manager, LeaseRequest request) {

	}

	/**
	 * One lease that was acquired.
	 *
	 * @param part the part that needs the lease
	 * @param lease the lease
	 */
	private record Won(Part part, HeldLease lease) {

	}

}
