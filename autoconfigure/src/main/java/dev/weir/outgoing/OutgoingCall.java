package dev.weir.outgoing;

import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import dev.weir.core.Stages;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Reservation;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;

/**
 * One call to another service that has its tokens. Pauses the bucket if the response asks
 * for it, and settles the reservation at the end. Never fails the call. Thread-safe.
 */
final class OutgoingCall {

	private final OutgoingPolicy policy;

	private final OutgoingRequest request;

	private final List<Charge> charges;

	private final Reservation reservation;

	OutgoingCall(OutgoingPolicy policy, OutgoingRequest request, List<Charge> charges, Reservation reservation) {
		this.policy = policy;
		this.request = request;
		this.charges = charges;
		this.reservation = reservation;
	}

	/**
	 * Pauses the bucket of the call if the response asks for it, and settles a call whose
	 * status is an error.
	 * @param status the status of the response
	 * @param headers the headers of the response
	 * @return completes when the bucket is paused, within the timeout of the store; never
	 * fails
	 */
	CompletableFuture<?> answered(HttpStatusCode status, HttpHeaders headers) {
		if (status.isError()) {
			failed();
		}
		Duration pause = pause(status, headers);
		if (pause.isZero()) {
			return CompletableFuture.completedFuture(null);
		}
		return Stages.call(() -> this.policy.limiter().pause(this.charges.get(0), pause))
			.toCompletableFuture()
			.exceptionally((failure) -> {
				this.policy.reportOnce("A pause does not hold in all instances", Stages.unwrap(failure).getMessage());
				return null;
			});
	}

	private Duration pause(HttpStatusCode status, HttpHeaders headers) {
		String value = headers.getFirst(HttpHeaders.RETRY_AFTER);
		boolean asks = status.isSameCodeAs(HttpStatus.TOO_MANY_REQUESTS)
				|| status.isSameCodeAs(HttpStatus.SERVICE_UNAVAILABLE);
		if (!asks || value == null) {
			return Duration.ZERO;
		}
		Duration pause = RetryAfterHeader.parse(value, headers.getFirst(HttpHeaders.DATE), Clock.systemUTC());
		if (pause == null) {
			this.policy.reportOnce("A response has an invalid Retry-After header", value);
			return Duration.ZERO;
		}
		return (pause.compareTo(this.policy.maxPause()) < 0) ? pause : this.policy.maxPause();
	}

	/**
	 * Returns whether the end of the response settles the reservation.
	 * @return whether the body is needed
	 */
	boolean settlesAtEnd() {
		return this.policy.settles() && this.reservation.isPending();
	}

	/**
	 * Settles the reservation at the end of the response.
	 * @param status the status
	 * @param headers the headers
	 * @param body what the caller has read of the body, {@code null} if it was longer
	 * than Weir copies
	 */
	void ended(HttpStatusCode status, HttpHeaders headers, byte @Nullable [] body) {
		if (body == null) {
			this.policy.reportOnce("A reservation is not settled",
					"the body of the response has more than " + BodyCopy.MAX_BYTES + " bytes");
		}
		Long used = (body != null) ? this.policy.used(this.request, new OutgoingResponse(status, headers, body)) : null;
		this.reservation.settleIfPending(Collections.singletonMap(policyName(), used));
	}

	/**
	 * Settles the reservation of a call that has failed.
	 */
	void failed() {
		if (this.policy.settles()) {
			this.reservation
				.settleIfPending(this.policy.keepsEstimateOfFailedCalls() ? Map.of() : Map.of(policyName(), 0L));
		}
	}

	private String policyName() {
		return this.charges.get(0).policy();
	}

}
