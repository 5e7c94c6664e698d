package dev.weir.transaction;

import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * The answer of a command, available after its transaction was applied. Thread-safe.
 *
 * @param <T> the type of the answer
 */
public final class Pending<T> {

	private final Function<Object, T> reader;

	private volatile @Nullable T answer;

	Pending(Function<Object, T> reader) {
		this.reader = reader;
	}

	/**
	 * Returns the answer. Does not wait.
	 * @return the answer
	 * @throws IllegalStateException if the transaction was not applied, or not yet
	 */
	public T get() {
		T known = this.answer;
		if (known == null) {
			throw new IllegalStateException(
					"There is no answer: the transaction was not applied, or not yet. Call get() after it has ended");
		}
		return known;
	}

	void answered(Object result) {
		this.answer = this.reader.apply(result);
	}

	@Override
	public String toString() {
		return "Pending[" + this.answer + "]";
	}

}
