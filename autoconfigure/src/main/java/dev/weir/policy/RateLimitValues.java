package dev.weir.policy;

import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;

import dev.weir.core.OnUnavailable;
import dev.weir.policy.Resolved.Source;
import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * The values in force of one rate limit policy.
 *
 * @param enabled whether calls are charged at all
 * @param limit the number of tokens that are added per window, {@code null} if the limit
 * is missing, or if an expression returns it for each call
 * @param window the time in which the tokens are added
 * @param burst the number of tokens that the bucket holds, {@code null} if the burst
 * equals the limit
 * @param cost the number of tokens that a call takes
 * @param onUnavailable the behaviour when Redis does not answer
 * @param shadow whether denials are only counted and reported
 * @param zone the time zone whose midnight begins a quota anew
 * @param waitTime how long a call may wait for its tokens
 */
public record RateLimitValues(Resolved<Boolean> enabled, Resolved<@Nullable Long> limit, Resolved<RateWindow> window,
		Resolved<@Nullable Long> burst, Resolved<Long> cost, Resolved<OnUnavailable> onUnavailable,
		Resolved<Boolean> shadow, Resolved<ZoneId> zone, Resolved<Duration> waitTime) {

	/**
	 * Resolves all attributes.
	 * @param layers the layers that can set the attributes
	 * @return the values
	 */
	static RateLimitValues resolve(PolicyLayers<RateLimitAttributes> layers) {
		return new RateLimitValues(layers.resolve(RateLimitAttributes::enabled, true),
				layers.resolve(RateLimitAttributes::tokens),
				layers.resolve(RateLimitAttributes::effectiveWindow, RateWindow.of(Duration.ofMinutes(1))),
				layers.resolve(RateLimitAttributes::effectiveBurst), layers.resolve(RateLimitAttributes::cost, 1L),
				layers.resolve(RateLimitAttributes::onUnavailable, OnUnavailable.LOCAL),
				layers.resolve(RateLimitAttributes::shadow, false),
				layers.resolve(RateLimitAttributes::zone, ZoneOffset.UTC),
				layers.resolve(RateLimitAttributes::waitTime, Duration.ZERO));
	}

	/**
	 * Returns the limit in force, 1 if it is not set.
	 * @return the limit
	 * @throws IllegalArgumentException if the values do not fit together
	 */
	RateLimit rateLimit() {
		Long tokens = this.limit.value();
		Long capacity = this.burst.value();
		long number = (tokens != null) ? tokens : 1;
		return limit(number, this.window.value(), capacity);
	}

	/**
	 * Creates a limit.
	 * @param number how many tokens are added per window
	 * @param of the window
	 * @param capacity the burst, {@code null} for the number
	 * @return the limit
	 * @throws IllegalArgumentException if the values do not fit together
	 */
	RateLimit limit(long number, RateWindow of, @Nullable Long capacity) {
		Quota quota = (of.period() != null) ? new Quota(of.period(), this.zone.value()) : null;
		return new RateLimit(number, of.duration(), (capacity != null) ? capacity : number, quota);
	}

	/**
	 * Returns the values that the properties of a policy set, by the names of their
	 * attributes.
	 * @param settings the properties, {@code null} for none
	 * @return the values
	 */
	static Map<String, Resolved<?>> byName(@Nullable RateLimitAttributes settings) {
		if (settings == null) {
			return Map.of();
		}
		Map<String, Resolved<?>> values = resolve(
				new PolicyLayers<RateLimitAttributes>().add(Source.PROPERTY, settings))
			.byName();
		// Without an annotation, the burst does not follow the limit.
		values.computeIfPresent("burst", (name, value) -> (settings.burst() != null) ? value : null);
		values.values().removeIf((value) -> value.value() == null || value.source() != Source.PROPERTY);
		return values;
	}

	/**
	 * Returns the values by the names of their attributes.
	 * @return the values
	 */
	Map<String, Resolved<?>> byName() {
		Map<String, Resolved<?>> values = new LinkedHashMap<>();
		values.put("enabled", this.enabled);
		values.put("limit", this.limit);
		values.put("burst", this.burst);
		RateWindow used = this.window.value();
		if (used.period() != null) {
			values.put("window", new Resolved<>(used.toString(), this.window.source()));
			values.put("zone", new Resolved<>(this.zone.value().toString(), this.zone.source()));
		}
		else {
			values.put("window", new Resolved<>(used.duration(), this.window.source()));
		}
		values.put("cost", this.cost);
		values.put("onUnavailable", this.onUnavailable);
		values.put("shadow", this.shadow);
		if (this.waitTime.source() != Source.DEFAULT) {
			values.put("waitTime", this.waitTime);
		}
		return values;
	}

}
