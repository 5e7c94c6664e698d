package dev.weir.observe;

import java.time.Duration;
import java.util.List;

import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.Settlement;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RateLimitMetrics}.
 */
class RateLimitMetricsTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final RateLimitMetrics metrics = new RateLimitMetrics(this.registry);

	@Test
	void countsAnAllowedDecisionAsNotTakenIfAnotherLimitDenies() {
		this.metrics.decided(new Decisions(List.of(decision("minute", true), decision("day", false))));
		assertThat(count("minute", "not-taken")).isEqualTo(1);
		assertThat(count("day", "denied")).isEqualTo(1);
		assertThat(this.registry.find(RateLimitMetrics.DECISIONS).tag("outcome", "allowed").counters()).isEmpty();
		assertThat(this.registry.get(RateLimitMetrics.NEAR).tag("policy", "minute").counter().count()).isZero();
		this.metrics.decided(new Decisions(List.of(decision("minute", true))));
		assertThat(count("minute", "allowed")).isEqualTo(1);
		assertThat(this.registry.get(RateLimitMetrics.NEAR).tag("policy", "minute").counter().count()).isEqualTo(1);
	}

	@Test
	void countsTheTokensOfSettlements() {
		this.metrics.settled(new Settlement("tokens", 100, 30, 70, 0, Settlement.Outcome.SETTLED));
		this.metrics.settled(new Settlement("tokens", 100, 350, -200, 50, Settlement.Outcome.SETTLED));
		assertThat(tokens("reserved")).isEqualTo(200);
		assertThat(tokens("used")).isEqualTo(380);
		assertThat(tokens("given-back")).isEqualTo(70);
		assertThat(tokens("debt")).isEqualTo(200);
		assertThat(tokens("dropped")).isEqualTo(50);
	}

	private double tokens(String kind) {
		return this.registry.get(RateLimitMetrics.TOKENS).tag("policy", "tokens").tag("kind", kind).counter().count();
	}

	private double count(String policy, String outcome) {
		return this.registry.get(RateLimitMetrics.DECISIONS)
			.tag("policy", policy)
			.tag("outcome", outcome)
			.counter()
			.count();
	}

	private static Decision decision(String policy, boolean allowed) {
		return new Decision(policy, RateLimit.of(10, Duration.ofMinutes(1)), 1, allowed, 0, Duration.ZERO,
				Duration.ZERO, false, Decision.Source.SHARED);
	}

}
