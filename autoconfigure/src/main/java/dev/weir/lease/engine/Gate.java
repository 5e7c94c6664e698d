package dev.weir.lease.engine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import org.jspecify.annotations.Nullable;

/**
 * The queue of one JVM for one key. Only the head of the queue sends a claim to the
 * store. A released place goes to the next local caller without a round trip, until other
 * instances must have their turn.
 * <p>
 * Each event (a caller arrives, the store answers, a timer is due) changes the state
 * under a mutex and adds {@link Effects}, which run after the mutex is free.
 */
final class Gate {

	private final EngineContext engine;

	private final LeaseKey key;

	private final AbandonedClaims abandoned;

	private final Consumer<Gate> whenIdle;

	private final Effects.Events events;

	private final WaiterQueue waiters = new WaiterQueue();

	private final Answers answers;

	private final Renewals renewals;

	private final Retry retry;

	private final OwnPlaces places = new OwnPlaces();

	private final StoreQueue queue;

	/** Whether a claim is on its way. */
	private boolean claiming;

	/** How many releases are on their way. */
	private int releasing;

	private boolean retired;

	Gate(EngineContext engine, LeaseKey key, AbandonedClaims abandoned, Consumer<Gate> whenIdle) {
		this.engine = engine;
		this.key = key;
		this.abandoned = abandoned;
		this.whenIdle = whenIdle;
		this.events = new Effects.Events();
		this.answers = new Answers(engine, this.waiters);
		this.renewals = new Renewals(engine, key, this.events, abandoned, this::lost);
		this.retry = new Retry(engine, this.events, this::proceed);
		this.queue = new StoreQueue(engine, key, this.events, this::proceed);
	}

	EngineContext engine() {
		return this.engine;
	}

	Effects.Events events() {
		return this.events;
	}

	/**
	 * Lets a caller queue.
	 * @param waiter the caller
	 * @return {@code false} if this gate is no longer in use and the caller needs a new
	 * one
	 */
	boolean enqueue(Waiter waiter) {
		return this.events.ask((effects) -> {
			if (this.retired) {
				return false;
			}
			this.waiters.add(waiter);
			proceed(effects, waiter::askedAt);
			boolean claimedFor = this.claiming && this.waiters.head() == waiter;
			if (!claimedFor) {
				startTimer(waiter);
				this.answers.waiting(waiter, effects);
				if (waiter.isCrowdedOut()) {
					proceed(effects);
				}
			}
			return true;
		});
	}

	/**
	 * Removes a caller that was interrupted or cancelled. If a lease is granted at the
	 * same time, {@link #grant} gives it back.
	 * @param waiter the caller
	 */
	void giveUp(Waiter waiter) {
		this.events.on((effects) -> {
			if (this.waiters.remove(waiter)) {
				this.answers.givenUp(waiter, effects);
				proceed(effects);
			}
		});
	}

	/**
	 * Handles a wake-up of the store for this instance.
	 * @return {@code false} if this gate is no longer in use and the wake-up needs a new
	 * one
	 */
	boolean wakeUp() {
		return this.events.ask((effects) -> {
			if (this.retired) {
				return false;
			}
			this.queue.woken();
			this.retry.stop();
			proceed(effects);
			return true;
		});
	}

	/**
	 * Starts the timeout of a holder, now that it has all leases it waited for.
	 * @param lease its lease
	 * @param timeout the longest that the holder may hold it from now on
	 */
	void startTimeout(HeldLease lease, Duration timeout) {
		this.events.on((effects) -> {
			if (lease.isHeld()) {
				StorePlace place = lease.place();
				long now = this.engine.now();
				lease.startTimeout(timeout, now);
				if (place.outlives(lease)) {
					place.shortened(lease.timeoutAt());
					this.renewals.renew(place, lease, timeout, now, effects);
				}
				this.renewals.watch(place, now);
			}
		});
	}

	/**
	 * Pins the place of a holder: other code depends on its owner from now on, so no
	 * other holder of this JVM gets it.
	 * @param lease the lease
	 * @return {@code false} if the lease is no longer held
	 */
	boolean pin(HeldLease lease) {
		return this.events.ask((effects) -> {
			if (lease.isHeld()) {
				lease.place().pin();
			}
			return lease.isHeld();
		});
	}

	/**
	 * Ends a lease: hands its place on, or gives it back to the store.
	 * @param lease the lease
	 * @return the store's answer; {@code RELEASED} after a hand-off
	 */
	CompletionStage<LeaseStore.Release> close(HeldLease lease) {
		CompletableFuture<LeaseStore.Release> answer = new CompletableFuture<>();
		this.events.on((effects) -> {
			long now = this.engine.now();
			if (!lease.isHeld()) {
				answer.complete(lease.isLost() ? LeaseStore.Release.NOT_HELD : LeaseStore.Release.RELEASED);
			}
			else if (lease.deadline() - now <= 0) {
				this.renewals.lose(lease.place(), lease.expiry(), effects);
				answer.complete(LeaseStore.Release.NOT_HELD);
			}
			else {
				close(lease, now, answer, effects);
			}
		});
		return answer;
	}

