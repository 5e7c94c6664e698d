package dev.weir.sample.live;

import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.EnableScheduling;

/**
 * Lets instances say how they are, again and again.
 */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
class LiveConfiguration {

}
