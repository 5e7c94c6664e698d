package dev.weir.policy;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseAttributes;
import dev.weir.lease.OnBusy;
import dev.weir.lease.OnLost;
import dev.weir.policy.Resolved.Source;
import org.jspecify.annotations.Nullable;

/**
 * The values in force of one lock or semaphore policy.
 *
 * @param enabled whether calls take the lease at all
 * @param limit the maximum number of holders at a time, {@code null} for a lock, or if an
 * expression returns the limit for each call
 * @param timeout the longest time that one holder may hold the lease, {@code null} for as
 * long as the holder runs
 * @param atLeast the time for which a lock stays taken, counted from its acquisition,
 * even if the holder ends earlier; zero for no such time
 * @param waitTime the longest time that a caller waits for the lease, zero to not wait
 * @param onUnavailable the behaviour when Redis does not answer
 * @param onLost the behaviour when the lease was lost while the call ran
 * @param onBusy the behaviour when other holders keep the lease for longer than the wait
 * time
 * @param maxWaiters the maximum number of callers of one instance that wait at the same
 * time, {@code null} if the policy does not bound it
 */
public record LeaseValues(Resolved<Boolean> enabled, Resolved<@Nullable Integer> limit,
		Resolved<@Nullable Duration> timeout, Resolved<Duration> atLeast, Resolved<Duration> waitTime,
		Resolved<OnUnavailable> onUnavailable, Resolved<OnLost> onLost, Resolved<OnBusy> onBusy,
		Resolved<@Nullable Integer> maxWaiters) {

	/**
	 * Resolves all attributes.
	 * @param settings the properties of the policy, {@code null} for none
	 * @param declared the annotation or code, {@code null} for none
	 * @param defaults the defaults of the kind of lease
	 * @return the values
	 */
	static LeaseValues resolve(@Nullable LeaseAttributes settings, @Nullable LeaseAttributes declared,
			LeaseAttributes defaults) {
		PolicyLayers<LeaseAttributes> set = new PolicyLayers<LeaseAttributes>().add(Source.PROPERTY, settings)
			.add(Source.ANNOTATION, declared);
		PolicyLayers<LeaseAttributes> all = new PolicyLayers<LeaseAttributes>().add(Source.PROPERTY, settings)
			.add(Source.ANNOTATION, declared)
			.add(Source.DEFAULT, defaults);
		Resolved<@Nullable Duration> timeout = all.resolve(LeaseAttributes::timeout);
		return new LeaseValues(all.resolve(LeaseAttributes::enabled, true), all.resolve(LeaseAttributes::limit),
				timeout, all.resolve(LeaseAttributes::atLeast, Duration.ZERO),
				waitTime(set.resolve(LeaseAttributes::waitTime), timeout, all),
				all.resolve(LeaseAttributes::onUnavailable, OnUnavailable.FAIL),
				all.resolve(LeaseAttributes::onLost, OnLost.FAIL), all.resolve(LeaseAttributes::onBusy, OnBusy.FAIL),
				all.resolve(LeaseAttributes::maxWaiters));
	}

	/**
	 * Returns the wait time. If the wait time is not set, a caller waits as long as a
	 * holder may hold the lease.
	 * @param set the wait time of the property or the annotation
	 * @param timeout the timeout
	 * @param all all layers, including the defaults
	 * @return the wait time
	 */
	private static Resolved<Duration> waitTime(Resolved<@Nullable Duration> set, Resolved<@Nullable Duration> timeout,
			PolicyLayers<LeaseAttributes> all) {
		Resolved<@Nullable Duration> first = (set.value() != null) ? set : timeout;
		Duration value = first.value();
		return (value != null) ? new Resolved<>(value, first.source())
				: all.resolve(LeaseAttributes::waitTime, Duration.ZERO);
	}

	/**
	 * Returns the values that the properties of a policy set, by the names of their
	 * attributes.
	 * @param settings the properties, {@code null} for none
	 * @return the values
	 */
	static Map<String, Resolved<?>> byName(@Nullable LeaseAttributes settings) {
		if (settings == null) {
			return Map.of();
		}
		LeaseValues resolved = resolve(settings, null, settings);
		Map<String, Resolved<?>> values = resolved.byName(resolved.limit);
		// Without an annotation, the wait time does not follow the timeout.
		values.computeIfPresent("waitTime", (name, value) -> (settings.waitTime() != null) ? value : null);
		values.values().removeIf((value) -> value.value() == null || value.source() != Source.PROPERTY);
		return values;
	}

	/**
	 * Lists the values by the names of their attributes.
	 * @param shownLimit the limit to list, with the value {@code null} for none
	 * @return the values
	 */
	Map<String, Resolved<?>> byName(Resolved<?> shownLimit) {
		Map<String, Resolved<?>> values = new LinkedHashMap<>();
		values.put("enabled", this.enabled);
		if (shownLimit.value() != null) {
			values.put("limit", shownLimit);
		}
		values.put("timeout", this.timeout);
		if (!this.atLeast.value().isZero()) {
			values.put("atLeast", this.atLeast);
		}
		values.put("waitTime", this.waitTime);
		values.put("onUnavailable", this.onUnavailable);
		values.put("onLost", this.onLost);
		values.put("onBusy", this.onBusy);
		if (this.maxWaiters.value() != null) {
			values.put("maxWaiters", this.maxWaiters);
		}
		return values;
	}

}
