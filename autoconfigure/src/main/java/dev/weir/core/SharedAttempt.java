package dev.weir.core;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * Produces something once for all callers. After a failure, the next caller tries again.
 * Thread-safe.
 *
 * @param <T> the type of the result
 */
public final class SharedAttempt<T> {

	private final Consumer<CompletableFuture<T>> work;

	private final AtomicReference<@Nullable CompletableFuture<T>> current = new AtomicReference<>();

	/**
	 * Creates an attempt that has not begun.
	 * @param work begins an attempt, and completes the future at its end. An exception
	 * ends the attempt, too
	 */
	public SharedAttempt(Consumer<CompletableFuture<T>> work) {
		this.work = work;
	}

	/**
	 * Creates an attempt whose work blocks.
	 * @param <T> the type of the result
	 * @param executor runs the work
	 * @param work produces the result; an exception that it throws ends the attempt, too
	 * @return the attempt, which has not begun
	 */
	public static <T> SharedAttempt<T> blocking(Executor executor, Supplier<T> work) {
		return new SharedAttempt<>((attempt) -> executor.execute(() -> complete(attempt, work)));
	}

	private static <T> void complete(CompletableFuture<T> attempt, Supplier<T> work) {
		try {
			attempt.complete(work.get());
		}
		catch (Throwable ex) {
			attempt.completeExceptionally(ex);
		}
	}

	/**
	 * Begins an attempt, unless one is on its way or has succeeded.
	 * @return completes at the end of the attempt
	 */
	public CompletableFuture<T> get() {
		CompletableFuture<T> known = this.current.get();
		if (known != null && !known.isCompletedExceptionally()) {
			return known;
		}
		CompletableFuture<T> attempt = new CompletableFuture<>();
		if (!this.current.compareAndSet(known, attempt)) {
			return get();
		}
		try {
			this.work.accept(attempt);
		}
		catch (RuntimeException ex) {
			attempt.completeExceptionally(ex);
		}
		return attempt;
	}

	/**
	 * Returns the result, if there is one already.
	 * @return the result, {@code null} if no attempt has succeeded yet
	 */
	public @Nullable T result() {
		CompletableFuture<T> known = this.current.get();
		return (known != null && known.isDone() && !known.isCompletedExceptionally()) ? known.join() : null;
	}

}
