package dev.weir.observe;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The meters of each policy. Code can make up names of policies for each call; a registry
 * must not grow without bound for that, so beyond a number of names all others count as
 * {@value #OTHERS}. Thread-safe.
 *
 * @param <M> the meters of one policy
 */
final class PolicyTags<M> {

	/** The name that stands for all names beyond the first ones. */
	static final String OTHERS = "(others)";

	/** How many names have meters of their own. */
	static final int MAX_NAMES = 500;

	private final Map<String, M> byName = new ConcurrentHashMap<>();

	private final Function<String, M> meters;

	PolicyTags(Function<String, M> meters) {
		this.meters = meters;
	}

	/**
	 * Returns a constant as the value of a tag.
	 * @param constant the constant
	 * @return its name in lower case, with hyphens
	 */
	static String text(Enum<?> constant) {
		return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	M of(String name) {
		M known = this.byName.get(name);
		if (known != null) {
			return known;
		}
		// A few more at the same time do no harm.
		return this.byName.computeIfAbsent((this.byName.size() < MAX_NAMES) ? name : OTHERS, this.meters);
	}

}
