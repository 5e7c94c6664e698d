package dev.weir.autoconfigure;

import dev.weir.observe.Events;
import dev.weir.observe.LeadershipEvents;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;

/**
 * {@link AutoConfiguration Auto-configuration} for application events.
 */
@AutoConfiguration(after = WeirAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
public final class WeirEventsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	Events weirEvents(ApplicationEventPublisher publisher) {
		return new Events(publisher::publishEvent);
	}

	@Bean
	LeadershipEvents weirLeadershipEvents(ApplicationEventPublisher publisher) {
		return new LeadershipEvents(publisher::publishEvent);
	}

}
