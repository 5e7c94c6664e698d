package dev.weir.cache;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * The computations of entries that callers of this JVM wait for. If a computation fails,
 * all callers that have waited for it get the same failure: each of them would otherwise
 * compute again, one after the other. Thread-safe.
 */
final class Computations {

	private final ReentrantLock lock = new ReentrantLock();

	private final Map<String, Computed> entries = new HashMap<>();

	/**
	 * Notes that a caller waits for an entry.
	 * @param entry the entry
	 * @return the call, which must be closed
	 */
	Waiting enter(String entry) {
		this.lock.lock();
		try {
			Computed computed = this.entries.computeIfAbsent(entry, (added) -> new Computed());
			computed.callers++;
			return new Waiting(this, entry, computed, computed.failures);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * What callers know about an entry.
	 */
	private static final class Computed {

		private int callers;

		private long failures;

		private @Nullable Throwable failure;

	}

	/**
	 * A caller that waits for an entry, or computes it.
	 *
	 * @param computations all computations
	 * @param entry the entry
	 * @param computed what is known about the entry
	 * @param failuresBefore how many computations had failed before this caller arrived
	 */
	record Waiting(Computations computations, String entry, Computed computed,
			long failuresBefore) implements AutoCloseable {

		/**
		 * Returns the failure of the computation for which this caller has waited.
		 * @return the failure, {@code null} if there is none
		 */
		@Nullable Throwable failure() {
			this.computations.lock.lock();
			try {
				return (this.computed.failures > this.failuresBefore) ? this.computed.failure : null;
			}
			finally {
				this.computations.lock.unlock();
			}
		}

		/**
		 * Notes that the computation of this caller has failed.
		 * @param failure the failure
		 */
		void failed(Throwable failure) {
			this.computations.lock.lock();
			try {
				this.computed.failures++;
				this.computed.failure = failure;
			}
			finally {
				this.computations.lock.unlock();
			}
		}

		@Override
		public void close() {
			this.computations.lock.lock();
			try {
				this.computed.callers--;
				if (this.computed.callers == 0) {
					this.computations.entries.remove(this.entry);
				}
			}
			finally {
				this.computations.lock.unlock();
			}
		}

	}

}
