package dev.weir.sample.live;

import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.EnableScheduling;

/**
 * Enables the scheduled reports of {@link Instances}.
 */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
class LiveConfiguration {

}
