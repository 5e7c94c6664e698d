package dev.weir.transaction;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

import dev.weir.lease.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * What comes from a {@link TransactionStore}, as callers see it.
 */
final class Stages {

	private Stages() {
	}

	/**
	 * Waits, even if the thread is interrupted: the store bounds all calls.
	 * @param <T> the type of the result
	 * @param stage the stage
	 * @return its result
	 */
	static <T extends @Nullable Object> T await(CompletableFuture<T> stage) {
		try {
			return stage.join();
		}
		catch (CompletionException ex) {
			if (unwrap(ex) instanceof RuntimeException failure) {
				throw failure;
			}
			throw ex;
		}
	}

	/**
	 * Turns the failure of a call that has no effect into what callers see.
	 * @param <T> the type of the result
	 * @param stage the call
	 * @return its result
	 */
	static <T> CompletableFuture<T> translated(CompletionStage<T> stage) {
		return stage.exceptionallyCompose((failure) -> {
			Throwable cause = unwrap(failure);
			return CompletableFuture.failedFuture(
					(cause instanceof StoreUnavailableException) ? new TransactionUnavailableException(cause) : cause);
		}).toCompletableFuture();
	}

	static Throwable unwrap(Throwable failure) {
		boolean wrapper = failure instanceof CompletionException || failure instanceof ExecutionException;
		Throwable cause = failure.getCause();
		return (wrapper && cause != null) ? unwrap(cause) : failure;
	}

}
