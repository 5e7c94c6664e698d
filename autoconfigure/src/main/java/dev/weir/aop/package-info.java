/**
 * The aspects of Spring AOP: a pointcut that reads annotations, and advice that turns a
 * call into policy and key and hands it to the engine. The check at start verifies that
 * every annotated method has them.
 */
@NullMarked
package dev.weir.aop;

import org.jspecify.annotations.NullMarked;
