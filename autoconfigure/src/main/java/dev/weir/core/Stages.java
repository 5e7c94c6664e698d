package dev.weir.core;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

import org.jspecify.annotations.Nullable;

/**
 * What stages do with failures, undone.
 */
public final class Stages {

	private Stages() {
	}

	/**
	 * Waits for a stage that always completes in time. An interrupt does not end the
	 * wait, since what is waited for may be done already.
	 * @param <T> the type of the result
	 * @param stage the stage
	 * @return what it completed with
	 * @throws RuntimeException what it failed with
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
	 * Takes off what stages wrap failures in.
	 * @param failure the failure
	 * @return what has failed
	 */
	public static Throwable unwrap(Throwable failure) {
		boolean wrapper = failure instanceof CompletionException || failure instanceof ExecutionException;
		Throwable cause = failure.getCause();
		return (wrapper && cause != null) ? unwrap(cause) : failure;
	}

}
