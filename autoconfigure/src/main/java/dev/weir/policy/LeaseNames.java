package dev.weir.policy;

import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

import dev.weir.lease.LeaseKind;
import org.jspecify.annotations.Nullable;

/**
 * The names of the policies of locks and semaphores. Keeps their keys apart: a key is
 * {@code name} or {@code name:value}, so the lock {@code doc} with the value
 * {@code nightly} would have the same key as the lock {@code doc:nightly}. Thread-safe.
 */
public final class LeaseNames {

	/** How many names of code are remembered. Code can create names from data. */
	private static final int MAX_USED = 1000;

	private static final int MAX_LENGTH = 200;

	private final ConcurrentNavigableMap<String, Owner> names = new ConcurrentSkipListMap<>();

	private int used;

	/**
	 * Adds a name that an annotation declares.
	 * @param owner the policy
	 * @param name the name
	 * @return the problem, {@code null} if the keys of this policy differ from the keys
	 * of all others
	 */
	@Nullable String declare(Owner owner, String name) {
		return add(owner, name, true);
	}

	/**
	 * Adds a name that code uses.
	 * @param owner the policy
	 * @param name the name
	 * @return the problem, {@code null} if the keys of this policy differ from the keys
	 * of all others
	 */
	@Nullable String use(Owner owner, String name) {
		Owner known = this.names.get(name);
		return (known != null && known.includes(owner)) ? null : add(owner, name, false);
	}

	private synchronized @Nullable String add(Owner owner, String name, boolean declared) {
		Owner known = this.names.get(name);
		if (known != null && known.kind != owner.kind) {
			return "the " + known.kind + " of " + known.location + " has the same name, and therefore the same keys";
		}
		String problem = (known != null) ? null : asValueOfAnother(name);
		if (problem == null && owner.keyed) {
			problem = asAnotherWithAValue(name);
		}
		if (problem == null && (known == null || !known.includes(owner))
				&& (declared || (this.used < MAX_USED && name.length() <= MAX_LENGTH))) {
			this.names.put(name, owner);
			this.used += (declared || known != null) ? 0 : 1;
		}
		return problem;
	}

	private @Nullable String asValueOfAnother(String name) {
		for (int colon = name.indexOf(':'); colon >= 0; colon = name.indexOf(':', colon + 1)) {
			String other = name.substring(0, colon);
			Owner known = this.names.get(other);
			if (known != null && known.keyed) {
				return problem(known, other, name.substring(colon + 1));
			}
		}
		return null;
	}

	private @Nullable String asAnotherWithAValue(String name) {
		Map.Entry<String, Owner> next = this.names.ceilingEntry(name + ":");
		return (next != null && next.getKey().startsWith(name + ":")) ? "with the key '"
				+ next.getKey().substring(name.length() + 1) + "' it would have the same key in Redis as the "
				+ next.getValue().kind + " '" + next.getKey() + "' of " + next.getValue().location : null;
	}

	private static String problem(Owner known, String name, String value) {
		return "the " + known.kind + " '" + name + "' of " + known.location
				+ " would have the same key in Redis with the key '" + value + "'";
	}

	/**
	 * The policy that has a name.
	 *
	 * @param kind its kind
	 * @param keyed whether its keys depend on the call
	 * @param location its location
	 */
	record Owner(LeaseKind kind, boolean keyed, String location) {

		private boolean includes(Owner other) {
			return this.kind == other.kind && (this.keyed || !other.keyed);
		}

	}

}
