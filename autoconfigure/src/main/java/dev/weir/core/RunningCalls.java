package dev.weir.core;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Counts the calls of one piece of work. After a cancellation no call begins any more,
 * and the work has ended when the last call has returned. Thread-safe.
 */
public final class RunningCalls {

	private final ReentrantLock lock = new ReentrantLock();

	private final CompletableFuture<Void> end = new CompletableFuture<>();

	private int running;

	private boolean cancelled;

	/**
	 * Begins a call.
	 * @return whether the call may begin; then {@link #end} must follow
	 */
	public boolean begin() {
		this.lock.lock();
		try {
			if (!this.cancelled) {
				this.running++;
			}
			return !this.cancelled;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Ends a call.
	 */
	public void end() {
		this.lock.lock();
		boolean last;
		try {
			this.running--;
			last = this.cancelled && this.running == 0;
		}
		finally {
			this.lock.unlock();
		}
		if (last) {
			this.end.complete(null);
		}
	}

	/**
	 * Lets no further call begin.
	 * @return completes when no call runs, on the thread of the last call
	 */
	public CompletableFuture<Void> cancel() {
		this.lock.lock();
		boolean idle;
		try {
			this.cancelled = true;
			idle = this.running == 0;
		}
		finally {
			this.lock.unlock();
		}
		if (idle) {
			this.end.complete(null);
		}
		return this.end;
	}

}
