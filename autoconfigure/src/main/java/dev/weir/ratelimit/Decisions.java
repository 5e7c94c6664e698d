package dev.weir.ratelimit;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * What the buckets of one call answered, all together.
 *
 * @param all the answers, in the order of the charges
 */
public record Decisions(List<Decision> all) {

	/** Nothing was asked. */
	public static final Decisions NONE = new Decisions(List.of());

	public Decisions {
		all = List.copyOf(all);
	}

	/**
	 * Whether the call may go on: no bucket denied it, except in shadow mode.
	 * @return whether it may
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
	 * Returns what keeps the call from going on.
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
	 * Returns when all buckets that denied the call will have their tokens.
	 * @return the time from now, zero if the call is allowed
	 */
	public Duration retryAfter() {
		return denials().stream().map(Decision::retryAfter).max(Comparator.naturalOrder()).orElse(Duration.ZERO);
	}

}
