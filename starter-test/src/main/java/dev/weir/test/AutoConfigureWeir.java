package dev.weir.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;

/**
 * Guards methods in a test without a Redis: leases and buckets live in the JVM of the
 * test. Alone it is a slice with Weir and nothing else; beside {@code @SpringBootTest} or
 * {@code @WebMvcTest} it takes the place of Redis there.
 * <p>
 * A bean of type {@link TestWeir} moves the clock, takes leases away and lets Redis fail;
 * {@link WeirAssertions} look at what is held. After each test Redis answers again,
 * leases that somebody still holds are lost, and all buckets are full.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
public @interface AutoConfigureWeir {

}
