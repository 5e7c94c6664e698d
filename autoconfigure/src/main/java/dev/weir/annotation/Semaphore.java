package dev.weir.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.OnLost;

import org.springframework.aot.hint.annotation.Reflective;
import org.springframework.core.annotation.AliasFor;

/**
 * Guards a method with a semaphore that holds across all instances of the service: for
 * one key, at most {@link #limit()} calls run at a time.
 *
 * <pre class="code">
 * &#064;Semaphore(name = "embedding_batch", limit = 3, timeout = "300s")
 * public List&lt;Embedding&gt; createEmbeddingsBatch(List&lt;String&gt; texts) { … }
 * </pre>
 *
 * A caller that finds no permit free waits for one ({@link #waitTime()}) and gets
 * {@link dev.weir.lease.LeaseBusyException} when none becomes free in time. In everything
 * else a permit behaves as the lock of {@link DistributedLock} does: it is renewed while
 * the method runs, kept by results that end later, joined by nested calls, released after
 * the commit. With both annotations on one method the lock is taken first.
 * <p>
 * Text attributes may hold <code>${…}</code> placeholders. Each value can be overridden
 * by the properties {@code weir.semaphore.policies.<name>.*}; what neither says comes
 * from {@code weir.semaphore.defaults.*}. Mistakes fail the start of the application.
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
public @interface Semaphore {

	/**
	 * Alias for {@link #name()}.
	 * @return the name of the policy
	 */
	@AliasFor("name")
	String value() default "";

	/**
	 * The name of the policy, part of the key in Redis. Default: the fully qualified name
	 * of the class and the name of the method. Methods with the same name share their
	 * permits and must have the same limit. A lock and a semaphore cannot have the same
	 * name.
	 * <p>
	 * May contain one Redis Cluster hash tag, such as <code>upsert:{eu}</code>.
	 * @return the name of the policy
	 */
	@AliasFor("value")
	String name() default "";

	/**
	 * A SpEL expression for what has permits of its own, as
	 * {@link DistributedLock#key()}. Default: all calls share the permits.
	 * @return the expression
	 */
	String key() default "";

	/**
	 * How many calls may run at a time, at least 1, over all instances. Has no default:
	 * it must stand here, in {@link #limitExpression()} or in the property
	 * {@code weir.semaphore.policies.<name>.limit}.
	 * <p>
	 * The limit is part of each acquire: instances that disagree during a rollout go up
	 * to the larger one, and a new limit holds from the next acquire on. A lower limit
	 * takes no permit away from those who have one.
	 * @return the limit
	 */
	int limit() default 0;

	/**
	 * A SpEL expression for the limit of each call, in place of {@link #limit()}: a
	 * tenant's plan, for instance. Sees what {@link #key()} sees. The value must be a
	 * whole number of at least 1.
	 * @return the expression
	 */
	String limitExpression() default "";

	/**
	 * The longest that one caller may hold a permit, as
	 * {@link DistributedLock#timeout()}. Default: as long as the method runs.
	 * @return the timeout
	 */
	String timeout() default "";

	/**
	 * How long to wait for a permit, as {@link DistributedLock#waitTime()}. Default: the
	 * timeout if there is one, else {@code weir.semaphore.defaults.wait-time} (10 s).
	 * @return the wait time
	 */
	String waitTime() default "";

	/**
	 * A SpEL expression that is asked before a permit is taken: if it is {@code false}
	 * the method runs without one. Sees what {@link #key()} sees. Default: always take
	 * one.
	 * @return the expression
	 */
	String condition() default "";

	/**
	 * What happens when Redis does not answer, one value at most. Default:
	 * {@code weir.semaphore.defaults.on-unavailable}, which is {@link OnUnavailable#FAIL}
	 * unless set.
	 * @return what happens
	 */
	OnUnavailable[] onUnavailable() default {};

	/**
	 * What happens when the permit was lost while the method ran and the method returned
	 * normally, one value at most. Default: {@code weir.semaphore.defaults.on-lost},
	 * which is {@link OnLost#FAIL} unless set.
	 * @return what happens
	 */
	OnLost[] onLost() default {};

	/**
	 * The name of a method that is called in place of this one when it could not run
	 * under a permit, or lost it, as {@link DistributedLock#fallback()}. Default: none.
	 * @return the name of the method
	 */
	String fallback() default "";

}
