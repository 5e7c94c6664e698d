package dev.weir.test;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Lets calls of a store fail while Redis is said to be away. Thread-safe.
 */
final class FailingSwitch {

	private volatile boolean failing;

	void fail(boolean failing) {
		this.failing = failing;
	}

	<T> CompletionStage<T> unlessFailing(Supplier<CompletionStage<T>> call,
			Function<String, RuntimeException> failure) {
		return this.failing ? CompletableFuture.failedFuture(failure.apply("The test lets Redis fail")) : call.get();
	}

}
