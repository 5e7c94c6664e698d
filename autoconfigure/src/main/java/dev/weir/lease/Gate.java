package dev.weir.lease;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

import dev.weir.core.Stages;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the callers of one JVM queue for one key. Only the head of the queue talks to the
 * store. A slot that is given back is handed to the next local caller without a round
 * trip, until other instances must have their turn.
 * <p>
 * Each event (a caller came, the store answered, time is over …) takes the mutex, changes
 * the state, decides what follows, and runs that after the mutex is free: no store call,
 * no callback and no future ever runs under the mutex.
 */
final class Gate {

	/** How often a slot is handed on locally before it goes back to the store. */
	static final int MAX_HAND_OFFS = LeaseStore.Acquired.RESERVED_TOKENS;

	/** For how long a slot is handed on locally before it goes back to the store. */
	static final long MAX_HAND_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

	private static final long FIRST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

	private static final long LAST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

	private static final Logger logger = LoggerFactory.getLogger(Gate.class);

	private final Engine engine;

	private final LeaseKey key;

	private final AbandonedClaims abandoned;

	private final Consumer<Gate> whenIdle;

	private final ReentrantLock mutex = new ReentrantLock();

	private final Deque<Waiter> waiters = new ArrayDeque<>(1);

	/** The slots of this JVM, up to the store's answer to their release. */
	private final List<Slot> slots = new ArrayList<>(1);

	/** Whether a claim is on its way. */
	private boolean asking;

	/**
	 * Whether a wake-up came while a claim or a release was on its way. It may overtake
	 * the answer to either.
	 */
	private boolean wokenMeanwhile;

	/** How many releases are on their way. */
	private int releasing;

	/** Whether this instance stands in the store's queue, as far as is known here. */
	private boolean queued;

	private int retries;

	private @Nullable Future<?> retry;

	/** What the store said when it was last asked in vain. */
	private LeaseStore.@Nullable Busy lastBusy;

	/** Up to which limit there is no point in asking before the next retry. */
	private int busyLimit;

	/** Whether those who wait may not all have the same limit. */
	private boolean mixedLimits;

	private boolean retired;

	Gate(Engine engine, LeaseKey key, AbandonedClaims abandoned, Consumer<Gate> whenIdle) {
		this.engine = engine;
		this.key = key;
		this.abandoned = abandoned;
		this.whenIdle = whenIdle;
	}

	Engine engine() {
		return this.engine;
	}

	LeaseKey key() {
		return this.key;
	}

	ReentrantLock mutex() {
		return this.mutex;
	}

	/**
	 * A caller came.
	 * @param waiter the caller
	 * @return {@code false} if this gate is no longer in use and a new one must be taken
	 */
	boolean enqueue(Waiter waiter) {
		return Boolean.TRUE.equals(on((effects) -> {
			if (this.retired) {
				return false;
			}
			Waiter last = this.waiters.peekLast();
			this.mixedLimits |= last != null && last.request().limit() != waiter.request().limit();
			this.waiters.addLast(waiter);
			proceed(effects, waiter::askedAt);
			boolean beingAsked = this.asking && this.waiters.peekFirst() == waiter;
			if (!beingAsked) {
				startTimer(waiter);
				waits(waiter, effects);
			}
			return true;
		}));
	}

	/**
	 * A caller went: it was interrupted or cancelled. A lease that was granted at the
	 * same time is given back by {@link #grant}.
	 * @param waiter the caller
	 */
	void giveUp(Waiter waiter) {
		on((effects) -> {
			if (this.waiters.remove(waiter)) {
				waiter.stopTimer();
				failed(waiter, LeaseListener.Failure.GIVEN_UP, effects);
				proceed(effects);
			}
			return null;
		});
	}

