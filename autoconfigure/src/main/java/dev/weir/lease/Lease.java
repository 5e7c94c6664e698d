package dev.weir.lease;

import java.time.Duration;
import java.util.Optional;

/**
 * The right to run, held for a bounded time: a lock, or one permit of a semaphore.
 * <p>
 * Any thread can use and close a lease. A lease is valid until it is closed or lost. A
 * lost lease stays lost. This JVM determines the validity with a monotonic clock and a
 * deadline. The deadline counts from a time before the request was sent to the store.
 * Therefore a holder that was paused or disconnected detects the end of its lease without
 * asking the store.
 */
public interface Lease extends AutoCloseable {

	/**
	 * Returns the name of the policy.
	 * @return the name
	 */
	String name();

	/**
	 * Returns the key in the store.
	 * @return the key
	 */
	String key();

	/**
	 * Returns the time for which the lease stays valid unless it is renewed.
	 * @return the time, zero if the lease is no longer valid
	 */
	Duration remaining();

	/**
	 * Returns whether the lease is held. Needs no round trip to the store.
	 * @return {@code false} after the lease was closed or lost
	 */
	boolean isValid();

	/**
	 * Returns the fencing token, which is larger than every token that was issued for
	 * this key before. Pass the token to the resource that the lease protects, and let
	 * that resource reject smaller tokens.
	 * @return the token
	 * @throws IllegalStateException if the lease was not requested with a fencing token
	 * @see <a href=
	 * "https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html">How to
	 * do distributed locking</a>
	 */
	long fencingToken();

	/**
	 * Registers a callback for the loss of the lease. The callback runs at once if the
	 * lease is already lost, and never if the lease is closed first. The callback runs on
	 * a thread of the engine: it may block, but should not block for long.
	 * @param callback the callback
	 */
	void onLost(Runnable callback);

	/**
	 * Releases the lease and waits until the store has answered. The wait lasts for at
	 * most the time-out of the store, even if the thread is interrupted. A second call
	 * has no effect. Closing a lost lease neither harms the new holder nor throws an
	 * exception. If the store does not answer, the engine repeats the release in the
	 * background until the store answers or the lease has expired.
	 */
	@Override
	void close();

	/**
	 * Returns the innermost lease under which the current thread runs.
	 * @return the lease, empty if the thread runs under no lease
	 */
	static Optional<Lease> current() {
		LeaseScope scope = LeaseScope.current();
		return Optional.ofNullable((scope != null) ? scope.lease() : null);
	}

}
