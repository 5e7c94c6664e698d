package dev.weir.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import dev.weir.core.OnUnavailable;

import org.springframework.aot.hint.annotation.Reflective;
import org.springframework.core.annotation.AliasFor;

/**
 * Limits how often a method runs, over all instances of the service: {@link #limit()}
 * calls per {@link #window()}. The limit is a token bucket that is refilled evenly and
 * holds {@link #burst()} tokens.
 *
 * <pre class="code">
 * &#064;RateLimited(name = "chat:stream", limit = 60, window = "1m")
 * &#064;RateLimited(name = "chat:user", limit = 30, window = "1m", perUser = true)
 * public SseEmitter streamChat(…) { … }
 * </pre>
 *
 * A call that finds too few tokens does not run: it fails with
 * {@link dev.weir.ratelimit.RateLimitExceededException}, and a web request is answered
 * with status 429. If a method has several limits, all of them must allow the call; a
 * denial by one takes nothing from the others.
 * <p>
 * On a controller method the limits are charged by a filter, before the body of the
 * request is read, once per request. If an expression needs an argument of the method, or
 * if there is a fallback, all limits of that method are charged when the method is
 * called, as for any other bean. On a class the annotation applies to all public methods
 * that the class declares and that have no such annotation of their own; without a name
 * they share one bucket.
 * <p>
 * A method that returns a {@code CompletionStage} reports a denial through it; a reactive
 * result is charged at each subscription, without blocking.
 * <p>
 * Text attributes may hold <code>${…}</code> placeholders. Each value can be overridden
 * by the properties {@code weir.rate-limit.policies.<name>.*}; values that are set in
 * neither place come from {@code weir.rate-limit.defaults.*}. Mistakes fail the start of
 * the application.
 */
