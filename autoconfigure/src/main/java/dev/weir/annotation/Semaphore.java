package dev.weir.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.OnBusy;
import dev.weir.lease.OnLost;

import org.springframework.aot.hint.annotation.Reflective;
import org.springframework.core.annotation.AliasFor;

/**
 * Guards a method with a semaphore that holds across all instances of the service. For
 * one key, at most {@link #limit()} calls run at a time.
 *
 * <pre class="code">
 * &#064;Semaphore(name = "embedding_batch", limit = 3, timeout = "300s")
 * public List&lt;Embedding&gt; createEmbeddingsBatch(List&lt;String&gt; texts) { … }
 * </pre>
 *
 * A caller that finds no permit free waits for one ({@link #waitTime()}) and gets
 * {@link dev.weir.lease.LeaseBusyException} if none becomes free in time. In all other
 * respects a permit behaves like the lock of {@link DistributedLock}: the permit is
 * renewed while the method runs, it is held until results that end later have ended,
 * nested calls join it, and it is released after the commit. If a method has both
 * annotations, the lock is acquired first.
 * <p>
 * Text attributes may hold <code>${…}</code> placeholders. Each value can be overridden
 * by the properties {@code weir.semaphore.policies.<name>.*}; values that are set in
 * neither place come from {@code weir.semaphore.defaults.*}. Mistakes fail the start of
 * the application.
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
	 * A SpEL expression for the key that has permits of its own, as
	 * {@link DistributedLock#key()}. Default: all calls share the permits.
	 * @return the expression
	 */
	String key() default "";

	/**
	 * How many calls may run at a time, at least 1, over all instances. Has no default:
	 * it must be set here, in {@link #limitExpression()} or in the property
	 * {@code weir.semaphore.policies.<name>.limit}.
	 * <p>
	 * The limit is part of each acquire: if the limits of instances differ during a
	 * rollout, the number of permits can reach the larger limit. A new limit is in force
	 * from the next acquire on. A lower limit takes no permit away from a holder.
	 * @return the limit
	 */
	int limit() default 0;

	/**
	 * A SpEL expression for the limit of each call, in place of {@link #limit()}: a
	 * tenant's plan, for instance. The expression can use the same names as
	 * {@link #key()}. The value must be a whole number of at least 1.
	 * @return the expression
	 */
	String limitExpression() default "";

	/**
	 * Longest time that one caller may hold a permit, as
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
	 * A SpEL expression that is evaluated before a permit is acquired: if it is
	 * {@code false}, the method runs without a permit. The expression can use the same
	 * names as {@link #key()}. Default: always acquire a permit.
	 * @return the expression
	 */
	String condition() default "";

	/**
	 * The behaviour when Redis does not answer, one value at most. Default:
	 * {@code weir.semaphore.defaults.on-unavailable}, which is {@link OnUnavailable#FAIL}
	 * unless set.
	 * @return the behaviour
	 */
	OnUnavailable[] onUnavailable() default {};

	/**
	 * The behaviour when the permit was lost while the method ran and the method returned
	 * normally, one value at most. Default: {@code weir.semaphore.defaults.on-lost},
	 * which is {@link OnLost#FAIL} unless set.
	 * @return the behaviour
	 */
	OnLost[] onLost() default {};

	/**
	 * The behaviour when other callers keep the permits for longer than the wait time,
	 * one value at most. With {@link OnBusy#SKIP} the method does not run, and the caller
	 * gets an empty result: nothing, {@code null}, {@code Optional.empty()}, an empty
	 * reactive result, or a stage with {@code null}. Methods with a primitive result
	 * cannot use it. Together with {@code waitTime = "0"} this is the setting of a job
	 * that is scheduled in every instance. Default: {@link OnBusy#FAIL}.
	 * @return the behaviour
	 */
	OnBusy[] onBusy() default {};

	/**
	 * The name of a method that is called in place of this method if this method could
	 * not run under a permit, or lost its permit, as {@link DistributedLock#fallback()}.
	 * Default: none.
	 * @return the name of the method
	 */
	String fallback() default "";

}
