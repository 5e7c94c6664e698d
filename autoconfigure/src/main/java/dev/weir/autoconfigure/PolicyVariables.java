package dev.weir.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import dev.weir.policy.LeaderSettings;
import dev.weir.policy.LockSettings;
import dev.weir.policy.RateLimitSettings;
import dev.weir.policy.SemaphoreSettings;
import org.jspecify.annotations.Nullable;

/**
 * Checks the environment variables for policies. Spring Boot splits their names at each
 * underscore, so {@code WEIR_LOCK_POLICIES_EMBEDDING_LOCK_TIMEOUT} would silently have no
 * effect.
 */
final class PolicyVariables {

	/** The properties of policies, by the beginning of their variables. */
	private static final Map<String, List<String>> PROPERTIES = Map.of("WEIR_LOCK_POLICIES_", names(LockSettings.class),
			"WEIR_LEADER_ROLES_", names(LeaderSettings.class), "WEIR_SEMAPHORE_POLICIES_",
			names(SemaphoreSettings.class), "WEIR_RATELIMIT_POLICIES_", names(RateLimitSettings.class),
			"WEIR_RATE_LIMIT_POLICIES_", names(RateLimitSettings.class));

	private PolicyVariables() {
	}

	private static List<String> names(Class<? extends Record> settings) {
		return Stream.of(settings.getRecordComponents())
			.map(RecordComponent::getName)
			.map((name) -> name.toUpperCase(Locale.ROOT))
			.toList();
	}

	/**
	 * Returns the cure for a variable of a policy that has no effect.
	 * @param variable the name of the variable
	 * @return the cure, {@code null} if the variable has an effect or is for other
	 * software
	 */
	static @Nullable String cure(String variable) {
		for (Map.Entry<String, List<String>> known : PROPERTIES.entrySet()) {
			if (variable.startsWith(known.getKey())) {
				return cure(known.getKey().replace("RATE_LIMIT", "RATELIMIT"),
						variable.substring(known.getKey().length()), variable, known.getValue());
			}
		}
		return null;
	}

	private static @Nullable String cure(String prefix, String rest, String variable, List<String> properties) {
		String joined = rest.replace("_", "");
		for (String property : properties) {
			if (joined.endsWith(property) && joined.length() > property.length()) {
				String right = prefix + joined.substring(0, joined.length() - property.length()) + "_" + property;
				return right.equals(variable) ? null : "Write '" + right
						+ "': the name of the policy and the name of its property have no underscores there.";
			}
		}
		return "It must end with '_' and one of: " + String.join(", ", properties) + ".";
	}

}
