package dev.weir.lease.engine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import org.jspecify.annotations.Nullable;

/**
 * One caller that has requested a lease and has no answer yet. Everything except the
 * answer is guarded by the mutex of its {@link Gate}.
 */
final class Waiter {

	private final LeaseRequest request;

	private final LeaseListener.Call call;

	private final CompletableFuture<HeldLease> answer = new CompletableFuture<>();

	private final long askedAt;

	private final OnUnavailable onUnavailable;

	private final WaitRoom room;

	private final AtomicBoolean left = new AtomicBoolean();

	private boolean overdue;

	private boolean crowdedOut;

	private boolean waiting;

	private @Nullable Future<?> timer;

	Waiter(LeaseRequest request, LeaseListener.Call call, OnUnavailable onUnavailable, WaitRoom room, long now) {
		this.request = request;
		this.call = call;
		this.onUnavailable = onUnavailable;
		this.room = room;
		this.askedAt = now;
		this.overdue = request.waitTime().isZero();
	}

	LeaseRequest request() {
		return this.request;
	}

	long askedAt() {
		return this.askedAt;
	}

	/**
	 * Returns whether the caller takes a place within this JVM if the store does not
	 * answer.
	 * @return {@code false} if the caller then fails
	 */
	boolean takesLocalPlace() {
		return this.onUnavailable == OnUnavailable.LOCAL;
	}

	/**
	 * Returns whether the caller waits no longer for a store that is away. A caller that
	 * can do without the store does so as soon as the outage is certain. Any other caller
	 * waits as long as it may, but not if the outage has lasted for its whole wait time
	 * already.
	 * @param awayFor for how long the store has been known to be away
	 * @return whether the wait is over
	 */
	boolean endsAfter(Duration awayFor) {
		if (this.overdue || awayFor.isZero()) {
			return this.overdue;
		}
		return this.onUnavailable != OnUnavailable.FAIL || awayFor.compareTo(this.request.waitTime()) >= 0;
	}

	CompletableFuture<HeldLease> answer() {
		return this.answer;
	}

	/**
	 * Returns whether the wait time is over. An overdue waiter still takes a lease that
	 * is free at once, but does not wait any longer.
	 * @return whether the wait time is over
	 */
	boolean isOverdue() {
		return this.overdue;
	}

	/**
	 * Notes that the lease is not free. If there is no room to wait, the wait time is
	 * over at once.
	 * @return whether the waiter starts to wait for the lease now
	 */
	boolean startsToWait() {
		if (this.waiting || this.overdue) {
			return false;
		}
		if (!this.room.enter()) {
			this.overdue = true;
			this.crowdedOut = true;
			stopTimer();
			return false;
		}
		this.waiting = true;
		return true;
	}

	/**
	 * Leaves the room, if the waiter is in it. Called before the caller gets its answer:
	 * the caller may want to wait for another lease at once. Not guarded by the mutex.
	 */
	void leaveRoom() {
		if (this.waiting && this.left.compareAndSet(false, true)) {
			this.room.leave();
		}
	}

	/**
	 * Returns whether the caller does not wait because too many others do.
	 * @return whether there was no room
	 */
	boolean isCrowdedOut() {
		return this.crowdedOut;
	}

	void waits() {
		this.call.waits();
	}

	void acquired(long now, boolean handedOn) {
		this.call.acquired(Duration.ofNanos(now - this.askedAt), handedOn);
	}

	void failed(long now, LeaseListener.Failure failure) {
		this.call.failed(Duration.ofNanos(now - this.askedAt), failure);
	}

	void overdue() {
		this.overdue = true;
	}

	/**
	 * Sets the timer for the end of the wait time, if that end is soon and the timer is
	 * not set yet.
	 * @param engine the engine
	 * @param over runs when the wait time is over
	 */
	void startTimer(EngineContext engine, Runnable over) {
		if (this.timer == null && !this.overdue) {
			long nanos = Nanos.of(this.request.waitTime()) - (engine.now() - this.askedAt);
			this.timer = engine.soon(nanos, over);
		}
	}

	void stopTimer() {
		if (this.timer != null) {
			this.timer.cancel(false);
		}
	}

}
