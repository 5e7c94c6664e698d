package dev.weir.aop.other;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import dev.weir.annotation.DistributedLock;

/**
 * The guard of all placements. {@code OtherGuardPlacementTests} replaces the lock by
 * other guards.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@DistributedLock("placed")
public @interface Placed {

}
