package dev.weir.ratelimit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

/**
 * Tokens that were taken by estimate. When it is known how many tokens a call has used,
 * its reservation is settled once: the bucket gets the rest back, or loses what was used
 * beyond the estimate. This debt is at most as large as the burst, and the next calls
 * wait for it. A reservation that is never settled keeps its estimate, and nothing else.
 * <p>
 * Methods never block and never throw because of the store. Thread-safe.
 */
public final class Reservation {

	private final Decisions decisions;

	private final List<Settlements.Part> parts;

	private final Settlements settlements;

	private final AtomicReference<@Nullable Attempt> attempt = new AtomicReference<>();

	/**
	 * Creates a reservation.
	 * @param decisions the decisions of all buckets of the call
	 * @param parts the parts of the reservation that can be settled
	 * @param settlements settles the parts
	 */
	Reservation(Decisions decisions, List<Settlements.Part> parts, Settlements settlements) {
		this.decisions = decisions;
		this.parts = parts;
		this.settlements = settlements;
	}

	/**
	 * Returns the reservation of the innermost limited method that this thread runs. Code
	 * that goes on in other threads takes the reservation along.
	 * @return the reservation, empty if the thread runs no method with a limit whose cost
	 * is an estimate
	 */
	public static Optional<Reservation> current() {
		return Optional.ofNullable(ReservationScope.current());
	}

	/**
	 * Returns the decisions of all buckets of the call.
	 * @return the decisions
	 */
	public Decisions decisions() {
		return this.decisions;
	}

	/**
	 * Settles all limits of the call whose cost is an estimate, with the same number of
	 * tokens. Does nothing if the reservation is settled already, and logs this. If the
	 * store does not answer, Weir repeats the settlement a few times within seconds; the
	 * store applies it once.
	 * @param used how many tokens the call has used; a negative number is logged, and the
	 * estimate stays
	 * @return completes with whether the buckets now contain what was used, never with a
	 * failure; the caller need not wait for it. After {@code false} because the store did
	 * not answer, the caller may settle again with the same number
	 */
	public CompletableFuture<Boolean> settle(long used) {
		Map<String, Long> all = new LinkedHashMap<>();
		this.parts.forEach((part) -> all.put(part.charge().policy(), used));
		return settle(all);
	}

	/**
	 * Settles limits with a number of tokens for each, as {@link #settle(long)} does. The
	 * estimates of other limits stay.
	 * @param used how many tokens the call has used, by the name of the policy;
	 * {@code null} for an unknown number is logged, and the estimate stays
	 * @return completes as {@link #settle(long)} does
	 */
	public CompletableFuture<Boolean> settle(Map<String, ? extends @Nullable Long> used) {
		Attempt before = this.attempt.get();
		Attempt next = new Attempt((before != null) ? before.settlement : new Settlements.Pending(),
				new CompletableFuture<>());
		if (before != null && !this.settlements.mayRepeat(before.settlement, before.result)
				|| !this.attempt.compareAndSet(before, next)) {
			this.settlements.refuse(this.parts, "it is settled already");
			return CompletableFuture.completedFuture(false);
		}
		this.settlements.settle(next.settlement, this.parts, used).thenAccept(next.result::complete);
		return next.result.copy();
	}

	/**
	 * Settles limits unless the reservation is settled already.
	 * @param used how many tokens the call has used, as in {@link #settle(Map)}
	 */
	public void settleIfPending(Map<String, ? extends @Nullable Long> used) {
		Attempt first = new Attempt(new Settlements.Pending(), new CompletableFuture<>());
		if (!this.parts.isEmpty() && this.attempt.compareAndSet(null, first)) {
			this.settlements.settle(first.settlement, this.parts, used).thenAccept(first.result::complete);
		}
	}

	/**
	 * Gives all tokens back that were taken by estimate: the call has used none.
	 * @return completes as {@link #settle(long)} does
	 */
	public CompletableFuture<Boolean> cancel() {
		return settle(0);
	}

	/**
	 * Returns whether the reservation was settled or cancelled, even if the store has not
	 * answered yet.
	 * @return whether a number of used tokens is known
	 */
	public boolean isSettled() {
		return this.attempt.get() != null;
	}

	/**
	 * Returns whether the reservation has taken tokens by estimate.
	 * @return {@code false} if no limit of the call has an estimate, or if the store gave
	 * no decision
	 */
	public boolean isPending() {
		return !this.parts.isEmpty() && !isSettled();
	}

	/**
	 * One attempt to settle.
	 *
	 * @param settlement the settlement, the same for each attempt
	 * @param result completes with whether the attempt had success
	 */
	private record Attempt(Settlements.Pending settlement, CompletableFuture<Boolean> result) {

	}

}
