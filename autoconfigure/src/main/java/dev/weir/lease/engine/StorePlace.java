package dev.weir.lease.engine;

import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import org.jspecify.annotations.Nullable;

/**
 * One place that this JVM has in the store, under one owner id, or has only within this
 * JVM while the store does not answer. When a local waiter takes the place over, the
 * place gets a new lease. Everything except the deadline is guarded by the mutex of its
 * {@link Gate}.
 */
final class StorePlace {

	/** How often a place is handed on locally before it goes back to the store. */
	static final int MAX_HAND_OFFS = LeaseStore.Acquired.RESERVED_TOKENS;

	/** For how long a place is handed on locally before it goes back to the store. */
	private static final long MAX_HAND_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

	private static final long SHORTEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(1);

	private final Gate gate;

	private final String owner;

	/** Whether only this JVM knows the place, because the store did not answer. */
	private final boolean local;

	private final boolean fenced;

	/** How many holders the key could have when the place was taken. */
	private final int limit;

	private final long takenAt;

	private final long firstTtl;

	/**
	 * The earliest time at which the place expires in the store, by the clock of the
	 * engine.
	 */
	private volatile long deadline;

	private long lastToken;

	private int handOffs;

	private @Nullable HeldLease lease;

	private boolean ended;

	private boolean renewing;

	/** Whether the store was asked to let the place expire earlier than before. */
	private boolean shortened;

	/** Whether other code depends on the owner that the store has for this place. */
	private boolean pinned;

	private long renewAt;

	private @Nullable Future<?> timer;

	private StorePlace(Gate gate, LeaseStore.Claim claim, boolean local, long askedAt, long fencingToken) {
		this.gate = gate;
		this.local = local;
		this.owner = claim.owner();
		this.fenced = claim.fenced();
		this.limit = claim.limit();
		this.takenAt = askedAt;
		this.firstTtl = claim.ttl().toNanos();
		this.lastToken = fencingToken;
		renewed(askedAt, this.firstTtl);
	}

	/**
	 * Creates a place that the store has granted.
	 * @param gate the gate
	 * @param claim the claim that the store has granted
	 * @param askedAt the time before the claim was sent
	 * @param fencingToken the token, 0 if none was requested
	 * @return the place
	 */
	static StorePlace shared(Gate gate, LeaseStore.Claim claim, long askedAt, long fencingToken) {
		return new StorePlace(gate, claim, false, askedAt, fencingToken);
	}

	/**
	 * Creates a place that only this JVM knows. It is never renewed and never handed on:
	 * the next holder asks the store again.
	 * @param gate the gate
	 * @param claim the claim that the store has not answered, with an unlimited time to
	 * live
	 * @param now the time
	 * @return the place
	 */
	static StorePlace local(Gate gate, LeaseStore.Claim claim, long now) {
		return new StorePlace(gate, claim, true, now, 0);
	}

	boolean isLocal() {
		return this.local;
	}

	Gate gate() {
		return this.gate;
	}

	String owner() {
		return this.owner;
	}

	long deadline() {
		return this.deadline;
	}

	@Nullable HeldLease lease() {
		return this.lease;
	}

	boolean hasEnded() {
		return this.ended;
	}

	/**
	 * Grants the place to its first holder, or hands it on to the next one.
	 * @param request the request of the holder
	 * @param now the time from which the holder's timeout counts
	 * @return the lease
	 */
	HeldLease grant(LeaseRequest request, long now) {
		if (this.lease != null) {
			this.handOffs++;
			this.lastToken++;
		}
		HeldLease granted = new HeldLease(this, request, this.lastToken, now);
		this.lease = granted;
		return granted;
	}

