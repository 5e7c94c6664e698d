package dev.weir.observe;

import java.util.List;
import java.util.Locale;

import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Counts what rate limits have decided, per policy. What the meters are is listed in
 * {@code docs/metrics.md}. No tag holds a key or anything of a user.
 */
public final class RateLimitMetrics implements RateLimitListener {

	static final String DECISIONS = "weir.rate.limit.decisions";

	static final String NEAR = "weir.rate.limit.near";

	/** Below this part of the burst a bucket is near its limit. */
	private static final int NEAR_PART = 10;

	private final MeterRegistry registry;

	private final PolicyTags<Meters> meters;

	/**
	 * Creates metrics.
	 * @param registry where they are kept
	 */
	public RateLimitMetrics(MeterRegistry registry) {
		this.registry = registry;
		this.meters = new PolicyTags<>((policy) -> new Meters(policy, nearOf(policy)));
	}

	@Override
	public void decided(Decisions decisions) {
		boolean taken = decisions.isAllowed();
		for (Decision decision : decisions.all()) {
			Meters of = this.meters.of(decision.policy());
			count(of, outcome(decision, taken), decision.source().name().toLowerCase(Locale.ROOT));
			if (taken && isNear(decision)) {
				of.near().increment();
			}
		}
	}

	@Override
	public void unavailable(List<Charge> charges) {
		charges.forEach((charge) -> count(this.meters.of(charge.policy()), "unavailable", "nobody"));
	}

	private void count(Meters of, String outcome, String source) {
		Counter.builder(DECISIONS)
			.description("Decisions of rate limits")
			.tag("policy", of.policy())
			.tag("outcome", outcome)
			.tag("source", source)
			.register(this.registry)
			.increment();
	}

	private Counter nearOf(String policy) {
		return Counter.builder(NEAR)
			.description("Allowed decisions that left less than a tenth of the bucket")
			.tag("policy", policy)
			.register(this.registry);
	}

	private static boolean isNear(Decision decision) {
		return decision.allowed() && decision.source() != Decision.Source.NOBODY
				&& decision.remaining() < decision.limit().burst() / (double) NEAR_PART;
	}

	private static String outcome(Decision decision, boolean taken) {
		if (decision.allowed()) {
			// If another limit denies the call, nothing is taken from this one.
			return taken ? "allowed" : "not-taken";
		}
		return decision.shadow() ? "shadow-denied" : "denied";
	}

	/**
	 * What is known of one policy.
	 *
	 * @param policy its name, as a tag
	 * @param near counts calls that came near its limit
	 */
	private record Meters(String policy, Counter near) {

	}

}
