package dev.weir.core;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * Calls, awaits and unwraps stages.
 */
public final class Stages {

	private Stages() {
	}

	/**
	 * Calls code that returns a stage. An exception or error that the code throws becomes
	 * the failure of the stage, so callers handle failures in one place.
	 * @param <T> the type of the result
	 * @param code the code
	 * @return its stage, or a failed one
	 */
	public static <T> CompletionStage<T> call(Supplier<? extends CompletionStage<T>> code) {
		try {
			return code.get();
		}
		catch (Throwable ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * Completes a future as a stage has completed.
	 * @param <T> the type of the result
	 * @param future the future
	 * @param result the result of the stage
	 * @param failure the failure of the stage, {@code null} if it has none
	 * @return whether the future was not complete before
	 */
	public static <T extends @Nullable Object> boolean complete(CompletableFuture<T> future, T result,
			@Nullable Throwable failure) {
		return (failure != null) ? future.completeExceptionally(failure) : future.complete(result);
	}

	/**
	 * Waits for a stage that always completes in time. An interrupt does not end the
	 * wait, because the work behind the stage may be done already.
	 * @param <T> the type of the result
	 * @param stage the stage
	 * @return its result
	 * @throws RuntimeException if the stage failed with it
	 */
	public static <T extends @Nullable Object> T await(CompletionStage<T> stage) {
		try {
			return stage.toCompletableFuture().join();
		}
		catch (CompletionException ex) {
			if (unwrap(ex) instanceof RuntimeException failure) {
				throw failure;
			}
			throw ex;
		}
	}

	/**
	 * Unwraps the exceptions in which stages and futures wrap failures.
	 * @param failure the failure
	 * @return the original failure
	 */
	public static Throwable unwrap(Throwable failure) {
		boolean wrapper = failure instanceof CompletionException || failure instanceof ExecutionException;
		Throwable cause = failure.getCause();
		return (wrapper && cause != null) ? unwrap(cause) : failure;
	}

}
