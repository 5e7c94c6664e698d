package dev.weir.autoconfigure;

import dev.weir.core.Log;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;

/**
 * Applies changed properties of policies when the environment changes at run time.
 * <p>
 * Spring Cloud publishes its {@code EnvironmentChangeEvent} for such a change. This class
 * refers to the event by name only, because Weir does not need Spring Cloud. If a value
 * is invalid, all changed properties are rejected, and the previous values stay in force.
 */
final class PolicyRefresh implements ApplicationListener<ApplicationEvent> {

	static final String EVENT = "org.springframework.cloud.context.environment.EnvironmentChangeEvent";

	private static final Log logger = Log.of(PolicyRefresh.class);

	/** Looked up when it is needed, because listeners are created before other beans. */
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
			logger.error("The changed properties 'weir.*' are rejected, and the previous values stay in force: {}",
					PropertiesInForce.rootMessage(ex), ex);
		}
	}

}
