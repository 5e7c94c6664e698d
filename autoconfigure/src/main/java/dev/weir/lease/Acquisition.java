package dev.weir.lease;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call's way to all leases of its {@link Guard}: joins those that the code around it
 * holds already, acquires the others one after the other in the order of their keys, and
 * gives back what it has when it cannot have all. Its steps follow each other, so only
 * the answer is shared between threads.
 */
final class Acquisition {

	private static final Logger logger = LoggerFactory.getLogger(Acquisition.class);

	private final Guard guard;

	private final LeaseManager local;

	private final List<HeldLease> joined = new ArrayList<>(0);

	private final List<HeldLease> acquired = new ArrayList<>(1);

	private final List<LeaseRequest> wanted = new ArrayList<>(1);

	private final Deque<LeaseRequest> missing = new ArrayDeque<>(1);

	private final CompletableFuture<@Nullable Holding> answer = new CompletableFuture<>();

	private final long startedAt;

	private LeaseManager manager;

	/** What is being asked for right now. */
	private volatile @Nullable CompletableFuture<HeldLease> asked;

	private Acquisition(Guard guard, LeaseManager shared, LeaseManager local) {
		this.guard = guard;
		this.manager = shared;
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
	static CompletableFuture<@Nullable Holding> start(Guard guard, LeaseManager shared, LeaseManager local,
			Function<LeaseKey, @Nullable HeldLease> outer) {
		Acquisition acquisition = new Acquisition(guard, shared, local);
		if (acquisition.join(outer)) {
			acquisition.answer.whenComplete((holding, failure) -> acquisition.cancelled());
			acquisition.next();
		}
		return acquisition.answer;
	}

	private boolean join(Function<LeaseKey, @Nullable HeldLease> outer) {
		for (LeaseRequest request : this.guard.requests()) {
			HeldLease known = outer.apply(request.key());
			if (known == null || !known.join()) {
				this.wanted.add(request);
				continue;
			}
			this.joined.add(known);
			if (!known.isValid()) {
				fail(new LeaseLostException(known.request(), known.lossReason()));
				return false;
			}
		}
		this.missing.addAll(this.wanted);
		return true;
	}

	private void cancelled() {
		CompletableFuture<HeldLease> pending = this.asked;
		if (this.answer.isCancelled() && pending != null) {
			pending.cancel(false);
		}
	}

	private void next() {
		LeaseRequest request = this.missing.peek();
		if (this.answer.isDone()) {
			letAllGo();
		}
		else if (request == null) {
			finish();
		}
		else {
			CompletableFuture<HeldLease> pending = this.manager.submit(part(request));
			this.asked = pending;
			cancelled();
			pending.whenComplete(this::answered);
		}
	}

	/**
	 * Returns what to ask of the engine for one of several keys. Its timeout begins to
	 * count when all are there, and they share one wait time.
	 * @param request what is wanted
	 * @return what to ask for
	 */
	private LeaseRequest part(LeaseRequest request) {
		if (this.wanted.size() == 1) {
			return request;
		}
		long remaining = Nanos.of(request.waitTime()) - (this.manager.now() - this.startedAt);
		return request.within(null, Duration.ofNanos(Math.max(0, remaining)));
	}

	private void answered(@Nullable HeldLease lease, @Nullable Throwable failure) {
		if (lease != null) {
			this.missing.poll();
			this.acquired.add(lease);
			next();
		}
		else if (failure instanceof LeaseUnavailableException unavailable && !this.answer.isDone()) {
			unavailable(unavailable);
		}
		else if (failure instanceof LeaseBusyException busy && this.wanted.size() > 1) {
			// It knows only the rest of the wait time that was left for its key.
			fail(busy.of(this.missing.element().within(null, this.guard.first().waitTime())));
		}
		else {
			fail((failure != null) ? failure : new IllegalStateException("The engine gave no answer"));
		}
	}

	private void unavailable(LeaseUnavailableException failure) {
		OnUnavailable policy = (this.manager != this.local) ? this.guard.onUnavailable() : OnUnavailable.FAIL;
		LeaseRequest request = this.guard.first();
		switch (policy) {
			case FAIL -> fail(failure);
			case PROCEED -> {
				logger.warn("{} runs without the {} '{}': {}", request.purpose(), request.key().kind(), request.name(),
						failure.getMessage());
				letGo(this.acquired);
				complete(this.joined.isEmpty() ? null : Holding.of(this.joined));
			}
			case LOCAL -> {
				logger.warn("{} is guarded by the {} '{}' within this JVM only: {}", request.purpose(),
						request.key().kind(), request.name(), failure.getMessage());
				letGo(this.acquired);
				this.manager = this.local;
				this.missing.clear();
				this.missing.addAll(this.wanted);
				next();
			}
		}
	}

	private void finish() {
		if (this.wanted.size() > 1) {
			for (int i = 0; i < this.acquired.size(); i++) {
				Duration timeout = this.wanted.get(i).timeout();
				HeldLease lease = this.acquired.get(i);
				if (timeout != null) {
					lease.slot().gate().startTimeout(lease, timeout);
				}
			}
		}
		if (this.joined.isEmpty()) {
			complete(Holding.of(this.acquired));
			return;
		}
		List<HeldLease> all = new ArrayList<>(this.joined);
		all.addAll(this.acquired);
		complete(Holding.of(all));
	}

	private void complete(@Nullable Holding holding) {
		if (!this.answer.complete(holding)) {
			letAllGo();
		}
	}

	private void fail(Throwable failure) {
		letAllGo();
		this.answer.completeExceptionally(failure);
	}

	private void letAllGo() {
		letGo(this.joined);
		letGo(this.acquired);
	}

	private static void letGo(Collection<HeldLease> leases) {
		leases.forEach(HeldLease::letGo);
		leases.clear();
	}

}
