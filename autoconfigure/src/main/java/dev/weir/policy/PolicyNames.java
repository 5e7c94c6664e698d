package dev.weir.policy;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BinaryOperator;

import org.jspecify.annotations.Nullable;

/**
 * The names of policies in properties. An environment variable contains only letters and
 * digits of a name, in upper case: {@code WEIR_LOCK_POLICIES_EMBEDDINGLOCK_TIMEOUT} is
 * for the policy {@code embedding_lock}. Spring Boot calls this the uniform form.
 */
public final class PolicyNames {

	private PolicyNames() {
	}

	/**
	 * Returns the uniform form of a name.
	 * @param name the name
	 * @return its letters and digits, in lower case
	 */
	public static String uniform(String name) {
		StringBuilder uniform = new StringBuilder(name.length());
		name.chars().filter(Character::isLetterOrDigit).forEach((character) -> uniform.append((char) character));
		return uniform.toString().toLowerCase(Locale.ROOT);
	}

	/**
	 * Returns whether a name in properties is for a policy.
	 * @param configured the name in properties
	 * @param policy the name of the policy
	 * @return whether the names are equal, or the name in properties is the uniform form
	 */
	public static boolean isFor(String configured, String policy) {
		return configured.equals(policy) || configured.equals(uniform(policy));
	}

	/**
	 * Finds the settings of a policy.
	 * @param <S> the type of the settings
	 * @param settings the settings by name
	 * @param name the name of the policy
	 * @return the settings for the name, otherwise for its uniform form, {@code null} if
	 * there are none
	 */
	public static <S> @Nullable S find(Map<String, S> settings, String name) {
		S exact = settings.get(name);
		return (exact != null || settings.isEmpty()) ? exact : settings.get(uniform(name));
	}

	/**
	 * Joins the settings for uniform names with the settings for the names that they
	 * stand for.
	 * @param <S> the type of the settings
	 * @param settings the settings by name
	 * @param over merges settings, those with more precedence first. An environment
	 * variable precedes a file, so the settings for the uniform name come first
	 * @return the joined settings
	 */
	public static <S> Map<String, S> join(Map<String, S> settings, BinaryOperator<S> over) {
		Map<String, S> joined = new LinkedHashMap<>(settings);
		settings.forEach((name, ofName) -> {
			String uniform = uniform(name);
			S ofUniform = settings.get(uniform);
			if (!uniform.equals(name) && ofUniform != null) {
				joined.put(name, over.apply(ofUniform, ofName));
				joined.remove(uniform);
			}
		});
		return joined;
	}

}
