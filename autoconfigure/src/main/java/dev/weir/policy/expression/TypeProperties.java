package dev.weir.policy.expression;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import org.springframework.core.ResolvableType;
import org.springframework.util.StringUtils;

/**
 * The properties that SpEL finds on objects of a type: getters, public fields, and
 * methods without parameters, such as those of records.
 *
 * @param type the type
 * @param byName the types of the properties
 */
record TypeProperties(ResolvableType type, Map<String, ResolvableType> byName) {

	private static final Set<String> OF_EVERY_OBJECT = Set.of("class", "getClass", "hashCode", "toString", "notify",
			"notifyAll", "wait");

	static TypeProperties of(ResolvableType type) {
		Map<String, ResolvableType> byName = new TreeMap<>();
		Class<?> raw = type.toClass();
		for (Method method : raw.getMethods()) {
			if (method.getParameterCount() == 0 && method.getReturnType() != void.class) {
				ResolvableType result = ResolvableType.forMethodReturnType(method, raw);
				byName.put(method.getName(), result);
				addGetter(byName, method.getName(), result);
			}
		}
		for (Field field : raw.getFields()) {
			byName.put(field.getName(), ResolvableType.forField(field, type));
		}
		if (raw.isArray()) {
			byName.put("length", ResolvableType.forClass(int.class));
		}
		return new TypeProperties(type, byName);
	}

	private static void addGetter(Map<String, ResolvableType> byName, String method, ResolvableType result) {
		for (String prefix : new String[] { "get", "is" }) {
			if (method.length() > prefix.length() && method.startsWith(prefix)) {
				// In SpEL getEMail() is the property eMail, and also the property EMail.
				byName.put(StringUtils.uncapitalize(method.substring(prefix.length())), result);
			}
		}
	}

	/**
	 * Returns the type of a property.
	 * @param name its name; SpEL ignores the case of the first letter
	 * @return its type, {@code null} if there is no such property
	 */
	@Nullable ResolvableType typeOf(String name) {
		ResolvableType exact = this.byName.get(name);
		return (exact != null) ? exact : this.byName.get(StringUtils.uncapitalize(name));
	}

	/**
	 * Returns the names of the properties for messages.
	 * @return the names, without the properties that every object has
	 */
	Set<String> names() {
		Set<String> names = new TreeSet<>(this.byName.keySet());
		names.removeAll(OF_EVERY_OBJECT);
		return names;
	}

	/**
	 * Returns whether all objects of the type have these properties and no others. This
	 * does not apply to types of the JDK, because SpEL handles some of them in a special
	 * way, such as {@code Optional}.
	 * @return whether the properties are complete
	 */
	boolean isComplete() {
		Class<?> raw = this.type.toClass();
		return Modifier.isFinal(raw.getModifiers()) && !Map.class.isAssignableFrom(raw) && !isOfJdk();
	}

	/**
	 * Returns whether the type is a type of the JDK.
	 * @return whether the type is a type of the JDK
	 */
	boolean isOfJdk() {
		Class<?> raw = this.type.toClass();
		return raw.isPrimitive() || raw.isArray() || raw.getName().startsWith("java.");
	}

}
