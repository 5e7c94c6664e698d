package dev.weir.lease.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

import dev.weir.lease.LeaseRequest;
import org.jspecify.annotations.Nullable;

/**
 * The callers of this JVM that wait for one key, in order of arrival. A caller overtakes
 * another one only if its limit is higher. Guarded by the mutex of its {@link Gate}.
 */
final class WaiterQueue {

	private final Deque<Waiter> waiters = new ArrayDeque<>(1);

	/** Whether the waiters may have different limits. */
	private boolean mixedLimits;

	boolean isEmpty() {
		return this.waiters.isEmpty();
	}

	@Nullable Waiter head() {
		return this.waiters.peekFirst();
	}

	/**
	 * Returns the highest limit of the waiters.
	 * @return the limit, 0 if no caller waits
	 */
	int highestLimit() {
		Waiter head = head();
		if (head == null) {
			return 0;
		}
		return this.mixedLimits ? this.waiters.stream().mapToInt((waiter) -> waiter.request().limit()).max().orElse(0)
				: head.request().limit();
	}

	void add(Waiter waiter) {
		Waiter last = this.waiters.peekLast();
		this.mixedLimits |= last != null && last.request().limit() != waiter.request().limit();
		this.waiters.addLast(waiter);
	}

	/**
	 * Removes a waiter and stops its timer.
	 * @param waiter the waiter
	 * @return whether it was waiting
	 */
	boolean remove(Waiter waiter) {
		boolean removed = this.waiters.remove(waiter);
		if (removed) {
			waiter.stopTimer();
			this.mixedLimits &= !this.waiters.isEmpty();
		}
		return removed;
	}

	/**
	 * Removes waiters and stops their timers.
	 * @param condition whether to remove a waiter
	 * @return the removed waiters, in order
	 */
	List<Waiter> removeAll(Predicate<Waiter> condition) {
		List<Waiter> removed = new ArrayList<>(0);
		for (Iterator<Waiter> remaining = this.waiters.iterator(); remaining.hasNext();) {
			Waiter waiter = remaining.next();
			if (condition.test(waiter)) {
				remaining.remove();
				waiter.stopTimer();
				removed.add(waiter);
			}
		}
		this.mixedLimits &= !this.waiters.isEmpty();
		return removed;
	}

	/**
	 * Finds the first waiter for which something is possible.
	 * @param possible whether it is possible for a request
	 * @return the waiter, {@code null} if it is possible for none
	 */
	@Nullable Waiter first(Predicate<LeaseRequest> possible) {
		for (Waiter waiter : this.waiters) {
			if (possible.test(waiter.request())) {
				return waiter;
			}
			if (!this.mixedLimits) {
				return null;
			}
		}
		return null;
	}

	/**
	 * Finds the first waiter that meets a condition, wherever it stands in the queue.
	 * @param condition the condition
	 * @return the waiter, {@code null} if none meets it
	 */
	@Nullable Waiter find(Predicate<Waiter> condition) {
		return this.waiters.stream().filter(condition).findFirst().orElse(null);
	}

	void forEach(Consumer<Waiter> action) {
		this.waiters.forEach(action);
	}

}
