package dev.weir.lease;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Where leases live. A store knows owners and deadlines and nothing of callers, policies
 * or threads.
 * <p>
 * Implementations are thread-safe, never block the calling thread, and bound every call
 * by a time-out of their own. A stage fails with {@link StoreUnavailableException} when
 * no answer came; any other exception is a mistake in the use of the store. Every call is
 * idempotent by owner: repeating it after a lost answer is safe. All deadlines are the
 * store's own; no time of the client is ever sent. A place lives for at least its time to
 * live, counted from when the store works on the call.
 */
public interface LeaseStore {

	/**
	 * Takes one place under a key, if one is free.
	 * @param claim what is asked for
	 * @return {@link Acquired} or {@link Busy}
	 */
	CompletionStage<Attempt> tryAcquire(Claim claim);

	/**
	 * Lets the place of an owner live on for the given time, counted from now.
	 * @param key the key
	 * @param owner the owner
	 * @param ttl the time to live
	 * @return whether the owner still had its place
	 */
	CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl);

	/**
	 * Gives the place of an owner back and wakes one waiting instance, if there is one.
	 * @param key the key
	 * @param owner the owner
	 * @param requeue whether this instance has more callers waiting and wants to stand at
	 * the end of the queue, should another instance be woken
	 * @return what happened
	 */
	CompletionStage<Release> release(LeaseKey key, String owner, boolean requeue);

	/**
	 * Takes this instance out of the queue of a key. If it had been woken meanwhile, the
	 * wake-up is passed on to the next in the queue.
	 * @param key the key
	 * @return completes when done
	 */
	CompletionStage<Void> leave(LeaseKey key);

	/**
	 * Sets who is told when this instance is woken for a key. A wake-up is a hint: it may
	 * be lost, late, or vain. The listener may be called on any thread and must not
	 * block.
	 * @param listener receives the key
	 */
	void onWakeUp(Consumer<LeaseKey> listener);

	/**
	 * Whether the places of this store stand where other instances see them, and not only
	 * within this JVM.
	 * @return whether they do
	 */
	default boolean isShared() {
		return true;
	}

	/**
	 * What is asked of {@link #tryAcquire}.
	 *
	 * @param key the key
	 * @param owner the owner: a random id for each acquisition, followed by a description
	 * of the holder
	 * @param limit how many owners the key may have, from now on
	 * @param ttl how long the place lives unless it is renewed
	 * @param fenced whether to mint a fencing token
	 * @param queue how this instance stands to the queue of waiters
	 */
	record Claim(LeaseKey key, String owner, int limit, Duration ttl, boolean fenced, Queue queue) {

	}

	/**
	 * How an instance stands to the queue of waiters when it claims a place.
	 */
	enum Queue {

		/** It does not stand there, and does not want to wait. */
		OUT,

		/** It does not stand there, and is to be put there if no place is free. */
		ENTER,

		/**
		 * It may stand there: it keeps its position if no place is free, and is taken out
		 * if one is.
		 */
		IN

	}

	/**
	 * The answer to {@link #tryAcquire}.
	 */
	sealed interface Attempt permits Acquired, Busy {

	}

	/**
	 * The place is taken. If this instance stood in the queue of waiters, and said so, it
	 * no longer does.
	 *
	 * @param fencingToken the token, 0 if none was asked for. The store will not mint the
	 * {@link #RESERVED_TOKENS} tokens that follow: they are for local hand-offs.
	 */
	record Acquired(long fencingToken) implements Attempt {

		/**
		 * How many tokens after the minted one the store leaves to the holder's instance.
		 * Small enough that even a lock taken 10,000 times a second mints no more than
		 * one token per microsecond: tokens then never run ahead of the store's clock.
		 */
		public static final int RESERVED_TOKENS = 100;

	}

	/**
	 * No place is free.
	 *
	 * @param holder who has the place that expires first, if known
	 * @param remaining how long until that place expires unless renewed, if known
	 * @param queued whether this instance now stands in the queue of waiters
	 */
	record Busy(@Nullable Holder holder, @Nullable Duration remaining, boolean queued) implements Attempt {

	}

	/**
	 * The answer to {@link #release}.
	 */
	enum Release {

		/** The owner had no place (any more). */
		NOT_HELD,

		/** The place is free; nobody waits in another instance. */
		RELEASED,

		/** The place is free and another instance was woken to take it. */
		HANDED_ON,

		/**
		 * The place is free, another instance was woken to take it, and this one was put
		 * into the queue as it asked for.
		 */
		HANDED_ON_AND_QUEUED

	}

}