	private void close(HeldLease lease, long now, CompletableFuture<LeaseStore.Release> answer, Effects effects) {
		StorePlace place = lease.place();
		lease.closed();
		boolean kept = lease.keptUntil() - now > 0;
		Waiter next = (kept || place.isSpent(now)) ? null : this.places.nextFor(place, this.waiters, now);
		if (next == null) {
			giveBack(place, answer, effects);
			return;
		}
		this.answers.released(lease, now, effects);
		grant(place, next, now, now, effects);
		answer.complete(LeaseStore.Release.RELEASED);
	}

	/**
	 * Fails all waiters.
	 * @param failure why
	 */
	void failAll(Throwable failure) {
		this.events.on((effects) -> {
			this.answers.failAll(failure, effects);
			proceed(effects);
		});
	}

	/**
	 * Sets timers for everything that is due soon.
	 */
	void sweep() {
		this.events.on((effects) -> {
			long now = this.engine.now();
			this.places.forEach((place) -> this.renewals.watch(place, now));
			this.waiters.forEach(this::startTimer);
		});
	}

	/**
	 * Renews all leases now.
	 */
	void renewNow() {
		this.events.on((effects) -> this.places.forEach((place) -> this.renewals.renewNow(place, effects)));
	}

	private void startTimer(Waiter waiter) {
		waiter.startTimer(this.engine, () -> this.events.on((effects) -> {
			waiter.overdue();
			proceed(effects);
		}));
	}

	private void lost(StorePlace place, Effects effects) {
		this.places.remove(place);
		proceed(effects);
	}

	private void proceed(Effects effects) {
		proceed(effects, this.engine.clock());
	}

	/**
	 * Decides on the next step. Called at the end of each event.
	 * @param effects the effects of the event
	 * @param now returns the time before a claim is sent: the deadline here must never be
	 * later than the store's
	 */
	private void proceed(Effects effects, LongSupplier now) {
		if (this.claiming) {
			return;
		}
		Waiter next = nextToClaimFor();
		if (next != null) {
			this.claiming = true;
			LeaseStore.Queue relation = this.queue.claiming(next.isOverdue());
			effects.add(() -> claim(next.request(), relation, now.getAsLong()));
			return;
		}
		this.answers.busy(this.places.size(), this.places::busy, effects);
		StoreUnavailableException away = this.retry.away();
		if (away != null) {
			unavailable(away, effects);
		}
		else if (this.retry.isPending()) {
			this.answers.busy(this.retry.busyLimit(), this.retry::lastBusy, effects);
		}
		if (this.releasing == 0) {
			// No caller here needs these places, or a holder here is in their way.
			this.queue.passWakeUpsOn(effects);
		}
		if (this.waiters.isEmpty()) {
			this.retry.reset();
			this.queue.leaveIfQueued(effects);
			if (this.places.isEmpty() && this.queue.isSettled() && !this.retired) {
				this.retired = true;
				effects.add(() -> this.whenIdle.accept(this));
			}
		}
	}

	private @Nullable Waiter nextToClaimFor() {
		Waiter next = this.waiters
			.first((request) -> this.places.size() < request.limit() && this.retry.allows(request.limit()));
		StoreUnavailableException away = this.retry.away();
		if (next == null && away != null && away.awayFor().isZero()) {
			// The store may answer a caller that does not wait.
			return this.waiters.find((waiter) -> waiter.isOverdue() && this.places.size() < waiter.request().limit());
		}
		return next;
	}

	private void claim(LeaseRequest request, LeaseStore.Queue relation, long askedAt) {
		LeaseStore.Claim claim = this.engine.claim(request, relation);
		Stages.call(() -> this.engine.store().tryAcquire(claim))
			.whenComplete((attempt, failure) -> this.events.on((effects) -> {
				this.claiming = false;
				if (attempt instanceof LeaseStore.Acquired acquired) {
					acquired(claim, askedAt, acquired, effects);
				}
				else if (attempt instanceof LeaseStore.Busy busy) {
					busy(claim, busy, effects);
				}
				else {
					unanswered(claim, failure, effects);
				}
				proceed(effects);
			}));
	}

	private void acquired(LeaseStore.Claim claim, long askedAt, LeaseStore.Acquired acquired, Effects effects) {
		long now = this.engine.now();
		this.queue.acquired();
		this.retry.restart();
		StorePlace place = StorePlace.shared(this, claim, askedAt, acquired.fencingToken());
		this.places.add(place);
		Waiter next = this.places.nextFor(place, this.waiters, now);
		if (next != null) {
			grant(place, next, askedAt, now, effects);
			return;
		}
		if (place.deadline() - now <= 0) {
			this.answers.tooLate(effects);
		}
		giveBack(place, new CompletableFuture<>(), effects);
	}

