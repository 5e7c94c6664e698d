package dev.weir.redis.lettuce;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * Makes calls that need {@code ASKING} one after the other. Two of them at the same time
 * could be written as {@code ASKING}, {@code ASKING}, call, call, and Redis would
 * redirect the second call back. Thread-safe.
 */
final class Turns {

	private CompletionStage<@Nullable Void> last = CompletableFuture.completedFuture(null);

	/**
	 * Makes a call when all earlier ones have ended.
	 * @param call makes the call, and completes when it has ended, without a failure
	 */
	synchronized void take(Supplier<CompletionStage<@Nullable Void>> call) {
		this.last = this.last.thenCompose((ended) -> call.get());
	}

}
