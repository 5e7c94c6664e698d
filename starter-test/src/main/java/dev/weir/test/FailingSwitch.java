package dev.weir.test;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Makes calls of a store fail while the test simulates an outage of Redis. Thread-safe.
 */
final class FailingSwitch {

	private volatile boolean failing;

	void fail(boolean failing) {
		this.failing = failing;
	}

	<T> CompletionStage<T> unlessFailing(Supplier<CompletionStage<T>> call,
			Function<String, RuntimeException> failure) {
		return this.failing ? CompletableFuture.failedFuture(failure.apply("The test makes Redis fail")) : call.get();
	}

}
