package dev.weir.policy;

import java.util.Arrays;
import java.util.Locale;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.weir.lease.LeaseKind;

/**
 * The kinds of policies, named as in the properties.
 */
public enum PolicyKind {

	/** {@code lock}. */
	LOCK,

	/** {@code semaphore}. */
	SEMAPHORE,

	/** {@code rate-limit}. */
	RATE_LIMIT;

	/**
	 * Returns the kind of policy for a kind of lease.
	 * @param kind the kind of lease
	 * @return the kind of policy
	 */
	public static PolicyKind of(LeaseKind kind) {
		return switch (kind) {
			case LOCK -> LOCK;
			case SEMAPHORE -> SEMAPHORE;
		};
	}

	/**
	 * Returns the kind with a name.
	 * @param name the name, as in the properties
	 * @return the kind
	 * @throws IllegalArgumentException if no kind has this name
	 */
	public static PolicyKind of(String name) {
		return Arrays.stream(values())
			.filter((kind) -> kind.toString().equals(name))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException(
					"'" + name + "' is not a kind of policy. Use lock, semaphore or rate-limit"));
	}

	@Override
	@JsonValue
	public String toString() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

}
