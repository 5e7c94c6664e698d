package dev.weir.core;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Notifies listeners. An exception or error of a listener is logged and reaches neither
 * the caller nor the other listeners. Thread-safe.
 *
 * @param <T> the type of the listeners
 * @param all the listeners, in their order
 */
public record Listeners<T>(List<T> all) {

	public Listeners {
		all = List.copyOf(all);
	}

	/**
	 * Notifies all listeners.
	 * @param event notifies one listener
	 */
	public void forEach(Consumer<? super T> event) {
		for (T listener : this.all) {
			Containment.run(listener, () -> event.accept(listener));
		}
	}

	/**
	 * Asks all listeners.
	 * @param <R> the type of the answers
	 * @param question asks one listener
	 * @param otherwise the answer of a listener that throws
	 * @return the answers, in the order of the listeners
	 */
	public <R> List<R> map(Function<? super T, R> question, R otherwise) {
		return this.all.stream().map((listener) -> {
			try {
				return question.apply(listener);
			}
			catch (Throwable ex) {
				Containment.report(listener, ex);
				return otherwise;
			}
		}).toList();
	}

}
