package dev.weir.autoconfigure;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/**
 * Takes over what properties say about policies when the environment has changed at run
 * time. Spring Cloud tells so by its {@code EnvironmentChangeEvent}, which is known here
 * by name only: nobody needs Spring Cloud for Weir.
 * <p>
 * A value that cannot be changes nothing: the old ones go on to hold.
 */
final class PolicyRefresh implements ApplicationListener<ApplicationEvent> {

	static final String EVENT = "org.springframework.cloud.context.environment.EnvironmentChangeEvent";

	private static final Logger logger = LoggerFactory.getLogger(PolicyRefresh.class);

	private final Environment environment;

	private final ObjectProvider<PropertiesListener> listeners;

	PolicyRefresh(Environment environment, ObjectProvider<PropertiesListener> listeners) {
		this.environment = environment;
		this.listeners = listeners;
	}

	@Override
	public void onApplicationEvent(ApplicationEvent event) {
		if (event.getClass().getName().equals(EVENT)) {
			refresh();
		}
	}

	private void refresh() {
		try {
			WeirProperties properties = Binder.get(this.environment)
				.bindOrCreate("weir", Bindable.of(WeirProperties.class));
			PropertiesListener.takeOver(properties, this.listeners.orderedStream());
		}
		catch (RuntimeException ex) {
			logger.error("The changed properties 'weir.*' are not taken over: {}", rootMessage(ex), ex);
		}
	}

	private static String rootMessage(Throwable failure) {
		Throwable cause = failure.getCause();
		return (cause != null) ? rootMessage(cause) : String.valueOf(failure.getMessage());
	}

}
