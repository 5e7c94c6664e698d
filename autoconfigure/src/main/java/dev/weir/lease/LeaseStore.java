package dev.weir.lease;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Stores leases. A store knows owners and deadlines, but no callers, policies or threads.
 * <p>
 * Implementations are thread-safe, never block the calling thread, and bound every call
 * by a time-out of their own. A stage fails with {@link StoreUnavailableException} if no
 * answer arrived. Any other exception is a mistake in the use of the store. Every call is
 * idempotent by owner: a call can safely be repeated after its answer was lost. The store
 * determines all deadlines by its own clock. The client never sends a time of its clock.
 * A place lives for at least its time to live, counted from the moment in which the store
 * executes the call.
 */
public interface LeaseStore {

	/**
	 * Acquires one place under a key, if a place is free.
	 * @param claim the claim
	 * @return completes with {@link Acquired} or {@link Busy}
	 */
	CompletionStage<Attempt> tryAcquire(Claim claim);

	/**
	 * Renews the place of an owner: the place lives for the given time, counted from now.
	 * @param key the key
	 * @param owner the owner
	 * @param ttl the time to live
	 * @return completes with {@code true} if the owner still had its place
	 */
	CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl);

	/**
	 * Releases the place of an owner and wakes one waiting instance, if there is one that
	 * can use the place: instances may have different limits.
	 * @param key the key
	 * @param owner the owner
	 * @param waitingLimit the limit of the callers of this instance that still wait: this
	 * instance joins the end of the queue if another instance is woken; 0 if none waits
	 * @return completes with the outcome of the release
	 */
	CompletionStage<Release> release(LeaseKey key, String owner, int waitingLimit);

	/**
	 * Lets the lock of an owner expire after a given time: from now on the lock belongs
	 * to no owner, and no renewal has an effect. Wakes one waiting instance, so that it
	 * can ask for the new time. A repeated call sets the time again.
	 * @param key the key of a lock
	 * @param owner the owner
	 * @param time the time that the lock lives, counted from now; positive
	 * @return completes with {@code true} if the owner still had the lock
	 */
	CompletionStage<Boolean> keep(LeaseKey key, String owner, Duration time);

	/**
	 * Removes this instance from the queue of a key. If the instance is not in the queue,
	 * it was woken in the meantime, and the store passes the wake-up on to the next
	 * instance in the queue.
	 * @param key the key
	 * @param passOn whether to pass a wake-up on in any case: this instance was woken,
	 * does not need the place, and may have entered the queue again since
	 * @return completes when the store has answered
	 */
	CompletionStage<Void> leave(LeaseKey key, boolean passOn);

	/**
	 * Sets the listener that is notified when this instance is woken for a key. A wake-up
	 * is a hint: it may be lost, late, or in vain. The listener may be called on any
	 * thread and must not block.
	 * @param listener receives the key
	 */
	void onWakeUp(Consumer<LeaseKey> listener);

	/**
	 * Returns whether other instances see the places of this store.
	 * @return {@code false} if the places exist within this JVM only
	 */
	default boolean isShared() {
		return true;
	}

	/**
	 * The claim that {@link #tryAcquire} receives.
	 *
	 * @param key the key
	 * @param owner the owner: a random id for each acquisition, followed by a description
	 * of the holder
	 * @param limit the number of owners that the key may have, from now on
	 * @param ttl the time that the place lives unless it is renewed
	 * @param fenced whether to issue a fencing token
	 * @param queue the relation of this instance to the queue of waiters
	 */
	record Claim(LeaseKey key, String owner, int limit, Duration ttl, boolean fenced, Queue queue) {

	}

	/**
	 * The relation of an instance to the queue of waiters when the instance claims a
	 * place.
	 */
	enum Queue {

		/** The instance is not in the queue and does not want to wait. */
		OUT,

		/** The instance is not in the queue, and joins it if no place is free. */
		ENTER,

		/**
		 * The instance may be in the queue: it keeps its position if no place is free,
		 * and is removed from the queue if a place is free.
		 */
		IN

	}

	/**
	 * The answer to {@link #tryAcquire}.
	 */
	sealed interface Attempt permits Acquired, Busy {

	}

	/**
	 * The owner has the place. If the claim was sent with {@link Queue#IN}, this instance
	 * is no longer in the queue of waiters.
	 *
	 * @param fencingToken the token, 0 if none was requested. The store will not issue
	 * the {@link #RESERVED_TOKENS} tokens that follow: they are for local hand-offs.
	 */
	record Acquired(long fencingToken) implements Attempt {

		/**
		 * The number of tokens after the issued token that the store leaves to the
		 * instance of the holder. The number is small enough: even a lock that is
		 * acquired 10,000 times a second uses at most one token per microsecond.
		 * Therefore tokens never run ahead of the clock of the store.
		 */
		public static final int RESERVED_TOKENS = 100;

	}

	/**
	 * No place is free.
	 *
	 * @param holder the holder of the place that expires first, if known
	 * @param remaining the time until that place expires unless it is renewed, if known
	 * @param queued whether this instance is now in the queue of waiters
	 */
	record Busy(@Nullable Holder holder, @Nullable Duration remaining, boolean queued) implements Attempt {

	}

	/**
	 * The answer to {@link #release}.
	 */
	enum Release {

		/** The owner had no place, or had it no longer. */
		NOT_HELD,

		/**
		 * The place is free, or {@linkplain #keep kept}. No other instance waits that
		 * could take it.
		 */
		RELEASED,

		/** The place is free, and another instance was woken to take it. */
		HANDED_ON,

		/**
		 * The place is free, another instance was woken to take it, and this instance was
		 * put into the queue as requested.
		 */
		HANDED_ON_AND_QUEUED

	}

}
