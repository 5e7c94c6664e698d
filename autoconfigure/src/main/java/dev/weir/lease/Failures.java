package dev.weir.lease;

import dev.weir.core.Stages;

/**
 * Tells a store that gave no answer from a store that was used wrongly.
 */
final class Failures {

	private Failures() {
	}

	static Throwable of(LeaseRequest request, Throwable failure) {
		Throwable unwrapped = Stages.unwrap(failure);
		return (unwrapped instanceof StoreUnavailableException) ? new LeaseUnavailableException(request, unwrapped)
				: unwrapped;
	}

}
