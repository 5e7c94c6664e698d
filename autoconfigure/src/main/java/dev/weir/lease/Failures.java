package dev.weir.lease;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * Tells a store that gave no answer from a store that was used wrongly.
 */
final class Failures {

	private Failures() {
	}

	static Throwable unwrap(Throwable failure) {
		Throwable cause = failure.getCause();
		boolean wrapper = failure instanceof CompletionException || failure instanceof ExecutionException;
		return (wrapper && cause != null) ? unwrap(cause) : failure;
	}

	static Throwable of(LeaseRequest request, Throwable failure) {
		Throwable unwrapped = unwrap(failure);
		return (unwrapped instanceof StoreUnavailableException) ? new LeaseUnavailableException(request, unwrapped)
				: unwrapped;
	}

}
