package dev.weir.policy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

import dev.weir.core.Stages;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.Reservation;

/**
 * Charges rate limits for code, with the policies that result from properties,
 * annotations and code. Thread-safe.
 */
public final class PolicyRateLimitOperations implements RateLimitOperations {

	private static final Duration LONGEST_WAIT = Duration.ofDays(1);

	private static final Duration LONGEST_PAUSE = Duration.ofDays(365);

	private final RateLimiter limiter;

	private final RateLimitPolicies policies;

	private final Executor executor;

	/**
	 * Creates the operations.
	 * @param limiter the limiter that decides
	 * @param policies the policies
	 * @param executor the executor that completes asynchronous calls, on threads that may
	 * block
	 */
	public PolicyRateLimitOperations(RateLimiter limiter, RateLimitPolicies policies, Executor executor) {
		this.limiter = limiter;
		this.policies = policies;
		this.executor = executor;
	}

	@Override
	public Decision tryConsume(RateLimitSpec spec) {
		return tryConsumeAll(List.of(spec)).all().get(0);
	}

	@Override
	public Decisions tryConsumeAll(List<RateLimitSpec> specs) {
		return Stages.await(consume(specs));
	}

	@Override
	public Decision peek(RateLimitSpec spec) {
		return Stages.await(look(spec));
	}

	@Override
	public void refund(RateLimitSpec spec) {
		Stages.await(giveBack(spec));
	}

	@Override
	public void reset(RateLimitSpec spec) {
		Stages.await(fill(spec));
	}

	@Override
	public CompletableFuture<Decision> tryConsumeAsync(RateLimitSpec spec) {
		return elsewhere(consume(List.of(spec)).thenApply((decisions) -> decisions.all().get(0)));
	}

	@Override
	public CompletableFuture<Decisions> tryConsumeAllAsync(List<RateLimitSpec> specs) {
		return elsewhere(consume(specs));
	}

	@Override
	public CompletableFuture<Decision> peekAsync(RateLimitSpec spec) {
		return elsewhere(look(spec));
	}

	@Override
	public CompletableFuture<Void> refundAsync(RateLimitSpec spec) {
		return elsewhere(giveBack(spec));
	}

	@Override
	public CompletableFuture<Void> resetAsync(RateLimitSpec spec) {
		return elsewhere(fill(spec));
	}

	@Override
	public Reservation reserve(List<RateLimitSpec> specs) {
		return orExceeded(Stages.await(this.limiter.reserve(estimates(specs))));
	}

	@Override
	public CompletableFuture<Reservation> reserveAsync(List<RateLimitSpec> specs) {
		return takeElsewhere(estimates(specs));
	}

	private List<Charge> estimates(List<RateLimitSpec> specs) {
		if (specs.stream().noneMatch(RateLimitSpec::estimate)) {
			throw new IllegalArgumentException("A reservation needs an estimate: use RateLimitSpec.estimate(…) for the "
					+ "costs that are settled, or tryConsumeAll(…) if all costs are known");
		}
		return enabled(charges(specs));
	}

	@Override
	public Reservation acquire(RateLimitSpec spec, Duration waitTime) {
		return orExceeded(this.limiter.awaitReservation(waiting(spec, waitTime)));
	}

	@Override
	public CompletableFuture<Reservation> acquireAsync(RateLimitSpec spec, Duration waitTime) {
		return takeElsewhere(waiting(spec, waitTime));
	}

	private CompletableFuture<Reservation> takeElsewhere(List<Charge> charges) {
		CompletableFuture<Reservation> reserved = this.limiter.reserve(charges);
		CompletableFuture<Reservation> result = elsewhere(reserved.thenApply(PolicyRateLimitOperations::orExceeded));
		result.whenComplete((reservation, failure) -> {
			if (result.isCancelled() && !reserved.cancel(false)) {
				// The tokens were there at the same moment.
				reserved.thenAccept((taken) -> this.limiter.giveBack(charges, taken));
			}
		});
		return result;
	}

	@Override
	public void pause(RateLimitSpec spec, Duration length) {
		Stages.await(stop(spec, length));
	}

	@Override
	public CompletableFuture<Void> pauseAsync(RateLimitSpec spec, Duration length) {
		return elsewhere(stop(spec, length));
	}

	private CompletableFuture<Void> stop(RateLimitSpec spec, Duration length) {
		if (length.isNegative() || length.compareTo(LONGEST_PAUSE) > 0) {
			throw new IllegalArgumentException(
					"The pause of '" + spec.name() + "' must be between 0 and 365 days, not " + length);
		}
		return this.limiter.pause(this.policies.charge(spec), length);
	}

	private List<Charge> waiting(RateLimitSpec spec, Duration waitTime) {
		if (waitTime.isNegative() || waitTime.compareTo(LONGEST_WAIT) > 0) {
			throw new IllegalArgumentException(
					"The wait time for '" + spec.name() + "' must be between 0 and 1 day, not " + waitTime);
		}
		return enabled(List.of(this.policies.charge(spec).withWaitTime(waitTime)));
	}

	private static Reservation orExceeded(Reservation reservation) {
		if (!reservation.decisions().isAllowed()) {
			throw new RateLimitExceededException(reservation.decisions());
		}
		return reservation;
	}

	private List<Charge> charges(List<RateLimitSpec> specs) {
		return specs.stream().map(this.policies::charge).toList();
	}

	private List<Charge> enabled(List<Charge> all) {
		return all.stream().filter((charge) -> this.policies.isEnabled(charge.policy())).toList();
	}

	private CompletableFuture<Decisions> consume(List<RateLimitSpec> specs) {
		List<Charge> all = charges(specs);
		List<Charge> charged = enabled(all);
		CompletableFuture<Decisions> decided = this.limiter.tryConsume(charged);
		return (charged.size() == all.size()) ? decided
				: decided.thenApply((decisions) -> withFree(all, charged, decisions));
	}

	private static Decisions withFree(List<Charge> all, List<Charge> charged, Decisions decided) {
		List<Decision> decisions = new ArrayList<>();
		int next = 0;
		for (Charge charge : all) {
			decisions.add(charged.contains(charge) ? decided.all().get(next++) : Decision.open(charge));
		}
		return new Decisions(decisions);
	}

	private CompletableFuture<Decision> look(RateLimitSpec spec) {
		Charge charge = this.policies.charge(spec);
		return this.policies.isEnabled(spec.name())
				? this.limiter.peek(List.of(charge)).thenApply((decisions) -> decisions.all().get(0))
				: CompletableFuture.completedFuture(Decision.open(charge));
	}

	private CompletableFuture<Void> giveBack(RateLimitSpec spec) {
		Charge charge = this.policies.charge(spec);
		return this.policies.isEnabled(charge.policy()) ? this.limiter.refund(List.of(charge))
				: CompletableFuture.completedFuture(null);
	}

	private CompletableFuture<Void> fill(RateLimitSpec spec) {
		return this.limiter.reset(this.policies.charge(spec));
	}

	private <T> CompletableFuture<T> elsewhere(CompletableFuture<T> answer) {
		return answer.whenCompleteAsync((value, failure) -> {
		}, this.executor);
	}

}
