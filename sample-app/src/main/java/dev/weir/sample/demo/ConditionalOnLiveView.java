package dev.weir.sample.demo;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import dev.weir.actuate.WeirEndpoint;

import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;

/**
 * Matches unless the live view is disabled. The live view reads policies and leases as
 * the actuator endpoint does, so this endpoint must be available.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ConditionalOnAvailableEndpoint(WeirEndpoint.class)
@ConditionalOnBooleanProperty(name = "sample.demo.live", matchIfMissing = true)
@interface ConditionalOnLiveView {

}
