package dev.weir.autoconfigure;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;

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

	/** Listeners are made before other beans. */
	private final ObjectProvider<PropertiesInForce> properties;

	PolicyRefresh(ObjectProvider<PropertiesInForce> properties) {
		this.properties = properties;
	}

	@Override
	public void onApplicationEvent(ApplicationEvent event) {
		if (event.getClass().getName().equals(EVENT)) {
			refresh();
		}
	}

	private void refresh() {
		try {
			this.properties.getObject().refresh();
		}
		catch (RuntimeException ex) {
			logger.error("The changed properties 'weir.*' are not taken over: {}", PropertiesInForce.rootMessage(ex),
					ex);
		}
	}

}
