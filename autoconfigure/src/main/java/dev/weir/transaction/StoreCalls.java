package dev.weir.transaction;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.weir.core.Stages;
import dev.weir.lease.StoreUnavailableException;

/**
 * Calls of a {@link TransactionStore} that have no effect, as callers see them.
 */
final class StoreCalls {

	private StoreCalls() {
	}

	/**
	 * Turns the failure of a call that has no effect into what callers see.
	 * @param <T> the type of the result
	 * @param stage the call
	 * @return its result
	 */
	static <T> CompletableFuture<T> translated(CompletionStage<T> stage) {
		return stage.exceptionallyCompose((failure) -> {
			Throwable cause = Stages.unwrap(failure);
			return CompletableFuture.failedFuture(
					(cause instanceof StoreUnavailableException) ? new TransactionUnavailableException(cause) : cause);
		}).toCompletableFuture();
	}

}
