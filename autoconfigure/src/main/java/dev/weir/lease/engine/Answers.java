package dev.weir.lease.engine;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.LossReason;
import org.jspecify.annotations.Nullable;

/**
 * Answers the callers of a {@link Gate} and notifies the listener of each outcome.
 * Guarded by the mutex of the gate.
 *
 * @param engine the engine
 * @param waiters the callers without an answer
 */
record Answers(EngineContext engine, WaiterQueue waiters) {

	/**
	 * Notifies the listener that a caller waits, unless it did so before. If there is no
	 * room to wait, the caller is overdue from now on.
	 * @param waiter the caller
	 * @param effects the effects of the event
	 */
	void waiting(Waiter waiter, Effects effects) {
		if (waiter.startsToWait() && this.engine.hasListener()) {
			effects.addNotice(waiter::waits);
		}
	}

	/**
	 * Gives a lease to a caller. A caller that gave up at the same time releases it.
	 * @param waiter the caller, no longer in the queue
	 * @param lease the lease
	 * @param effects the effects of the event
	 */
	void granted(Waiter waiter, HeldLease lease, Effects effects) {
		boolean handedOn = lease.place().isHandedOn();
		effects.add(() -> {
			waiter.leaveRoom();
			if (!waiter.answer().complete(lease)) {
				lease.letGo();
			}
		});
		if (this.engine.hasListener()) {
			effects.addNotice(() -> waiter.acquired(this.engine.now(), handedOn));
		}
	}

	/**
	 * Notifies the listener that a caller gave up.
	 * @param waiter the caller, no longer in the queue
	 * @param effects the effects of the event
	 */
	void givenUp(Waiter waiter, Effects effects) {
		effects.add(waiter::leaveRoom);
		failed(waiter, LeaseListener.Failure.GIVEN_UP, effects);
	}

	/**
	 * Fails the callers that do not wait (any longer) and for which no place is free.
	 * @param limit no place is free for this limit and each lower one
	 * @param busy returns the current holder of a place
	 * @param effects the effects of the event
	 */
	void busy(int limit, Supplier<LeaseStore.@Nullable Busy> busy, Effects effects) {
		this.waiters.removeAll((waiter) -> waiter.isOverdue() && waiter.request().limit() <= limit)
			.forEach((waiter) -> {
				if (waiter.isCrowdedOut()) {
					crowded(waiter, busy.get(), effects);
				}
				else {
					fail(waiter, new LeaseBusyException(waiter.request(), busy.get()), LeaseListener.Failure.BUSY,
							effects);
				}
			});
	}

	/**
	 * Fails the callers that do not wait (any longer), because a place expired before the
	 * store's answer arrived. Another claim would end in the same way.
	 * @param effects the effects of the event
	 */
	void tooLate(Effects effects) {
		fail(this.waiters.removeAll(Waiter::isOverdue),
				new StoreUnavailableException("The answer took longer than the lease lives"), effects);
	}

	/**
	 * Fails all callers.
	 * @param reason the failure of the store, or the end of the engine
	 * @param effects the effects of the event
	 */
	void failAll(Throwable reason, Effects effects) {
		fail(this.waiters.removeAll((waiter) -> true), reason, effects);
	}

	/**
	 * Fails the callers that wait no longer for a store that is away. Callers that take a
	 * place within this JVM wait for such a place.
	 * @param away why the store gave no answer
	 * @param effects the effects of the event
	 */
	void unavailable(StoreUnavailableException away, Effects effects) {
		if (away.awayFor().isZero()) {
			// It is not certain that there is an outage. A caller without room must not
			// run unguarded, and would wait if there was room.
			this.waiters.removeAll(Waiter::isCrowdedOut).forEach((waiter) -> crowded(waiter, null, effects));
		}
		fail(this.waiters.removeAll((waiter) -> !waiter.takesLocalPlace() && waiter.endsAfter(away.awayFor())), away,
				effects);
	}

	private void crowded(Waiter waiter, LeaseStore.@Nullable Busy busy, Effects effects) {
		fail(waiter, LeaseBusyException.crowded(waiter.request(), busy), LeaseListener.Failure.CROWDED, effects);
	}

	private void fail(List<Waiter> failing, Throwable reason, Effects effects) {
		for (Waiter waiter : failing) {
			boolean unavailable = reason instanceof StoreUnavailableException;
			fail(waiter, unavailable ? new LeaseUnavailableException(waiter.request(), reason) : reason,
					unavailable ? LeaseListener.Failure.UNAVAILABLE : LeaseListener.Failure.ERROR, effects);
		}
	}

	private void fail(Waiter waiter, Throwable failure, LeaseListener.Failure kind, Effects effects) {
		effects.add(() -> {
			waiter.leaveRoom();
			waiter.answer().completeExceptionally(failure);
		});
		failed(waiter, kind, effects);
	}

	private void failed(Waiter waiter, LeaseListener.Failure failure, Effects effects) {
		if (this.engine.hasListener()) {
			effects.addNotice(() -> waiter.failed(this.engine.now(), failure));
		}
	}

	/**
	 * Notifies the listener that a holder has released its lease.
	 * @param lease the lease
	 * @param now the time
	 * @param effects the effects of the event
	 */
	void released(HeldLease lease, long now, Effects effects) {
		if (this.engine.hasListener()) {
			Duration held = lease.heldUntil(now);
			effects.addNotice(() -> this.engine.listener().released(lease.request(), held));
		}
	}

	/**
	 * Notifies the listener that the store has answered a release.
	 * @param lease the lease
	 * @param held for how long its holder had it
	 * @param release the answer, {@code null} if there is none
	 */
	void ended(HeldLease lease, Duration held, LeaseStore.@Nullable Release release) {
		if (release == LeaseStore.Release.NOT_HELD) {
			this.engine.listener().lost(lease.request(), LossReason.TAKEN, held);
		}
		else {
			this.engine.listener().released(lease.request(), held);
		}
	}

}
