package dev.weir.aop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;

import dev.weir.core.Log;
import dev.weir.core.Stages;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.RateLimitPolicy;
import dev.weir.policy.expression.Invocation;
import dev.weir.policy.expression.PolicyExpression;
import dev.weir.policy.result.ResultKind;
import dev.weir.ratelimit.Reservation;
import org.jspecify.annotations.Nullable;

/**
 * A call with a reservation. Settles the reservation at the end of the call, unless the
 * call has done so itself. Never fails the call. Its events come from one thread at a
 * time.
 */
final class ReservedCall {

	private static final Log logger = Log.of(ReservedCall.class);

	private final List<RateLimitPolicy> settling;

	private final Invocation invocation;

	private final Reservation reservation;

	/** The values of the last elements for which the expressions had a value. */
	private final Map<String, @Nullable Long> used = new LinkedHashMap<>();

	ReservedCall(List<RateLimitPolicy> policies, Invocation invocation, Reservation reservation) {
		this.settling = policies.stream().filter((policy) -> policy.settle() != null).toList();
		this.invocation = invocation;
		this.reservation = reservation;
	}

	Reservation reservation() {
		return this.reservation;
	}

	/**
	 * Returns whether the end of the call settles the reservation.
	 * @return whether an expression returns what was used
	 */
	boolean settlesAtEnd() {
		return !this.settling.isEmpty() && this.reservation.isPending();
	}

	/**
	 * Waits for the end of a result that is not reactive, without blocking.
	 * @param result the result of the method
	 * @return the result, watched if necessary
	 */
	@Nullable Object watch(@Nullable Object result) {
		try {
			return watchUntilEnd(result);
		}
		catch (RuntimeException ex) {
			// Such as a stage without whenComplete, or a request that is over.
			logger.debug("The end of a call is unknown", ex);
			completed();
			return result;
		}
	}

	private @Nullable Object watchUntilEnd(@Nullable Object result) {
		if (result instanceof CompletionStage<?> stage) {
			stage.whenComplete(this::ended);
			return result;
		}
		if (ResultKind.ofValue(result) != ResultKind.REQUEST) {
			ended(result, null);
			return result;
		}
		LeaseTemplate.Ending<Object> ending = ResultKind.endingOf(Objects.requireNonNull(result),
				() -> GuardedMethods.location(this.invocation.getMethod()));
		Objects.requireNonNull(ending.end()).whenComplete((over, failure) -> ended(result, null));
		return ending.result();
	}

	private void ended(@Nullable Object result, @Nullable Throwable failure) {
		if (failure != null) {
			failed(Stages.unwrap(failure));
			return;
		}
		element(result);
		completed();
	}

	/**
	 * Evaluates the expressions for an element of the result.
	 * @param element the element
	 */
	void element(@Nullable Object element) {
		for (RateLimitPolicy policy : this.settling) {
			PolicyExpression settle = policy.settle();
			Long value = (settle != null) ? settle.numberOf(this.invocation, element) : null;
			if (value != null) {
				this.used.put(policy.name(), value);
			}
		}
	}

	/**
	 * Settles all limits. The estimates of those without a value stay.
	 */
	void completed() {
		this.settling.forEach((policy) -> this.used.putIfAbsent(policy.name(), null));
		settle();
	}

	/**
	 * Settles the limits of a failed call: with the last value, if there is one.
	 * @param failure the failure
	 */
	void failed(Throwable failure) {
		if (failure instanceof CancellationException) {
			cancelled();
			return;
		}
		this.settling.stream()
			.filter((policy) -> !policy.keepsEstimateOfFailedCalls())
			.forEach((policy) -> this.used.putIfAbsent(policy.name(), 0L));
		settle();
	}

	/**
	 * Settles the limits that have a value. Work that is cancelled has used tokens, so
	 * the other estimates stay.
	 */
	void cancelled() {
		settle();
	}

	// Without a number, the call itself may still settle its reservation.
	private void settle() {
		if (!this.used.isEmpty()) {
			this.reservation.settleIfPending(this.used);
		}
	}

}
