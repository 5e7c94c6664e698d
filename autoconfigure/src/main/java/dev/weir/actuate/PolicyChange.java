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
 * What an operator wants to hold for one policy while the application runs, whatever the
 * properties say. As text it goes to other instances.
 *
 * @param kind the kind of the policy
 * @param name the name of the policy
 * @param values the values by attribute, as in the properties; an empty one takes back
 * what was changed before
 */
public record PolicyChange(PolicyKind kind, String name, Map<String, String> values) {

	/** No blanks and no line ends, as the names of policies. */
	private static final Pattern NAME = Pattern.compile("[^\\s\\[\\]]{1,200}");

	private static final Pattern VALUE = Pattern.compile("[\\w./+-]{0,50}");

	private static final Pattern LINE = Pattern.compile("([a-z-]+) (\\S+) ([a-z-]+)=(.*)");

	public PolicyChange {
		Set<String> attributes = attributes(kind);
		if (!NAME.matcher(name).matches()) {
			throw new IllegalArgumentException("'" + name + "' is no name of a policy");
		}
		if (values.isEmpty()) {
			throw new IllegalArgumentException("Nothing is to be changed. Use some of " + sorted(attributes));
		}
		values.forEach((attribute, value) -> {
			if (!attributes.contains(attribute)) {
				throw new IllegalArgumentException("A " + kind + " has no '" + attribute
						+ "' that can be changed while the application runs: use some of " + sorted(attributes));
			}
			if (!VALUE.matcher(value).matches()) {
				throw new IllegalArgumentException("'" + value + "' is no value for '" + attribute + "'");
			}
		});
		values = Map.copyOf(values);
	}

	/**
	 * Lays this change over one of the same policy.
	 * @param below the other, {@code null} for none
	 * @return what holds of both, {@code null} if all of it was taken back
	 */
	public @Nullable PolicyChange over(@Nullable PolicyChange below) {
		Map<String, String> both = new TreeMap<>((below != null) ? below.values : Map.of());
		both.putAll(this.values);
		both.values().removeIf(String::isEmpty);
		return both.isEmpty() ? null : new PolicyChange(this.kind, this.name, both);
	}

	/**
	 * Returns this change as text.
	 * @return a line for each value
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
	 * @throws IllegalArgumentException if it is none
	 */
	public static PolicyChange of(String text) {
		Map<String, String> values = new TreeMap<>();
		@Nullable PolicyKind kind = null;
		String name = "";
		for (String line : text.split("\n")) {
			Matcher matcher = LINE.matcher(line);
			if (!matcher.matches()) {
				throw new IllegalArgumentException("This is no change of a policy");
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