@Target({ ElementType.METHOD, ElementType.TYPE, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(RateLimits.class)
@Documented
@Reflective
public @interface RateLimited {

	/**
	 * Alias for {@link #name()}.
	 * @return the name of the policy
	 */
	@AliasFor("name")
	String value() default "";

	/**
	 * The name of the policy, part of the key in Redis, and visible to clients in the
	 * headers of responses: printable ASCII. Default: the fully qualified name of the
	 * class, and for a method its name. Methods with the same name share their buckets
	 * and must have the same limit.
	 * @return the name of the policy
	 */
	@AliasFor("value")
	String name() default "";

	/**
	 * How many tokens are added per window, at least 1. Has no default: it must be set
	 * here, in {@link #limitExpression()} or in the property
	 * {@code weir.rate-limit.policies.<name>.limit}, which also takes {@code 60/1m}.
	 * <p>
	 * A new limit takes effect on an existing bucket with the next call that it allows:
	 * the bucket stays as full as it was, in proportion.
	 * @return the limit
	 */
	long limit() default 0;

	/**
	 * A SpEL expression for the limit of each call, in place of {@link #limit()}: a
	 * tenant's plan, for instance. The expression can use the same names as
	 * {@link #key()}. The value is a whole number of at least 1, or a text such as
	 * {@code 60/1m}, which also sets the window.
	 * @return the expression
	 */
	String limitExpression() default "";

	/**
	 * The time in which {@link #limit()} tokens are added, from 1 ms to 365 days; or
	 * {@code day}, {@code week} (which begins on Monday) or {@code month} for a quota,
	 * whose count begins anew at midnight. Default:
	 * {@code weir.rate-limit.defaults.window} (1 minute).
	 * @return the window
	 */
	String window() default "";

	/**
	 * The time zone whose midnight begins a quota anew, such as {@code Europe/Berlin}.
	 * Default: {@code weir.rate-limit.zone} (UTC).
	 * @return the id of the zone
	 */
	String zone() default "";

	/**
	 * How many tokens the bucket holds, and so how many calls may arrive at once.
	 * Default: the limit. A property that sets the limit also sets the burst.
	 * @return the burst
	 */
	long burst() default 0;

	/**
	 * Set to {@code true} to give each user a bucket of their own. The
	 * {@link dev.weir.ratelimit.UserKeyResolver} bean determines the user; in a web
	 * application without such a bean of its own, the user is the principal of the
	 * request, else the address of the client.
	 * @return whether each user has a bucket of their own
	 */
	boolean perUser() default false;

	/**
	 * A SpEL expression for the key that has a bucket of its own, as
	 * {@link DistributedLock#key()}. Default: all calls share one bucket.
	 * @return the expression
	 */
	String key() default "";

	/**
	 * How many tokens a call takes, at least 1 and at most the burst.
	 * @return the cost
	 */
	long cost() default 1;

	/**
	 * A SpEL expression for the cost of each call, in place of {@link #cost()}: the size
	 * of a batch, for instance. The expression can use the same names as {@link #key()}.
	 * The value is a whole number of at least 0; a cost of 0 is always allowed, and a
	 * call that costs more than the burst is always denied.
	 * @return the expression
	 */
	String costExpression() default "";

	/**
	 * A SpEL expression for the number of tokens that a call has used, as
	 * {@code #result.usage.totalTokens}. The cost is then an estimate: it is taken before
	 * the call, and at the end of the call the difference is given back or taken. The
	 * expression can use {@code #result} and the same names as {@link #key()}.
	 * <p>
	 * {@code #result} is the value that the method returns, the value of the stage or
	 * {@code Mono}, or an element of the {@code Flux}, of which the last one counts for
	 * which the expression has a value. A result that Spring MVC sends asynchronously,
	 * such as an {@code SseEmitter}, is settled at the end of the request. A method can
	 * also settle by itself, with {@link dev.weir.ratelimit.Reservation#current()}.
	 * <p>
	 * If the expression has no value or a negative one, the estimate stays, and Weir logs
	 * this once for each limit. On a controller method all limits are charged when the
	 * method is called. Default: the cost is final.
	 * @return the expression
	 */
	String settle() default "";

	/**
	 * Set to {@code true} to keep the estimate of a call that fails. Default:
	 * {@code false}, the tokens are given back. If a subscriber or a caller cancels the
	 * result, the estimate stays.
	 * @return whether the estimate of a failed call stays
	 */
	boolean settleOnError() default false;

	/**
	 * A SpEL expression that is evaluated before the limit is charged: if it is
	 * {@code false}, the limit does not apply to the call. The expression can use the
	 * same names as {@link #key()}. Default: always charge.
	 * @return the expression
	 */
	String condition() default "";

	/**
	 * How long a call waits for its tokens, up to one day. The call takes tokens of the
	 * near future and runs when they are there, in the order of arrival within this
	 * instance. A call that would wait longer is denied at once. If the wait is
	 * interrupted or cancelled, the tokens are given back, and the caller gets
	 * {@link dev.weir.ratelimit.RateLimitInterruptedException}. If a method has several
	 * limits, each of them lets the call wait only as long as its own wait time. On a
	 * controller method all limits are charged when the method is called. Default: a call
	 * is denied at once.
	 * @return the wait time
	 */
	String waitTime() default "";

	/**
	 * The behaviour when Redis does not answer, one value at most. Default:
	 * {@code weir.rate-limit.defaults.on-unavailable}, which is
	 * {@link OnUnavailable#LOCAL} unless set.
	 * @return the behaviour
	 */
	OnUnavailable[] onUnavailable() default {};

	/**
	 * The name of a method of the same class that is called in place of this method when
	 * a limit denied the call: with the same arguments and a
	 * {@link dev.weir.ratelimit.RateLimitException} (or a subclass) as the last one.
	 * Default: none.
	 * @return the name of the method
	 */
	String fallback() default "";

	/**
	 * Set to {@code true} to try a limit out: a denial is only counted and reported, and
	 * the call goes on. Default: {@code false}.
	 * @return whether a denial has no consequence
	 */
	boolean shadow() default false;

}
