package dev.weir.lease;

import java.time.Duration;

import dev.weir.core.OnUnavailable;

/**
 * Hears what becomes of leases: for metrics, events and traces. What it throws is logged
 * and has no effect. Thread-safe; called on threads that must not be kept, never under a
 * lock of the engine.
 */
public interface LeaseListener {

	/** Hears nothing. */
	LeaseListener NONE = new LeaseListener() {
	};

	/**
	 * A caller asks for a lease. Called on its thread.
	 * @param request what it asks for
	 * @return hears how that goes on
	 */
	default Call asked(LeaseRequest request) {
		return Call.IGNORED;
	}

	/**
	 * A holder is done, and still had its lease.
	 * @param request what it had asked for
	 * @param held for how long it had the lease, counted as its timeout is
	 */
	default void released(LeaseRequest request, Duration held) {
	}

	/**
	 * A holder has lost its lease.
	 * @param request what it had asked for
	 * @param reason why
	 * @param held for how long it had the lease, counted as its timeout is
	 */
	default void lost(LeaseRequest request, LossReason reason, Duration held) {
	}

	/**
	 * A lease was renewed, or could not be, because the store did not answer.
	 * @param request what its holder had asked for
	 * @param lag how long after the renewal was due the answer came
	 * @param renewed whether it was
	 */
	default void renewed(LeaseRequest request, Duration lag, boolean renewed) {
	}

	/**
	 * The store did not answer to a call, and now its policy decides.
	 * @param request what was asked for
	 * @param policy what its policy says
	 */
	default void unavailable(LeaseRequest request, OnUnavailable policy) {
	}

	/**
	 * Hears how the call of one caller goes on: it may have to wait, and it gets exactly
	 * one answer. That it waits may be told by another thread, and after the answer.
	 */
	interface Call {

		/** Hears nothing. */
		Call IGNORED = new Call() {
		};

		/**
		 * The lease is not free, and the caller waits for it.
		 */
		default void waits() {
		}

		/**
		 * The caller has the lease.
		 * @param took how long that took
		 * @param handedOn whether it came from another caller of this JVM, without asking
		 * the store
		 */
		default void acquired(Duration took, boolean handedOn) {
		}

		/**
		 * The caller does not get the lease.
		 * @param took how long that took
		 * @param failure why
		 */
		default void failed(Duration took, Failure failure) {
		}

	}

	/**
	 * Why a caller does not get a lease.
	 */
	enum Failure {

		/** Others had it. */
		BUSY,

		/** The store did not answer. */
		UNAVAILABLE,

		/** The store was used wrongly: something else stands under the key. */
		ERROR,

		/** The caller was interrupted or cancelled. */
		GIVEN_UP

	}

}