	/**
	 * The store woke this instance.
	 */
	void wakeUp() {
		on((effects) -> {
			this.queued = false;
			if (this.waiters.isEmpty()) {
				// Nobody here can use it any more. Somebody elsewhere may.
				effects.add(() -> this.engine.store().leave(this.key));
			}
			this.wokenMeanwhile = this.asking || this.releasing > 0;
			stopRetry();
			proceed(effects);
			if (!this.waiters.isEmpty() && !this.asking && this.releasing == 0) {
				// Those who wait here cannot use it: somebody here is in their way.
				effects.add(() -> this.engine.store().leave(this.key));
			}
			return null;
		});
	}

	/**
	 * The timeout of a holder begins to count: it has all that it waited for.
	 * @param lease its lease
	 * @param timeout the longest that the holder may hold it from now on
	 */
	void startTimeout(HeldLease lease, Duration timeout) {
		on((effects) -> {
			if (lease.isHeld()) {
				Slot slot = lease.slot();
				long now = this.engine.now();
				lease.startTimeout(timeout, now);
				if (slot.outlives(lease)) {
					slot.shortened(lease.timeoutAt());
					renewLater(slot, timeout, now, effects);
				}
				slot.startTimer(now, () -> check(slot));
			}
			return null;
		});
	}

	/**
	 * The place of a holder is shown to somebody: it belongs to this holder from now on,
	 * and to nobody after it.
	 * @param lease its lease
	 * @return {@code false} if it is too late for that
	 */
	boolean show(HeldLease lease) {
		return Boolean.TRUE.equals(on((effects) -> {
			if (lease.isHeld()) {
				lease.slot().shown();
			}
			return lease.isHeld();
		}));
	}

	/**
	 * A holder is done.
	 * @param lease its lease
	 * @return what the store said; {@code RELEASED} after a hand-off
	 */
	CompletionStage<LeaseStore.Release> close(HeldLease lease) {
		CompletableFuture<LeaseStore.Release> answer = new CompletableFuture<>();
		on((effects) -> {
			if (!lease.isHeld()) {
				answer.complete(lease.isLost() ? LeaseStore.Release.NOT_HELD : LeaseStore.Release.RELEASED);
				return null;
			}
			Slot slot = lease.slot();
			long now = this.engine.now();
			if (lease.deadline() - now <= 0) {
				lose(slot, lease.expiry(), effects);
				answer.complete(LeaseStore.Release.NOT_HELD);
				return null;
			}
			lease.closed();
			Waiter next = slot.isSpent(now) ? null : nextFor(slot, now);
			if (next != null) {
				released(lease, now, effects);
				grant(slot, next, now, now, effects);
				answer.complete(LeaseStore.Release.RELEASED);
			}
			else {
				giveBack(slot, answer, effects);
			}
			return null;
		});
		return answer;
	}

	/**
	 * Fails everybody who waits.
	 * @param failure why
	 */
	void failAll(Throwable failure) {
		on((effects) -> {
			failWaiters(failure, effects);
			proceed(effects);
			return null;
		});
	}

	/**
	 * Sets timers for what is due soon.
	 */
	void sweep() {
		on((effects) -> {
			long now = this.engine.now();
			this.slots.forEach((slot) -> slot.startTimer(now, () -> check(slot)));
			this.waiters.forEach(this::startTimer);
			return null;
		});
	}

	/**
	 * Renews all leases now.
	 */
	void renewNow() {
		on((effects) -> {
			long now = this.engine.now();
			for (Slot slot : this.slots) {
				HeldLease lease = slot.lease();
				if (lease != null && !slot.hasEnded() && !slot.isRenewing() && lease.deadline() - now > 0) {
					renewLater(slot, Duration.ofNanos(lease.timeoutAt() - now), now, effects);
				}
			}
			return null;
		});
	}

	private void waitOver(Waiter waiter) {
		on((effects) -> {
			waiter.overdue();
			proceed(effects);
			return null;
		});
	}

	private void retryDue() {
		on((effects) -> {
			this.retry = null;
			proceed(effects);
			return null;
		});
	}

