package dev.weir.lease.engine;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import dev.weir.core.Containment;
import dev.weir.core.Log;
import dev.weir.core.OnUnavailable;
import dev.weir.lease.Leadership;
import dev.weir.lease.LeadershipListener;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.LossReason;
import dev.weir.lease.OnLost;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the lease of a role, holds it, and waits for it again after a loss.
 */
public final class Campaign implements Leadership {

	private static final Log logger = Log.of(Campaign.class);

	/** How long a campaign rests after a failure, less up to a quarter at random. */
	private static final long PAUSE_MILLIS = 1000;

	private final String role;

	private final LeaseRequest request;

	private final LeaseManager manager;

	private final LeaseTemplate template;

	private final List<LeadershipListener> listeners;

	private boolean running;

	private @Nullable CompletableFuture<HeldLease> asked;

	private volatile @Nullable HeldLease lease;

	private String lastFailure = "";

	/** Completes when the listeners have handled all changes so far. */
	private CompletableFuture<?> handled = CompletableFuture.completedFuture(null);

	Campaign(String role, LeaseRequest request, LeaseManager manager, LeaseTemplate template,
			List<LeadershipListener> listeners) {
		this.role = role;
		this.request = request;
		this.manager = manager;
		this.template = template.under(this::held);
		this.listeners = listeners;
	}

	@Override
	public String role() {
		return this.role;
	}

	@Override
	public boolean isLeader() {
		return held() != null;
	}

	private @Nullable HeldLease held() {
		HeldLease held = this.lease;
		if (held == null || held.isValid()) {
			return held;
		}
		if (!held.isLost()) {
			// Code that ran under the lease has closed it.
			ended(held, null);
		}
		return null;
	}

	@Override
	public long fencingToken() {
		HeldLease held = held();
		if (held == null) {
			throw new IllegalStateException("This instance is not the leader of '" + this.role + "'");
		}
		return held.fencingToken();
	}

	@Override
	public boolean tryRun(Runnable action) {
		return this.template.tryRun(new LeaseGuard(this.request, OnUnavailable.FAIL, OnLost.FAIL), action);
	}

	/**
	 * Returns the template that runs calls under the lease of the role. If this instance
	 * is not the leader, a call fails with a {@link LeaseBusyException}, without a call
	 * to the store.
	 * @return the template
	 */
	public LeaseTemplate template() {
		return this.template;
	}

	@Override
	public synchronized boolean stepDown() {
		HeldLease held = held();
		if (held == null) {
			return false;
		}
		end(held, null);
		held.letGo();
		askAfter(this.manager.ttl(this.request).toMillis());
		return true;
	}

	synchronized void start() {
		this.running = true;
		askIfIdle();
	}

	/**
	 * Ends the campaign, and gives the role to another instance.
	 * @return completes when the store has answered and the listeners have handled the
	 * loss
	 */
	synchronized CompletionStage<?> stop() {
		this.running = false;
		CompletableFuture<HeldLease> pending = this.asked;
		if (pending != null) {
			this.asked = null;
			pending.cancel(false);
		}
		HeldLease held = this.lease;
		if (held == null) {
			return this.handled;
		}
		end(held, held.isLost() ? held.lossReason() : null);
		return held.letGo().handle((release, failure) -> release).thenCombine(this.handled, (release, done) -> done);
	}

	private synchronized void askIfIdle() {
		if (this.running && this.asked == null && this.lease == null && !this.manager.isClosed()) {
			CompletableFuture<HeldLease> pending = this.manager.submit(this.request, this.manager.now());
			this.asked = pending;
			pending.whenCompleteAsync((granted, failure) -> answered(pending, granted, failure),
					this.manager.callbacks());
		}
	}

	private void askAfter(long millis) {
		long spread = ThreadLocalRandom.current().nextLong(millis / 4 + 1);
		CompletableFuture.delayedExecutor(millis - spread, TimeUnit.MILLISECONDS, this.manager.callbacks())
			.execute(this::askIfIdle);
	}

	private synchronized void answered(CompletableFuture<HeldLease> pending, @Nullable HeldLease granted,
			@Nullable Throwable failure) {
		boolean current = this.asked == pending;
		if (current) {
			this.asked = null;
		}
		if (granted == null) {
			if (current) {
				failed(failure);
				askAfter(PAUSE_MILLIS);
			}
		}
		else if (!current) {
			// The campaign ended while the answer was on its way.
			granted.letGo();
		}
		else {
			this.lease = granted;
			logger.info("This instance is the leader of '{}'", this.role);
			handle((listener) -> listener.granted(this.role, granted.fencingToken()));
			granted.onLost(() -> ended(granted, granted.lossReason()));
			this.lastFailure = "";
		}
	}

	private void failed(@Nullable Throwable failure) {
		// An outage of the store is in the log already.
		String message = (failure instanceof LeaseUnavailableException) ? "" : String.valueOf(failure);
		if (!message.isEmpty() && !message.equals(this.lastFailure)) {
			logger.warn("This instance cannot become the leader of '{}', and tries again every second: {}", this.role,
					message);
		}
		this.lastFailure = message;
	}

	private synchronized void ended(HeldLease held, @Nullable LossReason reason) {
		if (this.lease == held) {
			end(held, reason);
			askIfIdle();
		}
	}

	private void end(HeldLease held, @Nullable LossReason reason) {
		this.lease = null;
		logger.info("This instance is no longer the leader of '{}': {}", this.role,
				(reason != null) ? reason.text() : "it steps down");
		handle((listener) -> listener.lost(this.role, held.fencingToken(), reason));
	}

	private void handle(Consumer<LeadershipListener> change) {
		this.handled = this.handled.thenRunAsync(
				() -> this.listeners
					.forEach((listener) -> Containment.run("A listener for leaders", () -> change.accept(listener))),
				this.manager.callbacks());
	}

}
