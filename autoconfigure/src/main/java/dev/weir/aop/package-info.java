/**
 * The aspects of Spring AOP: a pointcut that reads annotations, and advice that finds the
 * policy and the key of a call and passes the call to the engine. The check at start-up
 * verifies that every annotated method has them.
 */
@NullMarked
package dev.weir.aop;

import org.jspecify.annotations.NullMarked;
