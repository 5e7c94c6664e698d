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
 * One call's way to all leases of its {@link LeaseGuard}: joins those that the code
 * around it holds already, acquires the others one after the other in the order of their
 * keys, and gives back what it has when it cannot have all. Its steps follow each other,
 * so only the answer is shared between threads.
 * <p>
 * While somebody of this JVM is guarded by a stand-in lease, those who come after the
 * store has answered again take both, the stand-in first: callers of one JVM exclude each
 * other all the time.
 */
final class Acquisition {

	private static final Logger logger = LoggerFactory.getLogger(Acquisition.class);

	private final LeaseGuard guard;

	private final LeaseManager shared;

	private final LeaseManager local;

	private final List<HeldLease> joined = new ArrayList<>(0);

	/** What was not joined. */
	private final List<LeaseRequest> wanted = new ArrayList<>(1);

	private final Deque<Part> missing = new ArrayDeque<>(2);

	private final List<Won> acquired = new ArrayList<>(1);

	private final CompletableFuture<@Nullable OwnedLease> answer = new CompletableFuture<>();

	private final long startedAt;

	/** Whether leases were asked for whose timeout has yet to begin to count. */
	private boolean timeoutsPending;

	/** What is being asked for right now. */
	private volatile @Nullable CompletableFuture<HeldLease> asked;

	private Acquisition(LeaseGuard guard, LeaseManager shared, LeaseManager local) {
		this.guard = guard;
		this.shared = shared;
		this.local = local;
		this.startedAt = shared.now();
	}

	/**
	 * Starts an acquisition.
	 * @param guard what is needed
	 * @param shared the manager for leases that hold across instances
	 * @param local the manager for leases that hold within this JVM
	 * @param outer finds the lease for a key that the code around the call holds already
	 * @return completes with what the call may run under, {@code null} to run without a
	 * lease because the policy says so; cancelling it gives back everything
	 */
	static CompletableFuture<@Nullable OwnedLease> start(LeaseGuard guard, LeaseManager shared, LeaseManager local,
			Function<LeaseKey, @Nullable HeldLease> outer) {
		Acquisition acquisition = new Acquisition(guard, shared, local);
		if (acquisition.join(outer)) {
			acquisition.proceed();
			// What is answered already can no longer be cancelled.
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
			else if (known.isValid()) {
				this.joined.add(known);
			}
			else if (known.isLost()) {
				this.joined.add(known);
				fail(new LeaseLostException(known.request(), known.lossReason()));
				return false;
			}
			else {
				// The code around has closed it.
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
		// A loop: with a store that answers at once, recursion would be as deep as there
		// are keys.
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
	 * Returns what to ask of the engine for one of several parts. They share one wait
	 * time, and their timeout begins to count when all are there.
	 * @param request what the part is asked for
	 * @return what to ask for
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
			// It may know only the rest of the wait time that was left for its part.
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
			// It was granted just now, and waited for no other.
			complete(this.acquired.get(0).lease());
			return;
		}
		List<HeldLease> all = new ArrayList<>(this.joined);
		this.acquired.forEach((won) -> all.add(won.lease()));
		for (HeldLease lease : all) {
			if (lease.isLost()) {
				// While it waited for another one.
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
	 * @param manager who is asked for it
	 * @param request what is asked for
	 */
	private record Part(LeaseManager manager, LeaseRequest request) {

	}

	/**
	 * One lease that is there.
	 *
	 * @param part what was asked for
	 * @param lease the lease
	 */
	private record Won(Part part, HeldLease lease) {

	}

}