	private void ask(Waiter head, LeaseStore.Queue queue, long askedAt) {
		LeaseRequest request = head.request();
		Duration ttl = this.engine.ttl((request.timeout() != null) ? Nanos.of(request.timeout()) : Nanos.FOREVER);
		LeaseStore.Claim claim = new LeaseStore.Claim(this.key, this.engine.owners().next(request.purpose()),
				request.limit(), ttl, request.fenced(), queue);
		CompletionStage<LeaseStore.Attempt> attempt;
		try {
			attempt = this.engine.store().tryAcquire(claim);
		}
		catch (RuntimeException ex) {
			attempt = CompletableFuture.failedFuture(ex);
		}
		attempt.whenComplete((answer, failure) -> answered(claim, askedAt, answer, failure));
	}

	private void answered(LeaseStore.Claim claim, long askedAt, LeaseStore.@Nullable Attempt answer,
			@Nullable Throwable failure) {
		on((effects) -> {
			this.asking = false;
			long now = this.engine.now();
			if (answer instanceof LeaseStore.Acquired acquired) {
				this.queued = false;
				this.retries = 0;
				this.wokenMeanwhile = false;
				Slot slot = new Slot(this, claim, askedAt, acquired.fencingToken());
				this.slots.add(slot);
				Waiter next = nextFor(slot, now);
				if (next != null) {
					grant(slot, next, askedAt, now, effects);
				}
				else {
					if (slot.deadline() - now <= 0) {
						// Asking again would end in the same way.
						failOverdue(
								(request) -> new LeaseUnavailableException(request,
										new StoreUnavailableException("It took longer to answer than the lease lives")),
								effects);
					}
					giveBack(slot, new CompletableFuture<>(), effects);
				}
			}
			else if (answer instanceof LeaseStore.Busy busy) {
				this.lastBusy = busy;
				this.busyLimit = claim.limit();
				this.queued = this.queued || busy.queued();
				failBusy(claim.limit(), () -> busy, effects);
				Waiter head = this.waiters.peekFirst();
				if (head != null) {
					startTimer(head);
					waits(head, effects);
					// Whoever was asked for did not want to wait, but somebody who came
					// since does:
					// asked once more, this instance stands in the queue.
					boolean askAgain = this.wokenMeanwhile || claim.queue() == LeaseStore.Queue.OUT;
					if (!askAgain) {
						startRetry(busy.remaining());
					}
				}
				this.wokenMeanwhile = false;
			}
			else {
				// Everybody who waits here waits for the same store, and each would find
				// out only after a time-out of its own.
				Throwable reason = (failure != null) ? Stages.unwrap(failure)
						: new IllegalStateException("The store gave no answer");
				failWaiters(reason, effects);
				if (reason instanceof StoreUnavailableException unavailable && unavailable.wasAsked()) {
					effects.add(() -> this.abandoned.add(this.key, claim.owner()));
				}
			}
			proceed(effects);
			return null;
		});
	}

	private void proceed(List<Runnable> effects) {
		proceed(effects, this.engine.clock());
	}

	/**
	 * Decides what happens next. Called at the end of each event.
	 * @param effects what to run after the mutex is free
	 * @param now says the time before a request is sent: the deadline here must never be
	 * later than the store's
	 */
	private void proceed(List<Runnable> effects, LongSupplier now) {
		if (this.asking) {
			return;
		}
		Waiter next = nextToAsk();
		if (next != null) {
			this.asking = true;
			LeaseStore.Queue queue = this.queued ? LeaseStore.Queue.IN
					: (next.isOverdue() ? LeaseStore.Queue.OUT : LeaseStore.Queue.ENTER);
			effects.add(() -> ask(next, queue, now.getAsLong()));
			return;
		}
		failBusy(this.slots.size(), this::heldHere, effects);
		if (this.retry != null) {
			failBusy(this.busyLimit, () -> this.lastBusy, effects);
		}
		if (this.waiters.isEmpty()) {
			stopRetry();
			this.retries = 0;
			this.lastBusy = null;
			this.mixedLimits = false;
			if (this.queued) {
				this.queued = false;
				effects.add(() -> this.engine.store().leave(this.key));
			}
			if (this.slots.isEmpty() && !this.retired) {
				this.retired = true;
				effects.add(() -> this.whenIdle.accept(this));
			}
		}
	}

