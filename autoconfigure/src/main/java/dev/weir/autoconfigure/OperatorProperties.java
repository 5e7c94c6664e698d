package dev.weir.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;

import dev.weir.lease.StoreUnavailableException;
import dev.weir.observe.PolicyChange;
import dev.weir.observe.PolicyTuning;
import dev.weir.policy.RateLimitSettings;
import dev.weir.redis.Broadcast;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * What operators have changed while the application runs: properties above all others, so
 * that whoever reads the environment sees them, and a later change of the environment
 * keeps them. Thread-safe.
 */
final class OperatorProperties implements PolicyTuning {

	static final String SOURCE = "weirOperator";

	private static final Logger logger = LoggerFactory.getLogger(OperatorProperties.class);

	private final ConfigurableEnvironment environment;

	private final ObjectProvider<PropertiesListener> listeners;

	private final @Nullable Broadcast broadcast;

	OperatorProperties(ConfigurableEnvironment environment, ObjectProvider<PropertiesListener> listeners,
			@Nullable Broadcast broadcast) {
		this.environment = environment;
		this.listeners = listeners;
		this.broadcast = broadcast;
	}

	/**
	 * Takes over what other instances are told.
	 */
	void listen() {
		if (this.broadcast != null) {
			this.broadcast.listen(this::told);
		}
	}

	private void told(String text) {
		try {
			PolicyChange change = PolicyChange.of(text);
			apply(change);
			logger.warn("An operator has changed the {} '{}': {}", change.kind(), change.name(), change.values());
		}
		catch (RuntimeException ex) {
			logger.error("What an operator has changed for all instances is not taken over", ex);
		}
	}

	@Override
	public synchronized void apply(PolicyChange change) {
		Map<String, Object> before = current();
		Map<String, Object> after = new LinkedHashMap<>(before);
		change.properties().forEach((property, value) -> {
			if (value.isEmpty()) {
				after.remove(property);
			}
			else {
				after.put(property, value);
			}
		});
		replace(after);
		try {
			takeOver();
		}
		catch (RuntimeException ex) {
			replace(before);
			throw new IllegalArgumentException(rootMessage(ex), ex);
		}
	}

	@Override
	public long applyToAll(PolicyChange change) {
		if (this.broadcast == null) {
			throw new IllegalArgumentException("There is no Redis to reach other instances by: use scope=instance");
		}
		// First here: what cannot be is told to nobody.
		apply(change);
		try {
			return this.broadcast.tell(change.toText()).toCompletableFuture().join();
		}
		catch (CompletionException ex) {
			throw new StoreUnavailableException(
					"The change holds in this instance; others could not be told: " + rootMessage(ex), ex);
		}
	}

	@Nullable RateLimitSettings rateLimit(String name) {
		return bind().rateLimit().policies().get(name);
	}

	private void takeOver() {
		PropertiesListener.takeOver(bind(), this.listeners.orderedStream());
	}

	private WeirProperties bind() {
		return Binder.get(this.environment).bindOrCreate("weir", Bindable.of(WeirProperties.class));
	}

	private Map<String, Object> current() {
		return (this.environment.getPropertySources().get(SOURCE) instanceof MapPropertySource source)
				? source.getSource() : Map.of();
	}

	private void replace(Map<String, Object> properties) {
		this.environment.getPropertySources().addFirst(new MapPropertySource(SOURCE, properties));
	}

	private static String rootMessage(Throwable failure) {
		Throwable cause = failure.getCause();
		return (cause != null) ? rootMessage(cause) : String.valueOf(failure.getMessage());
	}

}
