package dev.weir.ratelimit;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import dev.weir.core.Stages;

/**
 * Lets calls wait that have taken tokens of the near future. A timer lets them go on when
 * the tokens are there: in the order in which the store decided, although answers may
 * overtake each other. Thread-safe; no thread waits and no call polls.
 */
final class Waits {

	private final ReentrantLock lock = new ReentrantLock();

	/** When the last call that waits for a bucket goes on, by the key of the bucket. */
	private final Map<String, Long> last = new HashMap<>();

	/**
	 * Completes with a reservation when its tokens are there.
	 * @param charges the charges of the call
	 * @param decided completes with the reservation when the store has decided
	 * @param giveBack gives all tokens of a reservation back
	 * @return completes when the tokens are there, or at once after a denial. Gives the
	 * tokens back if it is cancelled before that
	 */
	CompletableFuture<Reservation> until(List<Charge> charges, CompletableFuture<Reservation> decided,
			Consumer<Reservation> giveBack) {
		CompletableFuture<Reservation> result = new CompletableFuture<>();
		decided.whenComplete((reservation, failure) -> {
			if (failure != null) {
				result.completeExceptionally(Stages.unwrap(failure));
				return;
			}
			if (reservation.decisions().isAllowed()) {
				result.whenComplete((value, cancelled) -> {
					if (cancelled != null) {
						giveBack.accept(reservation);
					}
				});
			}
			Duration due = reservation.decisions().due();
			if (due.isZero()) {
				result.complete(reservation);
			}
			else {
				start(longest(charges, reservation.decisions()), due, () -> result.complete(reservation));
			}
		});
		return result;
	}

	/**
	 * Returns the key of the bucket for whose tokens a call waits the longest.
	 * @param charges the charges of the call
	 * @param decisions the decisions of these charges
	 * @return the key
	 */
	private static String longest(List<Charge> charges, Decisions decisions) {
		Decision last = decisions.all().stream().max(Comparator.comparing(Decision::due)).orElseThrow();
		return charges.get(decisions.all().indexOf(last)).key();
	}

	private void start(String key, Duration due, Runnable then) {
		long at;
		long now = System.nanoTime();
		this.lock.lock();
		try {
			at = now + due.toNanos();
			Long before = this.last.get(key);
			if (before != null && before - at > 0) {
				at = before;
			}
			this.last.put(key, at);
			// Inside of the lock, so that calls of the same time stay in order.
			long end = at;
			CompletableFuture.delayedExecutor(at - now, TimeUnit.NANOSECONDS, Runnable::run).execute(() -> {
				forget(key, end);
				then.run();
			});
		}
		finally {
			this.lock.unlock();
		}
	}

	private void forget(String key, long at) {
		this.lock.lock();
		try {
			this.last.remove(key, at);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Blocks until the tokens of a call are there.
	 * @param policy the name of the policy, for the exception
	 * @param waiting completes when the tokens are there
	 * @return the reservation
	 * @throws RateLimitInterruptedException if the thread was interrupted; the tokens are
	 * given back
	 */
	static Reservation await(String policy, CompletableFuture<Reservation> waiting) {
		try {
			return waiting.get();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			if (waiting.cancel(false)) {
				throw new RateLimitInterruptedException(policy, ex);
			}
			// The tokens were there at the same moment.
			return Stages.await(waiting);
		}
		catch (ExecutionException ex) {
			return Stages.await(waiting);
		}
	}

	/**
	 * Returns how many buckets calls wait for.
	 * @return the number
	 */
	int size() {
		this.lock.lock();
		try {
			return this.last.size();
		}
		finally {
			this.lock.unlock();
		}
	}

}
