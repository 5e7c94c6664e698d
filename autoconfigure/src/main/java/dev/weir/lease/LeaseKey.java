package dev.weir.lease;

import java.util.Objects;

/**
 * The key of a lease in the store.
 *
 * @param kind the kind of the lease under this key
 * @param value the complete text of the key, including any prefix
 */
public record LeaseKey(LeaseKind kind, String value) {

	public LeaseKey {
		Objects.requireNonNull(kind, "kind");
		if (value.isBlank()) {
			throw new IllegalArgumentException("The key of a " + kind + " must not be blank");
		}
	}

}