	/**
	 * Finds for whom the store is to be asked.
	 * @return the waiter, {@code null} if all wait for somebody here, or for the next
	 * retry
	 */
	private @Nullable Waiter nextToAsk() {
		return first((request) -> this.slots.size() < request.limit()
				&& (this.retry == null || request.limit() > this.busyLimit));
	}

	/**
	 * Finds who can take over a slot.
	 * @param slot the slot
	 * @param now the time
	 * @return the waiter, {@code null} if the slot must go back to the store
	 */
	private @Nullable Waiter nextFor(Slot slot, long now) {
		return first((request) -> slot.canServe(request, now) && this.slots.size() <= request.limit());
	}

	/**
	 * Finds the first one in the queue for whom something is possible. Nobody overtakes,
	 * except those for whom a higher limit holds than for the ones before them.
	 * @param possible whether it is possible for a request
	 * @return the waiter or {@code null}
	 */
	private @Nullable Waiter first(Predicate<LeaseRequest> possible) {
		for (Waiter waiter : this.waiters) {
			if (possible.test(waiter.request())) {
				return waiter;
			}
			if (!this.mixedLimits) {
				return null;
			}
		}
		return null;
	}

	private void grant(Slot slot, Waiter waiter, long from, long now, List<Runnable> effects) {
		this.waiters.remove(waiter);
		waiter.stopTimer();
		HeldLease lease = slot.grant(waiter.request(), from);
		slot.startTimer(now, () -> check(slot));
		boolean handedOn = slot.isHandedOn();
		effects.add(() -> {
			if (this.engine.isHeard()) {
				waiter.acquired(this.engine.now(), handedOn);
			}
			if (!waiter.answer().complete(lease)) {
				lease.closeAsync();
			}
		});
	}

	private void giveBack(Slot slot, CompletableFuture<LeaseStore.Release> answer, List<Runnable> effects) {
		slot.end();
		boolean requeue = !this.waiters.isEmpty();
		HeldLease lease = slot.lease();
		Duration held = (lease != null && this.engine.isHeard()) ? lease.heldUntil(this.engine.now()) : null;
		this.releasing++;
		effects.add(() -> release(slot.owner(), requeue).whenComplete((release, failure) -> {
			if (lease != null && held != null) {
				ended(lease, held, release);
			}
			released(slot, release);
			if (failure != null) {
				this.abandoned.add(this.key, slot.owner());
				answer.completeExceptionally(failure);
			}
			else {
				answer.complete(release);
			}
		}));
	}

	private void released(HeldLease lease, long now, List<Runnable> effects) {
		if (this.engine.isHeard()) {
			Duration held = lease.heldUntil(now);
			effects.add(() -> this.engine.listener().released(lease.request(), held));
		}
	}

	private void ended(HeldLease lease, Duration held, LeaseStore.@Nullable Release release) {
		if (release == LeaseStore.Release.NOT_HELD) {
			this.engine.listener().lost(lease.request(), LossReason.TAKEN, held);
		}
		else {
			this.engine.listener().released(lease.request(), held);
		}
	}