	/**
	 * Returns whether the place can be handed to another local holder without asking the
	 * store. A holder cannot take the place over if it needs a fencing token that the
	 * place does not have, if its limit is lower, or if the place could expire before the
	 * end of the time for which this holder must keep it.
	 * @param request the request of the next holder
	 * @param now the time
	 * @return {@code false} also if the place has expired
	 */
	boolean canServe(LeaseRequest request, long now) {
		// The first holder keeps the place from its claim on, each further one from now
		// on.
		long ttl = (this.lease != null) ? this.deadline - now : this.firstTtl;
		return (this.fenced || !request.fenced()) && request.limit() >= this.limit && this.deadline - now > 0
				&& ttl >= Nanos.of(request.atLeast());
	}

	/**
	 * Returns whether the place must go back to the store, because other instances have
	 * waited long enough for their turn, or because too little time is left to hand the
	 * place on. A place that was shortened is never handed on: the store may shorten it
	 * late, after a renewal for the next holder. A place that was pinned is never handed
	 * on either: code that depends on its owner must not take the next holder for this
	 * one.
	 * @param now the time
	 * @return whether the place must go back to the store
	 */
	boolean isSpent(long now) {
		return this.local || this.shortened || this.pinned || this.handOffs >= MAX_HAND_OFFS
				|| now - this.takenAt > MAX_HAND_OFF_NANOS || this.deadline - now < this.firstTtl / 2;
	}

	long renewAt() {
		return this.renewAt;
	}

	boolean isHandedOn() {
		return this.handOffs > 0;
	}

	boolean isRenewalDue(long now) {
		HeldLease holder = this.lease;
		return !this.renewing && this.renewAt - now <= 0 && holder != null && isRenewable(holder);
	}

	/**
	 * Returns whether the store can be asked for more time, which the store grants in
	 * milliseconds.
	 * @param holder the lease
	 * @return whether the timeout of the holder allows more time
	 */
	boolean isRenewable(HeldLease holder) {
		return !this.local && holder.timeoutAt() - this.deadline >= TimeUnit.MILLISECONDS.toNanos(1);
	}

	/**
	 * Returns whether the place would stay in the store for longer than its holder may
	 * have it.
	 * @param holder the lease
	 * @return whether to shorten the place
	 */
	boolean outlives(HeldLease holder) {
		return !this.local && !this.renewing && this.deadline - holder.timeoutAt() > 0;
	}

	/**
	 * Notes that the place may expire earlier from now on, even if the store does not
	 * answer the request to shorten it.
	 * @param latest the new earliest time at which the place expires
	 */
	void shortened(long latest) {
		this.deadline = latest;
		this.shortened = true;
	}

	/**
	 * Keeps the place from being handed on to another holder.
	 */
	void pin() {
		this.pinned = true;
	}

	boolean isRenewing() {
		return this.renewing;
	}

	void renewing() {
		this.renewing = true;
	}

	void renewed(long sentAt, long ttlNanos) {
		this.renewing = false;
		this.deadline = sentAt + ttlNanos;
		this.renewAt = sentAt + ttlNanos / 3;
	}

	void renewalFailed(long now) {
		this.renewing = false;
		// Soon enough for more than one attempt before a place with a short time to live
		// expires.
		long pause = Math.min(this.gate.engine().settings().ttl().toNanos() / 12, (this.deadline - now) / 4);
		this.renewAt = now + Math.max(SHORTEST_PAUSE, pause);
	}

	/**
	 * Starts the timer for the next moment in which the lease can expire or must be
	 * renewed.
	 * @param now the time
	 * @param check runs at that moment
	 */
	void startTimer(long now, Runnable check) {
		stopTimer();
		HeldLease holder = this.lease;
		if (holder == null || this.ended) {
			return;
		}
		long due = holder.deadline();
		boolean renewable = !this.renewing && isRenewable(holder);
		if (renewable && this.renewAt - due < 0) {
			due = this.renewAt;
		}
		this.timer = this.gate.engine().soon(due - now, check);
	}

	private void stopTimer() {
		if (this.timer != null) {
			this.timer.cancel(false);
			this.timer = null;
		}
	}

	void end() {
		this.ended = true;
		stopTimer();
	}

}
