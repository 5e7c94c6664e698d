package dev.weir.policy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Collects the names of policies that code has used, so that operators find them. The
 * number of names is bounded, because code can create names from data. Thread-safe.
 */
final class UsedNames {

	private static final int MAX = 1000;

	private static final int MAX_LENGTH = 200;

	private final Set<String> names = ConcurrentHashMap.newKeySet();

	void add(String name) {
		if (name.length() <= MAX_LENGTH && !this.names.contains(name) && this.names.size() < MAX) {
			this.names.add(name);
		}
	}

	Set<String> all() {
		return Set.copyOf(this.names);
	}

}
