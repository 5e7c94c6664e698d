package dev.weir.autoconfigure;

import java.util.List;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * Thrown if properties begin with {@code weir.}, but Weir does not have these properties.
 */
class UnknownPropertyException extends RuntimeException {

	private final transient List<UnknownProperty> properties;

	UnknownPropertyException(List<UnknownProperty> properties) {
		super(properties.stream().map(UnknownProperty::toString).collect(Collectors.joining("; ")));
		this.properties = List.copyOf(properties);
	}

	List<UnknownProperty> getProperties() {
		return this.properties;
	}

	/**
	 * A property that Weir does not have.
	 *
	 * @param name the name of the property, as it was written
	 * @param origin where the property was set, {@code null} if not known
	 * @param cure the name that was probably meant, or the names that are possible
	 */
	record UnknownProperty(String name, @Nullable String origin, String cure) {

		@Override
		public String toString() {
			return "Weir has no property '" + this.name + "'" + ((this.origin != null) ? " (" + this.origin + ")" : "")
					+ ". " + this.cure;
		}

	}

}
