package dev.weir.actuate;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

import dev.weir.policy.PolicyDescription;
import dev.weir.policy.PolicyKind;
import dev.weir.policy.Rate;
import dev.weir.policy.Resolved;
import org.jspecify.annotations.Nullable;

/**
 * A change that an operator makes to one policy while the application runs. The values
 * take precedence over the properties.
 *
 * @param kind the kind of the policy
 * @param name the name of the policy
 * @param values the values by attribute, as in the properties; an empty value takes back
 * the previous change of the attribute
 */
public record PolicyChange(PolicyKind kind, String name, Map<String, String> values) {

	private static final Pattern VALUE = Pattern.compile("[\\w./+-]{0,50}");

	public PolicyChange {
		Set<String> attributes = attributes(kind);
		OperatorInput.requireName(name);
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
	 * Returns whether this change can only make a guard stricter: it lowers a limit or
	 * the burst of a rate limit, or ends the shadow mode of a rate limit.
	 * @param current the policy as it is now
	 * @return {@code false} if the change allows more than before, or if this is not
	 * certain
	 */
	public boolean onlyTightens(PolicyDescription current) {
		return this.values.entrySet().stream().allMatch((value) -> switch (value.getKey()) {
			case "limit" -> isAtMost(value.getValue(), current);
			case "burst" -> isAtMost(value.getValue(), number(current, "burst"));
			case "shadow" -> value.getValue().equals("false");
			default -> false;
		});
	}

	private boolean isAtMost(String limit, PolicyDescription current) {
		if (this.kind != PolicyKind.RATE_LIMIT || limit.isEmpty()) {
			return isAtMost(limit, number(current, "limit"));
		}
		Long tokens = number(current, "limit");
		Rate rate = Rate.valueOf(limit);
		if (rate.window() != null && rate.window().period() != null) {
			// All tokens of a quota are there at the begin.
			return false;
		}
		if (tokens == null || !(value(current, "window") instanceof Duration window)) {
			return false;
		}
		// Without a burst, the limit is also the largest number of tokens.
		Long burst = number(current, "burst");
		Duration next = (rate.window() != null) ? rate.window().duration() : window;
		boolean slower = BigInteger.valueOf(rate.limit())
			.multiply(nanos(window))
			.compareTo(BigInteger.valueOf(tokens).multiply(nanos(next))) <= 0;
		return slower && rate.limit() <= ((burst != null) ? burst : tokens);
	}

	private static BigInteger nanos(Duration duration) {
		return BigInteger.valueOf(duration.toSeconds())
			.multiply(BigInteger.valueOf(1_000_000_000))
			.add(BigInteger.valueOf(duration.getNano()));
	}

	private static boolean isAtMost(String value, @Nullable Long current) {
		return current != null && !value.isEmpty() && Rate.valueOf(value).limit() <= current;
	}

	private static @Nullable Long number(PolicyDescription policy, String attribute) {
		return (value(policy, attribute) instanceof Number number) ? number.longValue() : null;
	}

	private static @Nullable Object value(PolicyDescription policy, String attribute) {
		Resolved<?> resolved = policy.values().get(attribute);
		return (resolved != null) ? resolved.value() : null;
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
