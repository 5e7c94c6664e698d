package dev.weir.ratelimit;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * The decisions of all buckets of one call.
 *
 * @param all the decisions, in the order of the charges
 */
public record Decisions(List<Decision> all) {

	/** The decisions of a call without charges. */
	public static final Decisions NONE = new Decisions(List.of());

	public Decisions {
		all = List.copyOf(all);
	}

	/**
	 * Returns whether the call may go on: no bucket denied it, except in shadow mode.
	 * @return whether the call may go on
	 */
	public boolean isAllowed() {
		for (Decision decision : this.all) {
			if (!decision.allowed() && !decision.shadow()) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Returns the denials that stop the call.
	 * @return the denials that count, none if the call is allowed
	 */
	public List<Decision> denials() {
		return this.all.stream().filter((decision) -> !decision.allowed() && !decision.shadow()).toList();
	}

	/**
	 * Returns the denial that lasts the longest.
	 * @return the denial
	 * @throws java.util.NoSuchElementException if the call is allowed
	 */
	public Decision longestDenial() {
		Comparator<Decision> byPossibility = Comparator.comparing(Decision::isPossible).reversed();
		Comparator<Decision> order = byPossibility.thenComparing(Decision::retryAfter);
		return denials().stream().max(order).orElseThrow();
	}

	/**
	 * Returns the time until all tokens are there that an allowed call has taken.
	 * @return the time from the decision, zero if the call need not wait
	 */
	public Duration due() {
		return isAllowed() ? this.all.stream().map(Decision::due).max(Comparator.naturalOrder()).orElse(Duration.ZERO)
				: Duration.ZERO;
	}

	/**
	 * Returns the time until all buckets that denied the call have enough tokens.
	 * @return the time from now, zero if the call is allowed
	 */
	public Duration retryAfter() {
		return denials().stream().map(Decision::retryAfter).max(Comparator.naturalOrder()).orElse(Duration.ZERO);
	}

}
