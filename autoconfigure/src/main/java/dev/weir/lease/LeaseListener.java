package dev.weir.lease;

import java.time.Duration;

import dev.weir.core.OnUnavailable;

/**
 * Receives the events of leases, for metrics, application events and traces. An exception
 * that a listener throws is logged and has no other effect. Listeners are thread-safe.
 * They are called on threads that they must not block, and never under a lock of the
 * engine.
 */
public interface LeaseListener {

	/** Ignores all events. */
	LeaseListener NONE = new LeaseListener() {
	};

	/**
	 * Handles the request of a caller for a lease, on the thread of the caller.
	 * @param request the request
	 * @return receives the further events of this call
	 */
	default Call asked(LeaseRequest request) {
		return Call.IGNORED;
	}

	/**
	 * Handles the release of a lease that its holder still had.
	 * @param request the request of the holder
	 * @param held for how long the holder had the lease, counted in the same way as its
	 * timeout
	 */
	default void released(LeaseRequest request, Duration held) {
	}

	/**
	 * Handles the loss of a lease.
	 * @param request the request of the holder
	 * @param reason the reason of the loss
	 * @param held for how long the holder had the lease, counted in the same way as its
	 * timeout
	 */
	default void lost(LeaseRequest request, LossReason reason, Duration held) {
	}

	/**
	 * Handles the renewal of a lease, or a renewal that failed because the store did not
	 * answer.
	 * @param request the request of the holder
	 * @param lag the time from the moment in which the renewal was due until its outcome
	 * was known
	 * @param renewed whether the lease was renewed
	 */
	default void renewed(LeaseRequest request, Duration lag, boolean renewed) {
	}

	/**
	 * Handles a call for which the store did not answer, so that the policy determines
	 * how the call continues.
	 * @param request the request of the caller
	 * @param policy the setting of the policy
	 */
	default void unavailable(LeaseRequest request, OnUnavailable policy) {
	}

	/**
	 * Handles a call that did not run, because its lease was busy and its policy skips
	 * such calls ({@link OnBusy#SKIP}).
	 * @param kind the kind of lease
	 * @param policy the name of the policy
	 */
	default void skipped(LeaseKind kind, String policy) {
	}

	/**
	 * Receives the events of the call of one caller. The caller may have to wait, and
	 * gets exactly one answer. Another thread may report that the caller waits, and may
	 * do so after the answer.
	 */
	interface Call {

		/** Ignores all events. */
		Call IGNORED = new Call() {
		};

		/**
		 * Handles the start of a wait: the lease is not free, and the caller waits for
		 * it.
		 */
		default void waits() {
		}

		/**
		 * Handles the success of the call: the caller has the lease.
		 * @param took how long the call took to acquire the lease
		 * @param handedOn whether another caller of this JVM handed the lease on, without
		 * a request to the store
		 */
		default void acquired(Duration took, boolean handedOn) {
		}

		/**
		 * Handles the failure of the call: the caller does not get the lease.
		 * @param took how long the call took to fail
		 * @param failure the reason
		 */
		default void failed(Duration took, Failure failure) {
		}

	}

	/**
	 * The reasons for which a caller does not get a lease.
	 */
	enum Failure {

		/** Other holders had the lease. */
		BUSY,

		/**
		 * Other holders had the lease, and too many callers of this instance waited
		 * already.
		 */
		CROWDED,

		/** The store did not answer. */
		UNAVAILABLE,

		/**
		 * The store was used incorrectly: the key contains something other than a lease.
		 */
		ERROR,

		/** The caller was interrupted or cancelled. */
		GIVEN_UP

	}

}
