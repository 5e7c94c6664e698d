package dev.weir.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

import dev.weir.policy.Resolved.Source;
import org.jspecify.annotations.Nullable;

/**
 * Resolves the attributes of one policy. Only this class implements the precedence of
 * property, annotation or code, and default.
 *
 * @param <A> the type of the attributes that each layer can set
 */
final class PolicyLayers<A> {

	private final List<Layer<A>> layers = new ArrayList<>(3);

	/**
	 * Adds a layer below the existing layers.
	 * @param source the source of its values
	 * @param attributes its values, {@code null} for none
	 * @return these layers
	 */
	PolicyLayers<A> add(Source source, @Nullable A attributes) {
		if (attributes != null) {
			this.layers.add(new Layer<>(source, attributes));
		}
		return this;
	}

	/**
	 * Combines two layers of properties.
	 * @param <A> the type of the attributes that each layer can set
	 * @param above the layer with more precedence
	 * @param below the layer with less precedence
	 * @return both layers
	 */
	static <A> PolicyLayers<A> of(A above, A below) {
		return new PolicyLayers<A>().add(Source.PROPERTY, above).add(Source.PROPERTY, below);
	}

	/**
	 * Returns the value of an attribute in the highest layer that sets it.
	 * @param <T> the type of the value
	 * @param attribute the function that reads the attribute from a layer and returns
	 * {@code null} if the layer does not set it
	 * @return the value, {@code null} if no layer sets it
	 */
	<T> @Nullable T value(Function<A, @Nullable T> attribute) {
		return resolve(attribute).value();
	}

	/**
	 * Returns the value of an attribute in the highest layer that sets it.
	 * @param <T> the type of the value
	 * @param attribute the function that reads the attribute from a layer and returns
	 * {@code null} if the layer does not set it
	 * @return the value, {@code null} from {@link Source#DEFAULT} if no layer sets it
	 */
	@SuppressWarnings("NullAway") // NullAway does not detect the nullable type argument
	<T> Resolved<@Nullable T> resolve(Function<A, @Nullable T> attribute) {
		for (Layer<A> layer : this.layers) {
			T value = attribute.apply(layer.attributes);
			if (value != null) {
				return new Resolved<>(value, layer.source);
			}
		}
		return new Resolved<>(null, Source.DEFAULT);
	}

	/**
	 * Returns the value of an attribute in the highest layer that sets it.
	 * @param <T> the type of the value
	 * @param attribute the function that reads the attribute from a layer and returns
	 * {@code null} if the layer does not set it
	 * @param otherwise the value if no layer sets it
	 * @return the value
	 */
	<T> Resolved<T> resolve(Function<A, @Nullable T> attribute, T otherwise) {
		Resolved<@Nullable T> resolved = resolve(attribute);
		T value = resolved.value();
		return new Resolved<>((value != null) ? value : otherwise, resolved.source());
	}

	/**
	 * One layer.
	 *
	 * @param <A> the type of its attributes
	 * @param source the source of its values
	 * @param attributes its values
	 */
	private record Layer<A>(Source source, A attributes) {

	}

}
