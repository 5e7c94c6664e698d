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
 * Guards a method with a lock that holds across all instances of the service. For one
 * key, the method runs in one thread at a time.
 *
 * <pre class="code">
 * &#064;DistributedLock(name = "embedding_lock", key = "#md5(#text + ':' + #model)", timeout = "60s")
 * public Embedding createEmbedding(String text, String model) { … }
 * </pre>
 *
 * A caller that finds the lock taken waits for it ({@link #waitTime()}) and gets
 * {@link dev.weir.lease.LeaseBusyException} if the lock does not become free in time.
 * While the method runs, its lease is renewed and is available from
 * {@link dev.weir.lease.Lease#current()}. A nested call on the same thread for the same
 * key joins the outer lease.
 * <p>
 * If the work goes on after the method has returned, the lock is held until the work
 * ends: for a {@link java.util.concurrent.CompletionStage} until the stage has completed;
 * for a reactive result from each subscription to its end, and the lock is acquired
 * without blocking; for a result that Spring MVC handles asynchronously
 * ({@code SseEmitter}, {@code StreamingResponseBody}, {@code Callable},
 * {@code DeferredResult} …) until the request is over.
 * <p>
 * The lock is acquired before a cache is read or a transaction begins
 * ({@code @Cacheable}, {@code @Transactional}), and after {@code @Async} and
 * {@code @Retryable}: it is released after the commit, and each retry acquires it again.
 * If a transaction is already running when the lock is acquired, the lock is released
 * after the transaction has ended, and the commit fails if the lock was lost.
 * <p>
 * Only calls that come through the bean's proxy are guarded: put the annotation on a
 * non-private, non-final method of a bean's class and call it from another bean. The
 * annotation may be used as a meta-annotation, directly on the composed annotation.
 * <p>
 * Text attributes may hold <code>${…}</code> placeholders. Each value can be overridden
 * by the properties {@code weir.lock.policies.<name>.*}; values that are set in neither
 * place come from {@code weir.lock.defaults.*}. Mistakes fail the start of the
 * application.
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
public @interface DistributedLock {

	/**
	 * Alias for {@link #name()}.
	 * @return the name of the policy
	 */
	@AliasFor("name")
	String value() default "";

	/**
	 * The name of the policy, part of the key in Redis. Default: the fully qualified name
	 * of the class and the name of the method. Methods with the same name exclude each
	 * other.
	 * <p>
	 * May contain one Redis Cluster hash tag, such as <code>order:{eu}</code>.
	 * @return the name of the policy
	 */
	@AliasFor("value")
	String name() default "";

	/**
	 * A SpEL expression for the key of the lock. The key in Redis is the value of
	 * {@code weir.key-prefix}, the name, {@code :} and the value of this expression.
	 * Default: one lock for all calls.
	 * <p>
	 * The expression can use the parameters by name ({@code #text}) and position
	 * ({@code #p0}, {@code #a0}), {@code #root.method}, {@code #root.target},
	 * {@code #root.targetClass}, {@code #root.args}, beans ({@code @bean}), and the
	 * functions {@code #md5(…)} and {@code #sha256(…)}, which return the hash of the
	 * UTF-8 text of their argument in hexadecimal digits. The value must have a text form
	 * of its own, so arrays and objects without {@code toString()} are rejected. Curly
	 * braces and control characters in it are escaped as {@code %XX}; in Redis, a value
	 * of more than 200 characters is replaced by its SHA-256.
	 * @return the expression
	 */
	String key() default "";

	/**
	 * SpEL expressions for several keys to lock together, in place of {@link #key()}: the
	 * method runs once all of them are locked, or not at all. An expression whose value
	 * is a collection or an array stands for all of its elements; equal values count
	 * once.
	 * <p>
	 * The keys are locked one after the other in a fixed order, so that two calls never
	 * wait for each other. They share one wait time, and the timeout starts when all of
	 * them are locked. Cannot be combined with {@link #fenced()}: a token grows for one
	 * key.
	 * @return the expressions
	 */
	String[] keys() default {};

	/**
	 * Longest time that one caller may hold the lock, such as {@code 60s}, {@code 5m},
	 * {@code PT1M}, or a number of milliseconds. After that time the lock is lost and
	 * other callers can acquire it, even if the method still runs. Default: as long as
	 * the method runs.
	 * <p>
	 * This is the <em>lease</em> time, which redis-py calls {@code timeout}; for the time
	 * to wait see {@link #waitTime()}. A holder that crashes blocks other callers for at
	 * most {@code weir.lease.ttl} (30 s), regardless of its timeout.
	 * @return the timeout
	 */
	String timeout() default "";

	/**
	 * How long the lock stays taken, counted from its acquisition, even if the method
	 * ends earlier, in the format of {@link #timeout()}. For a short job that is
	 * scheduled in every instance: an instance whose clock is late by less than this time
	 * does not run the same tick again. The method returns at once, and no instance
	 * renews the lock in the rest of the time, so the lock is free at its end even if
	 * this instance is gone by then. Must not be longer than the timeout. Has no effect
	 * on calls that joined the lock of an outer call, or that run under a lock of this
	 * JVM only, because Redis does not answer. Default: the lock is free when the method
	 * ends.
	 * @return the time
	 */
	String atLeast() default "";

	/**
	 * How long to wait for the lock, in the format of {@link #timeout()}; with {@code 0}
	 * the caller does not wait. Default: the timeout if there is one, else
	 * {@code weir.lock.defaults.wait-time} (10 s).
	 * @return the wait time
	 */
	String waitTime() default "";

	/**
	 * A SpEL expression that is evaluated before the lock is acquired: if it is
	 * {@code false}, the method runs without the lock. The expression can use the same
	 * names as {@link #key()}. Default: always lock.
	 * @return the expression
	 */
	String condition() default "";

	/**
	 * Set to {@code true} to mint a fencing token, which only grows for a key. The method
	 * reads the token from {@link dev.weir.lease.Lease#fencingToken()}. Default:
	 * {@code false}.
	 * @return whether to mint a token
	 */
	boolean fenced() default false;

	/**
	 * The behaviour when Redis does not answer, one value at most. Default:
	 * {@code weir.lock.defaults.on-unavailable}, which is {@link OnUnavailable#FAIL}
	 * unless set.
	 * @return the behaviour
	 */
	OnUnavailable[] onUnavailable() default {};

	/**
	 * The behaviour when the lock was lost while the method ran and the method returned
	 * normally, one value at most. Default: {@code weir.lock.defaults.on-lost}, which is
	 * {@link OnLost#FAIL} unless set.
	 * @return the behaviour
	 */
	OnLost[] onLost() default {};

	/**
	 * The behaviour when other callers keep the lock for longer than the wait time, one
	 * value at most. With {@link OnBusy#SKIP} the method does not run, and the caller
	 * gets an empty result: nothing, {@code null}, {@code Optional.empty()}, an empty
	 * reactive result, or a stage with {@code null}. Methods with a primitive result
	 * cannot use it. Together with {@code waitTime = "0"} this is the setting of a job
	 * that is scheduled in every instance. Default: {@link OnBusy#FAIL}.
	 * @return the behaviour
	 */
	OnBusy[] onBusy() default {};

	/**
	 * The name of a method of the same class that is called in place of this method if
	 * this method could not run under the lock, or lost the lock. Default: none, the
	 * caller gets the exception.
	 * <p>
	 * The fallback takes the parameters of this method, followed by the exception:
	 * {@link dev.weir.lease.LeaseBusyException},
	 * {@link dev.weir.lease.LeaseUnavailableException},
	 * {@link dev.weir.lease.LeaseLostException}, or {@link dev.weir.lease.LeaseException}
	 * for all three. If several methods have that name, the one with the most specific
	 * exception type is called; an exception that none of them takes goes to the caller.
	 * Exceptions of the method itself are never passed to the fallback.
	 * @return the name of the method
	 */
	String fallback() default "";

}
