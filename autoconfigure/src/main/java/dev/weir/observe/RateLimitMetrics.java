package dev.weir.observe;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitListener;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.Settlement;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Counts the decisions of rate limits, per policy. {@code docs/metrics.md} lists the
 * meters. No tag contains a key or data of a user.
 */
public final class RateLimitMetrics implements RateLimitListener {

	static final String DECISIONS = "weir.rate.limit.decisions";

	static final String NEAR = "weir.rate.limit.near";

	static final String TOKENS = "weir.rate.limit.tokens";

	static final String SETTLEMENTS = "weir.rate.limit.settlements";

	static final String WAIT = "weir.rate.limit.wait";

	static final String PAUSES = "weir.rate.limit.pauses";

	/**
	 * A bucket is near its limit if it holds less than one tenth of its burst.
	 */
	private static final int NEAR_PART = 10;

	private static final Outcome UNAVAILABLE = new Outcome("unavailable", Decision.Source.NOBODY);

	private final PolicyTags<Meters> meters;

	/**
	 * Creates metrics.
	 * @param registry the registry of the meters
	 */
	public RateLimitMetrics(MeterRegistry registry) {
		this.meters = new PolicyTags<>((policy) -> new Meters(registry, policy));
	}

	/**
	 * Returns the meter for the difference between the clocks of Redis and of this
	 * instance.
	 * @param limiter the rate limiter
	 * @return the binder that registers the meter
	 */
	public static MeterBinder clockSkew(RateLimiter limiter) {
		return (registry) -> Gauge
			.builder("weir.redis.clock.skew", limiter, (current) -> current.clockSkew().toMillis() / 1000d)
			.baseUnit("seconds")
			.description("By how much the clock of Redis is ahead of the clock of this instance")
			.register(registry);
	}

	@Override
	public void decided(Decisions decisions) {
		boolean taken = decisions.isAllowed();
		for (Decision decision : decisions.all()) {
			Meters of = this.meters.of(decision.policy());
			of.count(new Outcome(outcome(decision, taken), decision.source()));
			if (taken && isNear(decision)) {
				of.near.increment();
			}
			if (taken && !decision.due().isZero()) {
				of.waited(decision.due());
			}
		}
	}

	@Override
	public void unavailable(List<Charge> charges) {
		charges.forEach((charge) -> this.meters.of(charge.policy()).count(UNAVAILABLE));
	}

	@Override
	public void deniedByPause(Decisions decisions) {
		decisions.denials()
			.forEach((denial) -> this.meters.of(denial.policy()).count(new Outcome("paused", denial.source())));
	}

	@Override
	public void paused(String policy, Duration length) {
		this.meters.of(policy).paused(length);
	}

	@Override
	public void settled(Settlement settlement) {
		this.meters.of(settlement.policy()).settled(settlement);
	}

	private static boolean isNear(Decision decision) {
		return decision.allowed() && decision.source() != Decision.Source.NOBODY
				&& decision.remaining() < decision.limit().burst() / (double) NEAR_PART;
	}

	private static String outcome(Decision decision, boolean taken) {
		if (decision.allowed()) {
			// If another limit denies the call, no token is taken from this one.
			return taken ? "allowed" : "not-taken";
		}
		return decision.shadow() ? "shadow-denied" : "denied";
	}

	/**
	 * The meters of one policy.
	 */
	private static final class Meters {

		private final MeterRegistry registry;

		private final String policy;

		private final Counter near;

		/** Kept here, because the look-up in a registry takes longer. */
		private final ConcurrentMap<Outcome, Counter> decisions = new ConcurrentHashMap<>();

		Meters(MeterRegistry registry, String policy) {
			this.registry = registry;
			this.policy = policy;
			this.near = Counter.builder(NEAR)
				.description("Allowed decisions that left less than a tenth of the bucket")
				.tag("policy", policy)
				.register(registry);
		}

		void count(Outcome outcome) {
			this.decisions.computeIfAbsent(outcome, this::decisionsOf).increment();
		}

		void settled(Settlement settlement) {
			Counter.builder(SETTLEMENTS)
				.description("Settlements of reservations")
				.tag("policy", this.policy)
				.tag("outcome", PolicyTags.text(settlement.outcome()))
				.register(this.registry)
				.increment();
			count("reserved", settlement.reserved());
			count("used", settlement.used());
			count("given-back", Math.max(0, settlement.given()));
			count("debt", Math.max(0, -settlement.given()));
			count("dropped", settlement.dropped());
		}

		private void count(String kind, long tokens) {
			if (tokens > 0) {
				Counter.builder(TOKENS)
					.description("Tokens of settled reservations")
					.tag("policy", this.policy)
					.tag("kind", kind)
					.register(this.registry)
					.increment(tokens);
			}
		}

		void waited(Duration due) {
			Timer.builder(WAIT)
				.description("Time that calls wait for tokens of the near future")
				.tag("policy", this.policy)
				.register(this.registry)
				.record(due);
		}

		void paused(Duration length) {
			Timer.builder(PAUSES)
				.description("Pauses that this instance has set, and their lengths")
				.tag("policy", this.policy)
				.register(this.registry)
				.record(length);
		}

		private Counter decisionsOf(Outcome outcome) {
			return Counter.builder(DECISIONS)
				.description("Decisions of rate limits")
				.tag("policy", this.policy)
				.tag("outcome", outcome.text())
				.tag("source", PolicyTags.text(outcome.source()))
				.register(this.registry);
		}

	}

	/**
	 * Decisions that are counted together.
	 *
	 * @param text the outcome of the decisions
	 * @param source the source of the decisions
	 */
	private record Outcome(String text, Decision.Source source) {

	}

}
