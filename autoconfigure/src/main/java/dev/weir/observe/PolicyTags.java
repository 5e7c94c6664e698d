package dev.weir.observe;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Keeps the meters of each policy. Thread-safe.
 * <p>
 * Code can create names of policies at run time, but a registry must not grow without
 * bound. Therefore only the first {@value #MAX_NAMES} names have meters of their own. All
 * further names count as {@value #OTHERS}.
 *
 * @param <M> the meters of one policy
 */
final class PolicyTags<M> {

	/** Name for all names that have no meters of their own. */
	static final String OTHERS = "(others)";

	/** Number of names that have meters of their own. */
	static final int MAX_NAMES = 500;

	private final Map<String, M> byName = new ConcurrentHashMap<>();

	private final Function<String, M> meters;

	PolicyTags(Function<String, M> meters) {
		this.meters = meters;
	}

	/**
	 * Returns a constant as the value of a tag.
	 * @param constant the constant
	 * @return the name of the constant in lower case, with hyphens
	 */
	static String text(Enum<?> constant) {
		return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	M of(String name) {
		M known = this.byName.get(name);
		if (known != null) {
			return known;
		}
		// Concurrent calls may add a few more names, which does no harm.
		return this.byName.computeIfAbsent((this.byName.size() < MAX_NAMES) ? name : OTHERS, this.meters);
	}

}
