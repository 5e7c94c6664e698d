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
 * Guards a method with a lock that holds across all instances of the service: for one
 * key, the method runs in one thread at a time.
 *
 * <pre class="code">
 * &#064;DistributedLock(name = "embedding_lock", key = "#md5(#text + ':' + #model)", timeout = "60s")
 * public Embedding createEmbedding(String text, String model) { … }
 * </pre>
 *
 * A caller that finds the lock taken waits for it ({@link #waitTime()}) and gets
 * {@link dev.weir.lease.LeaseBusyException} when it does not become free in time. While
 * the method runs, its lease is renewed and can be seen through
 * {@link dev.weir.lease.Lease#current()}. A nested call on the same thread for the same
 * key joins the outer lease.
 * <p>
 * If the work goes on after the method has returned, the lock is held until it ends: a
 * {@link java.util.concurrent.CompletionStage} until it has completed; a reactive result
 * from each subscription to its end, acquired without blocking; what Spring MVC handles
 * asynchronously ({@code SseEmitter}, {@code StreamingResponseBody}, {@code Callable},
 * {@code DeferredResult} …) until the request is over.
 * <p>
 * The lock is taken before a cache is asked or a transaction begins ({@code @Cacheable},
 * {@code @Transactional}), and after {@code @Async} and {@code @Retryable}: it is
 * released after the commit, and each retry takes it anew. If a transaction is running
 * already when the lock is taken, the lock is released after that has ended, and its
 * commit fails if the lock was lost.
 * <p>
 * Only calls that come through the bean's proxy are guarded: put the annotation on a
 * non-private, non-final method of a bean's class and call it from another bean. May be
 * used as a meta-annotation, directly on the composed annotation.
 * <p>
 * Text attributes may hold <code>${…}</code> placeholders. Each value can be overridden
 * by the properties {@code weir.lock.policies.<name>.*}; what neither says comes from
 * {@code weir.lock.defaults.*}. Mistakes fail the start of the application.
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
	 * A SpEL expression for what to lock. The key in Redis is the value of
	 * {@code weir.key-prefix}, the name, {@code :} and the value of this expression.
	 * Default: one lock for all calls.
	 * <p>
	 * Sees the parameters by name ({@code #text}) and position ({@code #p0},
	 * {@code #a0}), {@code #root.method}, {@code #root.target},
	 * {@code #root.targetClass}, {@code #root.args}, beans ({@code @bean}), and the
	 * functions {@code #md5(…)} and {@code #sha256(…)}, which give hexadecimal digits of
	 * the UTF-8 text of their argument. The value must have a text of its own, so arrays
	 * and objects without {@code toString()} are refused. Curly braces and control
	 * characters in it are escaped as {@code %XX}; a value of more than 200 characters
	 * stands in Redis as its SHA-256.
	 * @return the expression
	 */
	String key() default "";

	/**
	 * SpEL expressions for several things to lock together, in place of {@link #key()}:
	 * the method runs once all of them are locked, or not at all. An expression whose
	 * value is a collection or an array stands for all of its elements; equal values
	 * count once.
	 * <p>
	 * The keys are locked one after the other in a fixed order, so that two calls never
	 * wait for each other. They share one wait time, and the timeout counts from when all
	 * are locked. Cannot be combined with {@link #fenced()}: a token grows for one key.
	 * @return the expressions
	 */
	String[] keys() default {};

	/**
	 * The longest that one caller may hold the lock, as {@code 60s}, {@code 5m},
	 * {@code PT1M}, or a number of milliseconds. After that the lock is lost and others
	 * can take it, even if the method still runs. Default: as long as the method runs.
	 * <p>
	 * This is the <em>lease</em> time, what redis-py calls {@code timeout}; for how long
	 * to wait see {@link #waitTime()}. A holder that crashes blocks others for at most
	 * {@code weir.lease.ttl} (30 s), however long its timeout is.
	 * @return the timeout
	 */
	String timeout() default "";

	/**
	 * How long to wait for the lock, written as {@link #timeout()}; {@code 0} does not
	 * wait. Default: the timeout if there is one, else
	 * {@code weir.lock.defaults.wait-time} (10 s).
	 * @return the wait time
	 */
	String waitTime() default "";

	/**
	 * A SpEL expression that is asked before the lock is taken: if it is {@code false}
	 * the method runs without the lock. Sees what {@link #key()} sees. Default: always
	 * lock.
	 * @return the expression
	 */
	String condition() default "";

	/**
	 * Whether to mint a fencing token that only grows for a key, for the method to read
	 * from {@link dev.weir.lease.Lease#fencingToken()}. Default: no.
	 * @return whether to mint a token
	 */
	boolean fenced() default false;

	/**
	 * What happens when Redis does not answer, one value at most. Default:
	 * {@code weir.lock.defaults.on-unavailable}, which is {@link OnUnavailable#FAIL}
	 * unless set.
	 * @return what happens
	 */
	OnUnavailable[] onUnavailable() default {};

	/**
	 * What happens when the lock was lost while the method ran and the method returned
	 * normally, one value at most. Default: {@code weir.lock.defaults.on-lost}, which is
	 * {@link OnLost#FAIL} unless set.
	 * @return what happens
	 */
	OnLost[] onLost() default {};

	/**
	 * The name of a method of the same class that is called in place of this one when it
	 * could not run under the lock, or lost it. Default: none, the caller gets the
	 * exception.
	 * <p>
	 * It takes the parameters of this method and last the exception:
	 * {@link dev.weir.lease.LeaseBusyException},
	 * {@link dev.weir.lease.LeaseUnavailableException},
	 * {@link dev.weir.lease.LeaseLostException}, or {@link dev.weir.lease.LeaseException}
	 * for all three. Of several methods with that name the one with the most specific
	 * type is called; what none of them takes goes to the caller. Exceptions of the
	 * method itself are never passed to it.
	 * @return the name of the method
	 */
	String fallback() default "";

}