	private void busy(LeaseStore.Claim claim, LeaseStore.Busy busy, Effects effects) {
		this.retry.busy(busy, claim.limit());
		this.queue.queued(busy.queued());
		this.answers.busy(claim.limit(), () -> busy, effects);
		Waiter head = this.waiters.head();
		if (head != null) {
			startTimer(head);
			this.answers.waiting(head, effects);
			// OUT: the claim was for a caller that does not wait. A caller that waits has
			// arrived since, so claim again and join the queue.
			boolean claimAgain = this.queue.isWorthAnotherClaim() || claim.queue() == LeaseStore.Queue.OUT;
			if (!claimAgain) {
				this.retry.start(busy.remaining());
			}
		}
	}

	private void unanswered(LeaseStore.Claim claim, @Nullable Throwable failure, Effects effects) {
		Throwable reason = (failure != null) ? Stages.unwrap(failure)
				: new IllegalStateException("The store completed a claim without an answer");
		if (!(reason instanceof StoreUnavailableException away)) {
			this.answers.failAll(reason, effects);
			return;
		}
		if (away.wasAsked()) {
			effects.add(() -> this.abandoned.add(this.key, claim.owner(), this.engine.now()));
			// The store may have executed the claim.
			this.queue.queued(claim.queue() != LeaseStore.Queue.OUT);
		}
		unavailable(away, effects);
		if (!this.queue.owesWakeUp()) {
			this.retry.startAway(away);
		}
		this.waiters.forEach((waiter) -> {
			startTimer(waiter);
			this.answers.waiting(waiter, effects);
		});
	}

	private void unavailable(StoreUnavailableException away, Effects effects) {
		this.answers.unavailable(away, effects);
		grantLocalPlaces(away.awayFor(), effects);
	}

	/**
	 * Grants places within this JVM to as many callers as its places allow, the places
	 * that the store has granted included. So the callers of one JVM exclude each other
	 * all the time.
	 * @param awayFor for how long the store has been known to be away
	 * @param effects the effects of the event
	 */
	private void grantLocalPlaces(Duration awayFor, Effects effects) {
		long now = this.engine.now();
		Waiter next = nextForLocalPlace(awayFor);
		while (next != null) {
			StorePlace place = StorePlace.local(this, this.engine.localClaim(next.request()), now);
			this.places.add(place);
			grant(place, next, now, now, effects);
			next = nextForLocalPlace(awayFor);
		}
	}

	private @Nullable Waiter nextForLocalPlace(Duration awayFor) {
		return this.waiters.find((waiter) -> waiter.takesLocalPlace() && waiter.endsAfter(awayFor)
				&& this.places.size() < waiter.request().limit());
	}

	private void grant(StorePlace place, Waiter waiter, long from, long now, Effects effects) {
		this.waiters.remove(waiter);
		HeldLease lease = place.grant(waiter.request(), from);
		this.renewals.watch(place, now);
		this.answers.granted(waiter, lease, effects);
	}

	private void giveBack(StorePlace place, CompletableFuture<LeaseStore.Release> answer, Effects effects) {
		place.end();
		HeldLease lease = place.lease();
		long now = this.engine.now();
		if (place.isLocal()) {
			this.places.remove(place);
			answer.complete(LeaseStore.Release.RELEASED);
			if (lease != null) {
				this.answers.released(lease, now, effects);
			}
			proceed(effects);
			return;
		}
		Duration held = (lease != null && this.engine.hasListener()) ? lease.heldUntil(now) : null;
		int waitingLimit = this.waiters.highestLimit();
		boolean requeue = waitingLimit > 0;
		long keptUntil = (lease != null) ? lease.keptUntil() : now;
		this.releasing++;
		if (requeue) {
			this.queue.begin(this.claiming);
		}
		effects.add(() -> this.abandoned.release(this.key, place.owner(), keptUntil, waitingLimit)
			.whenComplete((release, failure) -> {
				this.events.on((following) -> {
					if (requeue) {
						this.queue.end();
					}
					released(place, release, following);
				});
				Stages.complete(answer, release, failure);
				if (lease != null && held != null) {
					this.answers.ended(lease, held, release);
				}
			}));
	}

	private void released(StorePlace place, LeaseStore.@Nullable Release release, Effects effects) {
		this.places.remove(place);
		this.releasing--;
		boolean queuedNow = release == LeaseStore.Release.HANDED_ON_AND_QUEUED;
		if (release == LeaseStore.Release.RELEASED || (queuedNow && this.queue.isOverlapping())) {
			// No other instance waits, or it is not known whether this instance is in the
			// queue: claim without waiting for the timer.
			this.retry.stop();
		}
		else if (queuedNow && !this.queue.owesWakeUp()) {
			this.retry.startBehindAnother();
		}
		this.queue.queued(queuedNow);
		proceed(effects);
	}

}
