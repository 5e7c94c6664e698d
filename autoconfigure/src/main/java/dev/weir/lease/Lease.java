package dev.weir.lease;

import java.time.Duration;
import java.util.Optional;

/**
 * The right to run, held for a bounded time: a lock, or one permit of a semaphore.
 * <p>
 * A lease can be used and closed from any thread. It is valid until it is closed or lost;
 * a lost lease stays lost. Validity is judged by a monotonic clock of this JVM against a
 * deadline that was counted from before the store was asked, so a holder that was paused
 * or cut off knows that its lease is over without asking anyone.
 */
public interface Lease extends AutoCloseable {

	/**
	 * Returns the name of the policy.
	 * @return the name
	 */
	String name();

	/**
	 * Returns the key as it stands in the store.
	 * @return the key
	 */
	String key();

	/**
	 * Returns for how long the lease is valid unless it is renewed.
	 * @return the time, zero if the lease is no longer valid
	 */
	Duration remaining();

	/**
	 * Whether the lease is held. Costs no round trip.
	 * @return {@code false} once the lease was closed or lost
	 */
	boolean isValid();

	/**
	 * Returns the fencing token: larger than every token that was ever handed out for
	 * this key before. Pass it to whatever the lease protects and let that refuse smaller
	 * ones.
	 * @return the token
	 * @throws IllegalStateException if the lease was not asked to be fenced
	 * @see <a href=
	 * "https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html">How to
	 * do distributed locking</a>
	 */
	long fencingToken();

	/**
	 * Registers what to run when the lease is lost. Runs at once if it was lost already,
	 * never if it is closed first, and on a thread of the engine: it may block, but
	 * should not for long.
	 * @param callback what to run
	 */
	void onLost(Runnable callback);

	/**
	 * Releases the lease and waits until the store has answered, for at most the store's
	 * time-out, even if the thread is interrupted. Closing twice has no effect; closing a
	 * lost lease neither harms its new holder nor throws. If the store does not answer,
	 * the release is repeated in the background until it does or the lease has expired.
	 */
	@Override
	void close();

	/**
	 * Returns the innermost lease under which the current thread runs.
	 * @return the lease, empty if the thread runs under none
	 */
	static Optional<Lease> current() {
		LeaseScope scope = LeaseScope.current();
		return Optional.ofNullable((scope != null) ? scope.lease() : null);
	}

}