	private CompletionStage<LeaseStore.Release> release(String owner, boolean requeue) {
		try {
			return this.engine.store().release(this.key, owner, requeue);
		}
		catch (RuntimeException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	private void released(Slot slot, LeaseStore.@Nullable Release release) {
		on((effects) -> {
			this.slots.remove(slot);
			this.releasing--;
			if (this.wokenMeanwhile) {
				// The other instance has had its turn before we heard that it was
				// woken.
				this.wokenMeanwhile = this.asking;
			}
			else if (release == LeaseStore.Release.RELEASED) {
				// Nobody else waits: whoever waits here need not wait for the next retry.
				stopRetry();
			}
			else if (release == LeaseStore.Release.HANDED_ON_AND_QUEUED) {
				// It is the other instance's turn. We stand in the queue and will be
				// woken.
				this.queued = true;
				this.retries = 0;
				this.busyLimit = Integer.MAX_VALUE;
				startRetry(null);
			}
			proceed(effects);
			return null;
		});
	}

	/**
	 * The timer of a slot went off: its lease expired, or it is time to renew it.
	 * @param slot the slot
	 */
	private void check(Slot slot) {
		on((effects) -> {
			HeldLease lease = slot.lease();
			if (slot.hasEnded() || lease == null) {
				return null;
			}
			long now = this.engine.now();
			if (lease.deadline() - now <= 0) {
				lose(slot, lease.expiry(), effects);
				return null;
			}
			if (slot.isRenewalDue(now)) {
				renewLater(slot, Duration.ofNanos(lease.timeoutAt() - now), slot.renewAt(), effects);
			}
			slot.startTimer(now, () -> check(slot));
			return null;
		});
	}

	private void renewLater(Slot slot, Duration allowed, long due, List<Runnable> effects) {
		slot.renewing();
		Duration ttl = this.engine.ttl(Nanos.of(allowed));
		effects.add(() -> renew(slot, ttl, due));
	}

	private void renew(Slot slot, Duration ttl, long due) {
		long sentAt = this.engine.now();
		CompletionStage<Boolean> renewal;
		try {
			renewal = this.engine.store().renew(this.key, slot.owner(), ttl);
		}
		catch (RuntimeException ex) {
			renewal = CompletableFuture.failedFuture(ex);
		}
		renewal.whenComplete((renewed, failure) -> on((effects) -> {
			HeldLease lease = slot.lease();
			if (slot.hasEnded() || lease == null) {
				return null;
			}
			long now = this.engine.now();
			if (lease.deadline() - now <= 0) {
				// Too late: somebody may have seen already that the lease is over.
				lose(slot, lease.expiry(), effects);
				return null;
			}
			Duration lag = Duration.ofNanos(now - due);
			if (failure != null || renewed) {
				effects.add(() -> this.engine.listener().renewed(lease.request(), lag, failure == null));
			}
			if (failure != null) {
				slot.renewalFailed(now);
			}
			else if (renewed) {
				slot.renewed(sentAt, ttl.toNanos());
			}
			else {
				lose(slot, LossReason.TAKEN, effects);
				return null;
			}
			slot.startTimer(now, () -> check(slot));
			return null;
		}));
	}

	private void lose(Slot slot, LossReason reason, List<Runnable> effects) {
		HeldLease lease = slot.lease();
		slot.end();
		this.slots.remove(slot);
		if (lease != null) {
			List<Runnable> callbacks = lease.lost(reason);
			Duration held = lease.heldUntil(this.engine.now());
			effects.add(() -> {
				this.engine.listener().lost(lease.request(), reason, held);
				logger.warn("The {} '{}' of {} was lost: {}", this.key.kind(), lease.name(), lease.request().purpose(),
						reason.text());
				callbacks.forEach(this.engine.callbacks()::execute);
			});
		}
		// Our deadline is earlier than the store's: the place may stand there a little
		// longer, or much longer if its holder's timeout passed.
		effects.add(() -> release(slot.owner(), false).whenComplete((release, failure) -> {
			if (failure != null) {
				this.abandoned.add(this.key, slot.owner());
			}
		}));
		proceed(effects);
	}

	/**
	 * Fails those who do not wait (any longer) and for whom no place is free.
	 * @param limit for which limit, and each lower one, that is so
	 * @param busy says who has the places
	 * @param effects what to run after the mutex is free
	 */
	private void failBusy(int limit, Supplier<LeaseStore.@Nullable Busy> busy, List<Runnable> effects) {
		failOverdue((request) -> (request.limit() <= limit) ? new LeaseBusyException(request, busy.get()) : null,
				effects);
	}

	private void failOverdue(Function<LeaseRequest, @Nullable LeaseException> reason, List<Runnable> effects) {
		for (Iterator<Waiter> remaining = this.waiters.iterator(); remaining.hasNext();) {
			Waiter waiter = remaining.next();
			LeaseException failure = waiter.isOverdue() ? reason.apply(waiter.request()) : null;
			if (failure != null) {
				remaining.remove();
				failed(waiter, (failure instanceof LeaseBusyException) ? LeaseListener.Failure.BUSY
						: LeaseListener.Failure.UNAVAILABLE, effects);
				effects.add(() -> waiter.answer().completeExceptionally(failure));
			}
		}
	}

	private void failWaiters(Throwable failure, List<Runnable> effects) {
		for (Waiter waiter : this.waiters) {
			waiter.stopTimer();
			failed(waiter, (failure instanceof StoreUnavailableException) ? LeaseListener.Failure.UNAVAILABLE
					: LeaseListener.Failure.ERROR, effects);
			effects.add(() -> waiter.answer().completeExceptionally(Failures.of(waiter.request(), failure)));
		}
		this.waiters.clear();
	}

	private LeaseStore.@Nullable Busy heldHere() {
		if (this.slots.isEmpty()) {
			return this.lastBusy;
		}
		Slot first = this.slots.get(0);
		HeldLease lease = first.lease();
		return new LeaseStore.Busy(Holder.parse(first.owner()), (lease != null) ? lease.remaining() : null, false);
	}

	private void waits(Waiter waiter, List<Runnable> effects) {
		if (waiter.startsToWait() && this.engine.isHeard()) {
			effects.add(waiter::waits);
		}
	}

	private void failed(Waiter waiter, LeaseListener.Failure failure, List<Runnable> effects) {
		if (this.engine.isHeard()) {
			effects.add(() -> waiter.failed(this.engine.now(), failure));
		}
	}

	private void startTimer(Waiter waiter) {
		waiter.startTimer(this.engine, () -> waitOver(waiter));
	}

	private void startRetry(@Nullable Duration remaining) {
		stopRetry();
		long step = Math.min(LAST_RETRY_NANOS, FIRST_RETRY_NANOS << Math.min(this.retries++, 8));
		ThreadLocalRandom random = ThreadLocalRandom.current();
		long delay = step - random.nextLong(step / 4);
		if (remaining != null) {
			// A crashed holder's place is free then; spread the waiters of all instances.
			delay = Math.min(delay, Nanos.of(remaining) + random.nextLong(TimeUnit.MILLISECONDS.toNanos(5)) + 1);
		}
		this.retry = this.engine.after(delay, this::retryDue);
	}

	private void stopRetry() {
		if (this.retry != null) {
			this.retry.cancel(false);
			this.retry = null;
		}
	}

	private <T> @Nullable T on(Event<T> event) {
		List<Runnable> effects = new ArrayList<>(2);
		T result;
		this.mutex.lock();
		try {
			result = event.apply(effects);
		}
		finally {
			this.mutex.unlock();
		}
		effects.forEach(this::run);
		return result;
	}

	private void run(Runnable effect) {
		try {
			effect.run();
		}
		catch (Throwable ex) {
			// The others were decided on together with it, and whoever waits relies on
			// them.
			logger.error("The gate of a {} could not do all that it had to", this.key.kind(), ex);
		}
	}

	/**
	 * Something that happens at a gate.
	 *
	 * @param <T> what the one who caused it gets back
	 */
	private interface Event<T> {

		@Nullable T apply(List<Runnable> effects);

	}

}
