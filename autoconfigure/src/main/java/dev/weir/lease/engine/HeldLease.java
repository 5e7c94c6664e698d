package dev.weir.lease.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LossReason;
import org.jspecify.annotations.Nullable;

/**
 * The lease of one holder, which has a {@link StorePlace} for as long as it holds the
 * lease. State changes are guarded by the mutex of the {@link Gate}.
 */
final class HeldLease implements OwnedLease {

	private final StorePlace place;

	private final LeaseRequest request;

	private final long fencingToken;

	private final long grantedAt;

	/** When the timeout of the holder passes, by the clock of the engine. */
	private volatile long timeoutAt;

	/**
	 * Until when a lock must stay taken if its holder has used it, by the clock of the
	 * engine.
	 */
	private final long atLeastUntil;

	/**
	 * Whether the holder has begun to use the lease. A lease that its caller gave up
	 * before is released at once.
	 */
	private volatile boolean used;

	private final List<Runnable> lossCallbacks = new ArrayList<>(0);

	/**
	 * The number of holds. Each {@link #join()} adds one. Once the number is zero, it
	 * stays zero.
	 */
	private final AtomicInteger holds = new AtomicInteger(1);

	private volatile State state = State.HELD;

	private volatile @Nullable LossReason lossReason;

	HeldLease(StorePlace place, LeaseRequest request, long fencingToken, long grantedAt) {
		this.place = place;
		this.request = request;
		this.fencingToken = fencingToken;
		this.grantedAt = grantedAt;
		// From now, and not from the request: the store has granted the place in between.
		this.atLeastUntil = request.atLeast().isZero() ? grantedAt
				: place.gate().engine().now() + Nanos.of(request.atLeast());
		startTimeout(request.timeout(), grantedAt);
	}

	/**
	 * Starts the timeout, or starts it again from a later time.
	 * @param timeout the longest time that the holder may hold the lease, {@code null}
	 * for no limit
	 * @param from the time from which the timeout counts, by the clock of the engine
	 */
	void startTimeout(@Nullable Duration timeout, long from) {
		this.timeoutAt = from + ((timeout != null) ? Nanos.of(timeout) : Nanos.FOREVER);
	}

	@Override
	public String name() {
		return this.request.name();
	}

	@Override
	public String key() {
		return this.request.key().value();
	}

	/**
	 * Returns for how long the holder has had the lease.
	 * @param now the time
	 * @return the time since the lease was granted, counted in the same way as the
	 * timeout
	 */
	Duration heldUntil(long now) {
		return Duration.ofNanos(now - this.grantedAt);
	}

	boolean isFor(LeaseKey key) {
		return this.request.key().equals(key);
	}

	long timeoutAt() {
		return this.timeoutAt;
	}

	long atLeastUntil() {
		return this.atLeastUntil;
	}

	/**
	 * Returns until when the place of the lease must stay taken after its release.
	 * @return the time by the clock of the engine, the past to free it at once
	 */
	long keptUntil() {
		return this.used ? this.atLeastUntil : this.grantedAt;
	}

	@Override
	public void use() {
		this.used = true;
	}

	/**
	 * Returns when the lease ends unless it is renewed.
	 * @return the deadline of the store or the timeout of the holder, the earlier of the
	 * two
	 */
	long deadline() {
		long placeDeadline = this.place.deadline();
		return (placeDeadline - this.timeoutAt < 0) ? placeDeadline : this.timeoutAt;
	}

	@Override
	public Duration remaining() {
		long nanos = deadline() - this.place.gate().engine().now();
		return (this.state == State.HELD && nanos > 0) ? Duration.ofNanos(nanos) : Duration.ZERO;
	}

	@Override
	public boolean isValid() {
		return this.state == State.HELD && deadline() - this.place.gate().engine().now() > 0;
	}

	@Override
	public long fencingToken() {
		if (!this.request.fenced()) {
			throw new IllegalStateException("The " + this.request.key().kind() + " '" + this.request.name()
					+ "' has no fencing token: ask for it with 'fenced = true'");
		}
		return this.fencingToken;
	}

	@Override
	public void onLost(Runnable callback) {
		Gate gate = this.place.gate();
		gate.events().on((effects) -> {
			if (this.state == State.HELD) {
				this.lossCallbacks.add(callback);
			}
			else if (this.state == State.LOST) {
				effects.add(() -> gate.engine().callbacks().execute(callback));
			}
		});
	}

	@Override
	public boolean join() {
		return this.holds.getAndUpdate((holds) -> (holds > 0) ? holds + 1 : 0) > 0;
	}

	@Override
	public CompletionStage<LeaseStore.Release> letGo() {
		return (this.holds.decrementAndGet() == 0) ? this.place.gate().close(this)
				: CompletableFuture.completedFuture(LeaseStore.Release.RELEASED);
	}

	@Override
	public List<HeldLease> members() {
		return List.of(this);
	}

	@Override
	public CompletionStage<LeaseStore.Release> closeAsync() {
		use();
		return this.place.gate().close(this);
	}

	StorePlace place() {
		return this.place;
	}

	/**
	 * Returns whether other instances see the lease.
	 * @return whether the instances share the store of the lease
	 */
	boolean isShared() {
		return !this.place.isLocal() && this.place.gate().engine().store().isShared();
	}

	/**
	 * Pins the place: no other holder of this JVM ever gets it.
	 * @return {@code false} if the lease is no longer held
	 */
	boolean pin() {
		return this.place.gate().pin(this);
	}

	@Override
	public LeaseRequest request() {
		return this.request;
	}

	boolean isHeld() {
		return this.state == State.HELD;
	}

	@Override
	public boolean isLost() {
		// A thread that was paused may check the lease before the timer runs.
		return this.state == State.LOST || (this.state == State.HELD && !isValid());
	}

	@Override
	public LossReason lossReason() {
		LossReason reason = this.lossReason;
		return (reason != null) ? reason : expiry();
	}

	/**
	 * Returns the reason for which the lease ends when its deadline passes.
	 * @return the reason
	 */
	LossReason expiry() {
		return this.place.isRenewable(this) ? LossReason.EXPIRED : LossReason.TIMEOUT;
	}

	void closed() {
		this.state = State.CLOSED;
		this.lossCallbacks.clear();
	}

	/**
	 * Marks the lease as lost.
	 * @param reason the reason
	 * @return the callbacks to run
	 */
	List<Runnable> lost(LossReason reason) {
		this.lossReason = reason;
		this.state = State.LOST;
		List<Runnable> callbacks = List.copyOf(this.lossCallbacks);
		this.lossCallbacks.clear();
		return callbacks;
	}

	private enum State {

		HELD, CLOSED, LOST

	}

}
