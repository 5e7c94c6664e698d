package dev.weir.policy.expression;

import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.core.convert.TypeDescriptor;
import org.springframework.expression.TypeConverter;
import org.springframework.expression.spel.support.StandardTypeConverter;
import org.springframework.util.ObjectUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The text of a value in a key. Equal values have equal texts, in every instance: the
 * elements of sets and maps are sorted, and an object without a text of its own is
 * refused, also inside of collections, arrays, records and {@link Optional}.
 */
final class KeyText {

	/** Deeper values are refused: they probably contain themselves. */
	private static final int MAX_DEPTH = 16;

	/** Converts values for expressions that append them to a text. */
	static final TypeConverter CONVERTER = new Converter();

	private KeyText() {
	}

	/**
	 * Returns the text of a value.
	 * @param value the value
	 * @return the text
	 * @throws IllegalStateException if the value, or a part of it, has no text of its own
	 */
	static String of(@Nullable Object value) {
		return of(value, 0);
	}

	private static String of(@Nullable Object value, int depth) {
		if (value == null || value instanceof CharSequence || value instanceof Number || value instanceof Enum) {
			return String.valueOf(value);
		}
		if (depth > MAX_DEPTH) {
			throw new IllegalStateException("it is nested too deeply");
		}
		if (value instanceof Collection<?> collection) {
			Stream<String> elements = collection.stream().map((element) -> of(element, depth + 1));
			return list(
					(collection instanceof Set && !(collection instanceof SortedSet)) ? elements.sorted() : elements);
		}
		if (value instanceof Map<?, ?> map) {
			Stream<String> entries = map.entrySet()
				.stream()
				.map((entry) -> of(entry.getKey(), depth + 1) + "=" + of(entry.getValue(), depth + 1));
			StringJoiner text = new StringJoiner(", ", "{", "}");
			((map instanceof SortedMap) ? entries : entries.sorted()).forEach(text::add);
			return text.toString();
		}
		if (value.getClass().isArray()) {
			return list(IntStream.range(0, Array.getLength(value))
				.mapToObj((index) -> of(Array.get(value, index), depth + 1)));
		}
		if (value instanceof Optional<?> optional) {
			return optional.map((content) -> "Optional[" + of(content, depth + 1) + "]").orElse("Optional.empty");
		}
		return (value instanceof Record && hasGeneratedText(value)) ? ofRecord(value, depth) : own(value);
	}

	private static boolean isUnordered(Object value) {
		return value instanceof Set && !(value instanceof SortedSet);
	}

	private static String list(Stream<String> elements) {
		StringJoiner text = new StringJoiner(", ", "[", "]");
		elements.forEach(text::add);
		return text.toString();
	}

	private static boolean hasGeneratedText(Object value) {
		return value.toString().equals(recordText(value, (component) -> String.valueOf(component(value, component))));
	}

	private static String ofRecord(Object value, int depth) {
		return recordText(value, (component) -> of(component(value, component), depth + 1));
	}

	private static String recordText(Object value, Function<RecordComponent, String> text) {
		StringJoiner joiner = new StringJoiner(", ", value.getClass().getSimpleName() + "[", "]");
		Arrays.stream(value.getClass().getRecordComponents())
			.forEach((component) -> joiner.add(component.getName() + "=" + text.apply(component)));
		return joiner.toString();
	}

	private static @Nullable Object component(Object value, RecordComponent component) {
		ReflectionUtils.makeAccessible(component.getAccessor());
		return ReflectionUtils.invokeMethod(component.getAccessor(), value);
	}

	private static String own(Object value) {
		String text = value.toString();
		String name = value.getClass().getName() + "@";
		if (text.equals(name + Integer.toHexString(System.identityHashCode(value)))
				|| text.equals(name + Integer.toHexString(value.hashCode()))) {
			throw new IllegalStateException(
					"it is or contains a " + value.getClass().getTypeName() + ", whose text differs in each instance");
		}
		return text;
	}

	/**
	 * Converts to text as SpEL does, such as {@code a,b} for a list, with the elements of
	 * sets and maps in order, and without objects that have no text of their own.
	 */
	private static final class Converter implements TypeConverter {

		private static final TypeDescriptor TEXT = TypeDescriptor.valueOf(String.class);

		private final TypeConverter standard = new StandardTypeConverter();

		@Override
		public boolean canConvert(@Nullable TypeDescriptor source, TypeDescriptor target) {
			return target.equals(TEXT) || this.standard.canConvert(source, target);
		}

		@Override
		public @Nullable Object convertValue(@Nullable Object value, @Nullable TypeDescriptor source,
				TypeDescriptor target) {
			return (target.equals(TEXT) && value != null) ? text(value)
					: this.standard.convertValue(value, source, target);
		}

		private String text(Object value) {
			if (value instanceof Collection<?> || value.getClass().isArray()) {
				Stream<String> elements = Arrays.stream(ObjectUtils.toObjectArray(asArray(value)))
					.map((element) -> (element != null) ? text(element) : "");
				return (isUnordered(value) ? elements.sorted() : elements).collect(Collectors.joining(","));
			}
			String own = KeyText.of(value);
			if (value instanceof Map || value instanceof Record) {
				return own;
			}
			return String.valueOf(this.standard.convertValue(value, TypeDescriptor.forObject(value), TEXT));
		}

		private static Object asArray(Object value) {
			return (value instanceof Collection<?> collection) ? collection.toArray() : value;
		}

	}

}
