package dev.weir.outgoing;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToLongFunction;

import dev.weir.core.Log;
import dev.weir.policy.RateLimitAttributes;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.Reservation;
import org.jspecify.annotations.Nullable;

/**
 * The policy of the calls of one interceptor or filter. Thread-safe.
 */
final class OutgoingPolicy {

	private static final Duration LONGEST_WAIT = Duration.ofDays(1);

	private static final Log logger = Log.of(OutgoingPolicy.class);

	private final OutgoingPolicies policies;

	private final OutgoingLimit limit;

	private final Function<OutgoingRequest, @Nullable String> key;

	private final @Nullable ToLongFunction<OutgoingRequest> cost;

	private final @Nullable BiFunction<OutgoingRequest, OutgoingResponse, @Nullable Long> used;

	private final Set<String> reported = ConcurrentHashMap.newKeySet();

	OutgoingPolicy(OutgoingPolicies policies, OutgoingLimit limit, Function<OutgoingRequest, @Nullable String> key,
			@Nullable ToLongFunction<OutgoingRequest> cost,
			@Nullable BiFunction<OutgoingRequest, OutgoingResponse, @Nullable Long> used) {
		this.policies = policies;
		this.limit = limit;
		this.key = key;
		this.cost = cost;
		this.used = used;
	}

	/**
	 * Checks that the values of the policy fit together.
	 * @throws IllegalArgumentException if they do not
	 */
	void check() {
		String name = this.limit.spec().name();
		Charge charge = this.policies.policies().charge(this.limit.spec());
		Duration waitTime = waitTime();
		if (waitTime.isNegative() || waitTime.compareTo(LONGEST_WAIT) > 0) {
			throw new IllegalArgumentException("The wait time of the outgoing rate limit '" + name
					+ "' must be between 0 and 1 day, not " + waitTime);
		}
		if (!waitTime.isZero() && charge.limit().quota() != null) {
			throw new IllegalArgumentException("No call of the outgoing rate limit '" + name + "' waits for the next "
					+ charge.limit().quota().period()
					+ ". Remove the wait time, and set it at a limit with a duration as window");
		}
		if (this.used != null && this.cost == null && fixedCost() == 1) {
			throw new IllegalArgumentException("The outgoing rate limit '" + name
					+ "' has no estimate to settle. Set the option cost or costExpression to the number of tokens that "
					+ "a call is expected to use");
		}
	}

	/**
	 * Returns the charges of a call.
	 * @param request the request
	 * @return the charge, none if a property disables the policy
	 * @throws IllegalArgumentException if the cost is negative
	 */
	List<Charge> charges(OutgoingRequest request) {
		RateLimitSpec spec = this.limit.spec();
		if (!this.policies.policies().isEnabled(spec.name())) {
			return List.of();
		}
		String value = this.key.apply(request);
		if (value != null) {
			spec = spec.key(value);
		}
		boolean estimated = this.used != null || this.cost != null;
		long tokens = (this.cost != null) ? this.cost.applyAsLong(request) : fixedCost();
		spec = estimated ? spec.estimate(tokens) : spec.cost(tokens);
		return List.of(this.policies.policies().charge(spec).withWaitTime(waitTime()));
	}

	private long fixedCost() {
		RateLimitAttributes settings = settings();
		Long configured = (settings != null) ? settings.cost() : null;
		return (configured != null) ? configured : this.limit.spec().cost();
	}

	private Duration waitTime() {
		RateLimitAttributes settings = settings();
		Duration configured = (settings != null) ? settings.waitTime() : null;
		return (configured != null) ? configured : this.limit.waitTime();
	}

	private @Nullable RateLimitAttributes settings() {
		return this.policies.policies().settingsOf(this.limit.spec().name());
	}

	RateLimiter limiter() {
		return this.policies.limiter();
	}

	Duration maxPause() {
		return this.policies.maxPause();
	}

	/**
	 * Begins a call.
	 * @param request the request
	 * @param charges its charges
	 * @param reservation its reservation
	 * @return the call
	 * @throws RateLimitExceededException if the call is denied
	 */
	OutgoingCall begin(OutgoingRequest request, List<Charge> charges, Reservation reservation) {
		if (!reservation.decisions().isAllowed()) {
			throw new RateLimitExceededException(reservation.decisions());
		}
		return new OutgoingCall(this, request, charges, reservation);
	}

	boolean settles() {
		return this.used != null;
	}

	boolean keepsEstimateOfFailedCalls() {
		return this.limit.settleOnError();
	}

	/**
	 * Returns how many tokens a call has used.
	 * @param request the request
	 * @param response the response
	 * @return the number, {@code null} if it is unknown
	 */
	@Nullable Long used(OutgoingRequest request, OutgoingResponse response) {
		try {
			return (this.used != null) ? this.used.apply(request, response) : null;
		}
		catch (RuntimeException ex) {
			logger.debug("The settlement of an outgoing call has no value", ex);
			return null;
		}
	}

	/**
	 * Logs a problem once for each policy.
	 * @param problem the kind of the problem
	 * @param detail what happened
	 */
	void reportOnce(String problem, @Nullable String detail) {
		if (this.reported.add(problem)) {
			logger.warn("{} in a call of the outgoing rate limit '{}': {}. This is logged once for each rate limit.",
					problem, this.limit.spec().name(), detail);
		}
	}

}
