package dev.weir.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.weir.autoconfigure.UnknownPropertyException.UnknownProperty;
import dev.weir.core.Suggestions;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * Rejects properties that begin with {@code weir.} and that Weir does not have. A
 * misspelt property would silently have no effect. The names come from the records of
 * {@link WeirProperties}. Of the environment variables only those for policies are
 * checked, because a variable such as {@code WEIR_HOME} may belong to other software.
 */
final class PropertyNames {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("weir");

	private static final ResolvableType ROOT = ResolvableType.forClass(WeirProperties.class);

	private PropertyNames() {
	}

	/**
	 * Checks the properties of an environment.
	 * @param environment the environment
	 * @throws UnknownPropertyException if Weir does not have some of the properties
	 */
	static void check(Environment environment) {
		Map<ConfigurationPropertyName, UnknownProperty> unknown = new LinkedHashMap<>();
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			if (isOperatingSystem(source)) {
				checkVariables(source, unknown);
			}
			else if (source instanceof IterableConfigurationPropertySource iterable) {
				iterable.stream().filter(PREFIX::isAncestorOf).forEach((name) -> {
					String cure = cure(name);
					if (cure != null) {
						unknown.putIfAbsent(name, new UnknownProperty(name.toString(), origin(source, name), cure));
					}
				});
			}
		}
		if (!unknown.isEmpty()) {
			throw new UnknownPropertyException(List.copyOf(unknown.values()));
		}
	}

	private static void checkVariables(ConfigurationPropertySource source,
			Map<ConfigurationPropertyName, UnknownProperty> unknown) {
		if (source.getUnderlyingSource() instanceof EnumerablePropertySource<?> variables) {
			for (String variable : variables.getPropertyNames()) {
				String cure = PolicyVariables.cure(variable);
				if (cure != null) {
					unknown.put(ConfigurationPropertyName.adapt(variable, '_'),
							new UnknownProperty(variable, "environment variable", cure));
				}
			}
		}
	}

	private static boolean isOperatingSystem(ConfigurationPropertySource source) {
		return source.getUnderlyingSource() instanceof PropertySource<?> underlying
				&& underlying.getName().contains(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME);
	}

	private static @Nullable String origin(ConfigurationPropertySource source, ConfigurationPropertyName name) {
		ConfigurationProperty property = source.getConfigurationProperty(name);
		return (property != null && property.getOrigin() != null) ? property.getOrigin().toString() : null;
	}

	/**
	 * Returns the cure for a name of a property that does not exist.
	 * @param name the name of a property
	 * @return the cure, {@code null} if the property exists
	 */
	private static @Nullable String cure(ConfigurationPropertyName name) {
		ResolvableType type = ROOT;
		for (int i = 1; i < name.getNumberOfElements(); i++) {
			Class<?> current = type.toClass();
			if (current.isRecord()) {
				ResolvableType next = component(type, name.getElement(i, Form.UNIFORM));
				if (next == null) {
					return cure(name, i, names(type));
				}
				type = next;
			}
			else if (Map.class.isAssignableFrom(current)) {
				type = type.asMap().getGeneric(1);
			}
			else if (List.class.isAssignableFrom(current)) {
				type = type.asCollection().getGeneric(0);
			}
			else {
				return "'" + name.chop(i) + "' is a single value and has no nested properties.";
			}
		}
		return null;
	}

	private static String cure(ConfigurationPropertyName name, int element, List<String> possible) {
		ConfigurationPropertyName parent = name.chop(element);
		String closest = Suggestions.closest(name.getElement(element, Form.DASHED), possible, 3);
		if (closest != null) {
			return "Did you mean '" + parent.append(closest) + rest(name, element + 1) + "'?";
		}
		String cure = "'" + parent + "' has the properties: " + String.join(", ", possible) + ".";
		boolean inPolicy = element >= 4 && name.getElement(2, Form.UNIFORM).equals("policies");
		return inPolicy
				? cure + " Put the name of a policy in brackets if it contains a dot or a colon: '" + name.chop(3) + "["
						+ name.getElement(3, Form.ORIGINAL) + "." + name.getElement(element, Form.ORIGINAL) + "]'."
				: cure;
	}

	private static String rest(ConfigurationPropertyName name, int from) {
		String all = name.toString();
		String begin = name.chop(from).toString();
		return all.substring(begin.length());
	}

	private static @Nullable ResolvableType component(ResolvableType type, String uniform) {
		return Arrays.stream(type.toClass().getRecordComponents())
			.filter((component) -> component.getName().equalsIgnoreCase(uniform))
			.findFirst()
			.map((component) -> ResolvableType.forType(component.getGenericType(), type))
			.orElse(null);
	}

	private static List<String> names(ResolvableType type) {
		List<String> names = new ArrayList<>();
		for (RecordComponent component : type.toClass().getRecordComponents()) {
			names.add(DataObjectPropertyName.toDashedForm(component.getName()));
		}
		return names;
	}

}
