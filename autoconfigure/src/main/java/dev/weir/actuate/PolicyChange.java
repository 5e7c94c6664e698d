package dev.weir.actuate;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.weir.policy.PolicyKind;
import org.jspecify.annotations.Nullable;

/**
 * A change that an operator makes to one policy while the application runs. The values
 * take precedence over the properties. The text of the change is sent to other instances.
 *
 * @param kind the kind of the policy
 * @param name the name of the policy
 * @param values the values by attribute, as in the properties; an empty value takes back
 * the previous change of the attribute
 */
public record PolicyChange(PolicyKind kind, String name, Map<String, String> values) {

	/** Names of policies contain no blanks and no line ends. */
	private static final Pattern NAME = Pattern.compile("[^\\s\\[\\]]{1,200}");

	private static final Pattern VALUE = Pattern.compile("[\\w./+-]{0,50}");

	private static final Pattern LINE = Pattern.compile("([a-z-]+) (\\S+) ([a-z-]+)=(.*)");

	public PolicyChange {
		Set<String> attributes = attributes(kind);
		if (!NAME.matcher(name).matches()) {
			throw new IllegalArgumentException("'" + name + "' is not a valid name of a policy");
		}
		if (values.isEmpty()) {
			throw new IllegalArgumentException(
					"The change contains no values. Set one or more of " + sorted(attributes));
		}
		values.forEach((attribute, value) -> {
			if (!attributes.contains(attribute)) {
				throw new IllegalArgumentException("A " + kind + " has no '" + attribute
						+ "' that can be changed while the application runs. Set one or more of " + sorted(attributes));
			}
			if (!VALUE.matcher(value).matches()) {
				throw new IllegalArgumentException("'" + value + "' is not a valid value for '" + attribute + "'");
			}
		});
		values = Map.copyOf(values);
	}

	/**
	 * Merges this change with an earlier change of the same policy. The values of this
	 * change take precedence.
	 * @param below the earlier change, {@code null} for none
	 * @return the merged change, {@code null} if all values are taken back
	 */
	public @Nullable PolicyChange over(@Nullable PolicyChange below) {
		Map<String, String> both = new TreeMap<>((below != null) ? below.values : Map.of());
		both.putAll(this.values);
		both.values().removeIf(String::isEmpty);
		return both.isEmpty() ? null : new PolicyChange(this.kind, this.name, both);
	}

	/**
	 * Returns this change as text.
	 * @return one line for each value
	 */
	public String toText() {
		return new TreeMap<>(this.values).entrySet()
			.stream()
			.map((value) -> this.kind + " " + this.name + " " + value.getKey() + "=" + value.getValue())
			.collect(Collectors.joining("\n"));
	}

	/**
	 * Reads a change from text.
	 * @param text the text
	 * @return the change
	 * @throws IllegalArgumentException if the text is not a change
	 */
	public static PolicyChange of(String text) {
		Map<String, String> values = new TreeMap<>();
		@Nullable PolicyKind kind = null;
		String name = "";
		for (String line : text.split("\n")) {
			Matcher matcher = LINE.matcher(line);
			if (!matcher.matches()) {
				throw new IllegalArgumentException("The text does not describe a change of a policy");
			}
			kind = PolicyKind.of(matcher.group(1));
			name = matcher.group(2);
			values.put(matcher.group(3), matcher.group(4));
		}
		return new PolicyChange(Objects.requireNonNull(kind), name, values);
	}

	private static Set<String> attributes(PolicyKind kind) {
		return switch (kind) {
			case LOCK -> Set.of("enabled", "timeout", "wait-time");
			case SEMAPHORE -> Set.of("enabled", "limit", "timeout", "wait-time");
			case RATE_LIMIT -> Set.of("enabled", "limit", "burst", "shadow");
		};
	}

	private static List<String> sorted(Collection<String> names) {
		return names.stream().sorted().toList();
	}

}
