package dev.weir.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;

/**
 * Configures Weir for a test without Redis: leases and buckets are kept in the JVM of the
 * test. Used alone, the annotation is a slice with Weir and nothing else. Together with
 * {@code @SpringBootTest} or {@code @WebMvcTest}, it replaces Redis in that test.
 * <p>
 * A bean of type {@link TestWeir} moves the clock, takes leases away and makes Redis
 * fail; {@link WeirAssertions} check leases and buckets. After each test, Redis answers
 * again, leases that are still held are lost, and all buckets are full.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
public @interface AutoConfigureWeir {

}
