package dev.weir.lease.engine;

import java.util.function.Consumer;

import dev.weir.core.Stages;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseStore;

/**
 * What this JVM knows about its position in the store's queue of instances for one key,
 * and about the wake-ups that it received there. Messages can overtake each other. Three
 * rules keep a wake-up from being lost: this class counts the wake-ups that no claim has
 * used; an instance that does not use a wake-up passes it on with a flag in its command;
 * answers about the queue are not trusted if their commands overlapped.
 * {@code WaitingOrdersTests} plays all orders of messages. Guarded by the mutex of its
 * {@link Gate}.
 */
final class StoreQueue {

	private final EngineContext engine;

	private final LeaseKey key;

	private final Effects.Events events;

	private final Consumer<Effects> whenLeft;

	/** Whether this instance is in the queue, as far as this JVM knows. */
	private boolean queued;

	/**
	 * How many wake-ups no claim has used yet. Each of them stands for a free place: a
	 * claim that is sent later uses it, or another instance gets it.
	 */
	private int owedWakeUps;

	/**
	 * How many commands are on their way, besides the claim, that change whether this
	 * instance is in the queue.
	 */
	private int commands;

	/**
	 * Whether two commands about the queue overlap, so that the store may have received
	 * them in another order: after their answers it is not known whether this instance is
	 * in the queue.
	 */
	private boolean overlapping;

	/**
	 * Creates the knowledge about one key.
	 * @param engine the engine
	 * @param key the key
	 * @param events runs events under the mutex of the gate
	 * @param whenLeft the event after the store has answered that this instance left
	 */
	StoreQueue(EngineContext engine, LeaseKey key, Effects.Events events, Consumer<Effects> whenLeft) {
		this.engine = engine;
		this.key = key;
		this.events = events;
		this.whenLeft = whenLeft;
	}

	/**
	 * Notes a wake-up. The store has removed this instance from the queue.
	 */
	void woken() {
		this.queued = false;
		this.owedWakeUps++;
	}

	/**
	 * Notes that a claim is sent, which uses a wake-up if one is owed.
	 * @param overdue whether the caller of the claim does not wait
	 * @return the relation to the queue that the claim states
	 */
	LeaseStore.Queue claiming(boolean overdue) {
		this.owedWakeUps = Math.max(0, this.owedWakeUps - 1);
		this.overlapping = this.commands > 0;
		return this.queued ? LeaseStore.Queue.IN : (overdue ? LeaseStore.Queue.OUT : LeaseStore.Queue.ENTER);
	}

	/**
	 * Notes that the claim has won a place.
	 */
	void acquired() {
		this.queued = false;
	}

	/**
	 * Notes an answer after which this instance may be in the queue.
	 * @param now whether the store has put this instance into the queue
	 */
	void queued(boolean now) {
		this.queued |= now;
	}

	/**
	 * Returns whether to claim again at once, although no place was free.
	 * @return {@code true} if a wake-up arrived meanwhile, or if it is not known whether
	 * another one will arrive
	 */
	boolean isWorthAnotherClaim() {
		return this.owedWakeUps > 0 || this.overlapping;
	}

	boolean isOverlapping() {
		return this.overlapping;
	}

	boolean owesWakeUp() {
		return this.owedWakeUps > 0;
	}

	/**
	 * Passes the wake-ups on that this instance does not need. No claim is on its way.
	 * @param effects the effects of the event
	 */
	void passWakeUpsOn(Effects effects) {
		for (; this.owedWakeUps > 0; this.owedWakeUps--) {
			leave(true, effects);
		}
	}

	/**
	 * Leaves the queue, if this instance is in it. No claim is on its way.
	 * @param effects the effects of the event
	 */
	void leaveIfQueued(Effects effects) {
		if (this.queued) {
			leave(false, effects);
		}
	}

	private void leave(boolean passOn, Effects effects) {
		begin(false);
		this.queued = false;
		effects.add(() -> Stages.call(() -> this.engine.store().leave(this.key, passOn))
			.whenComplete((left, failure) -> this.events.on((following) -> {
				this.commands--;
				this.whenLeft.accept(following);
			})));
	}

	/**
	 * Notes that a command about the queue is sent, other than a claim.
	 * @param claiming whether a claim is on its way
	 */
	void begin(boolean claiming) {
		this.overlapping |= claiming || this.commands > 0;
		this.commands++;
	}

	/**
	 * Notes that such a command was answered.
	 */
	void end() {
		this.commands--;
	}

	/**
	 * Returns whether no command about the queue is on its way. Only then the gate may
	 * end: the next caller must not overtake such a command.
	 * @return whether all commands were answered
	 */
	boolean isSettled() {
		return this.commands == 0;
	}

}
