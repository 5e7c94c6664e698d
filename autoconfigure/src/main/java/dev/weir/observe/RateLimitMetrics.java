package dev.weir.observe;

import java.util.List;
import java.util.Locale;

import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/**
 * Counts what rate limits have decided, per policy: {@code weir.rate.limit.decisions}
 * with the tags {@code policy}, {@code outcome} ({@code allowed}, {@code denied},
 * {@code shadow-denied}, {@code unavailable}) and {@code source} ({@code shared},
 * {@code local}, {@code nobody}). No tag holds anything of a user.
 */
public final class RateLimitMetrics implements RateLimitListener {

	static final String DECISIONS = "weir.rate.limit.decisions";

	private final MeterRegistry registry;

	/**
	 * Creates metrics.
	 * @param registry where they are kept
	 */
	public RateLimitMetrics(MeterRegistry registry) {
		this.registry = registry;
	}

	@Override
	public void decided(Decisions decisions) {
		decisions.all()
			.forEach((decision) -> count(decision.policy(), outcome(decision),
					decision.source().name().toLowerCase(Locale.ROOT)));
	}

	@Override
	public void unavailable(List<Charge> charges) {
		charges.forEach((charge) -> count(charge.policy(), "unavailable", "nobody"));
	}

	private void count(String policy, String outcome, String source) {
		this.registry.counter(DECISIONS, Tags.of("policy", policy, "outcome", outcome, "source", source)).increment();
	}

	private static String outcome(Decision decision) {
		if (decision.allowed()) {
			return "allowed";
		}
		return decision.shadow() ? "shadow-denied" : "denied";
	}

}
