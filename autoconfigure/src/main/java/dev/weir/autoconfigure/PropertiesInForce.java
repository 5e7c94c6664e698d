package dev.weir.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.weir.actuate.PolicyChange;
import dev.weir.policy.LockSettings;
import dev.weir.policy.RateLimitSettings;
import dev.weir.policy.SemaphoreSettings;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.Environment;

/**
 * The properties that hold now: what the environment said when it last made sense, and
 * above it, attribute by attribute, what operators have changed. Thread-safe: changes are
 * taken over one after the other, each as a whole or not at all.
 */
final class PropertiesInForce {

	private final Environment environment;

	private final ObjectProvider<PropertiesListener> listeners;

	private WeirProperties configured;

	/** By kind and name. */
	private Map<String, PolicyChange> operated = Map.of();

	private volatile WeirProperties current;

	PropertiesInForce(WeirProperties properties, Environment environment,
			ObjectProvider<PropertiesListener> listeners) {
		this.configured = properties;
		this.current = properties;
		this.environment = environment;
		this.listeners = listeners;
	}

	WeirProperties current() {
		return this.current;
	}

	/**
	 * Takes over what the environment says now.
	 * @throws RuntimeException if that makes no sense; then nothing changes
	 */
	synchronized void refresh() {
		PropertyNames.check(this.environment);
		takeOver(Binder.get(this.environment).bindOrCreate("weir", Bindable.of(WeirProperties.class)), this.operated);
	}

	/**
	 * Takes over what an operator changes.
	 * @param change the change
	 * @throws RuntimeException if that makes no sense; then nothing changes
	 */
	synchronized void change(PolicyChange change) {
		Map<String, PolicyChange> changes = new LinkedHashMap<>(this.operated);
		changes.compute(change.kind() + " " + change.name(), (policy, before) -> change.over(before));
		takeOver(this.configured, changes);
	}

	private void takeOver(WeirProperties properties, Map<String, PolicyChange> changes) {
		WeirProperties all = properties;
		for (PolicyChange change : changes.values()) {
			all = laidOver(all, change);
		}
		WeirProperties after = all;
		List<Runnable> prepared = this.listeners.orderedStream().map((listener) -> listener.prepare(after)).toList();
		prepared.forEach(Runnable::run);
		this.configured = properties;
		this.operated = changes;
		this.current = after;
	}

	private static WeirProperties laidOver(WeirProperties properties, PolicyChange change) {
		return switch (change.kind()) {
			case LOCK -> properties.with(change.name(), bind(change, LockSettings.class));
			case SEMAPHORE -> properties.with(change.name(), bind(change, SemaphoreSettings.class));
			case RATE_LIMIT -> properties.with(change.name(), bind(change, RateLimitSettings.class));
		};
	}

	private static <S> S bind(PolicyChange change, Class<S> type) {
		// Not below the name of the policy, of which the binder would read some as equal.
		Map<String, String> values = new LinkedHashMap<>();
		change.values().forEach((attribute, value) -> values.put("change." + attribute, value));
		return new Binder(new MapConfigurationPropertySource(values)).bind("change", Bindable.of(type)).get();
	}

	static String rootMessage(Throwable failure) {
		return String.valueOf(NestedExceptionUtils.getMostSpecificCause(failure).getMessage());
	}

}
