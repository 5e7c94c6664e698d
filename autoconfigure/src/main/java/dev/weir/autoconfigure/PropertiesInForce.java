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
 * The properties that are in force: the last valid properties of the environment, with
 * the changes of operators merged into them. A change takes precedence attribute by
 * attribute.
 * <p>
 * Thread-safe: changes are applied one after the other, each completely or not at all.
 */
final class PropertiesInForce {

	private final Environment environment;

	private final ObjectProvider<PropertiesListener> listeners;

	private WeirProperties configured;

	/** The changes of operators, by kind and name of the policy. */
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
	 * Applies the current properties of the environment.
	 * @throws RuntimeException if the properties are invalid; then nothing changes
	 */
	synchronized void refresh() {
		PropertyNames.check(this.environment);
		apply(Binder.get(this.environment).bindOrCreate("weir", Bindable.of(WeirProperties.class)), this.operated);
	}

	/**
	 * Applies a change of an operator.
	 * @param change the change
	 * @throws RuntimeException if the changed properties are invalid; then nothing
	 * changes
	 */
	synchronized void change(PolicyChange change) {
		Map<String, PolicyChange> changes = new LinkedHashMap<>(this.operated);
		changes.compute(change.kind() + " " + change.name(), (policy, before) -> change.over(before));
		if (!changes.equals(this.operated)) {
			apply(this.configured, changes);
		}
	}

	private void apply(WeirProperties properties, Map<String, PolicyChange> changes) {
		WeirProperties all = properties;
		for (PolicyChange change : changes.values()) {
			all = merged(all, change);
		}
		WeirProperties after = all;
		List<Runnable> prepared = this.listeners.orderedStream().map((listener) -> listener.prepare(after)).toList();
		prepared.forEach(Runnable::run);
		this.configured = properties;
		this.operated = changes;
		this.current = after;
	}

	private static WeirProperties merged(WeirProperties properties, PolicyChange change) {
		return switch (change.kind()) {
			case LOCK -> properties.with(change.name(), bind(change, LockSettings.class));
			case SEMAPHORE -> properties.with(change.name(), bind(change, SemaphoreSettings.class));
			case RATE_LIMIT -> properties.with(change.name(), bind(change, RateLimitSettings.class));
		};
	}

	private static <S> S bind(PolicyChange change, Class<S> type) {
		// The keys do not contain the name of the policy, because the binder treats some
		// different names as equal.
		Map<String, String> values = new LinkedHashMap<>();
		change.values().forEach((attribute, value) -> values.put("change." + attribute, value));
		return new Binder(new MapConfigurationPropertySource(values)).bind("change", Bindable.of(type)).get();
	}

	static String rootMessage(Throwable failure) {
		return String.valueOf(NestedExceptionUtils.getMostSpecificCause(failure).getMessage());
	}

}
