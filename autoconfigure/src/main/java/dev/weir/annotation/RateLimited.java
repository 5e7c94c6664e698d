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
 * calls per {@link #window()}, by a token bucket that is refilled evenly and holds
 * {@link #burst()} tokens.
 *
 * <pre class="code">
 * &#064;RateLimited(name = "chat:stream", limit = 60, window = "1m")
 * &#064;RateLimited(name = "chat:user", limit = 30, window = "1m", perUser = true)
 * public SseEmitter streamChat(…) { … }
 * </pre>
 *
 * A call that finds too few tokens does not run: it fails with
 * {@link dev.weir.ratelimit.RateLimitExceededException}, and a web request is answered
 * with status 429. Of several limits on one method all must allow the call; a denial by
 * one takes nothing from the others.
 * <p>
 * On a controller method the limits are charged by a filter, before the body of the
 * request is read, once per request. Where an expression needs an argument of the method,
 * or a fallback stands in, all limits of that method are charged when it is called, as
 * those of any other bean. On a class the annotation holds for all public methods that
 * the class declares and that have none of their own; without a name they share one
 * bucket.
 * <p>
 * A method that returns a {@code CompletionStage} reports a denial through it; a reactive
 * result is charged at each subscription, without blocking.
 * <p>
 * Text attributes may hold <code>${…}</code> placeholders. Each value can be overridden
 * by the properties {@code weir.rate-limit.policies.<name>.*}; what neither says comes
 * from {@code weir.rate-limit.defaults.*}. Mistakes fail the start of the application.
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
	 * headers of answers: printable ASCII. Default: the fully qualified name of the
	 * class, and for a method its name. Methods with the same name share their buckets
	 * and must have the same limit.
	 * @return the name of the policy
	 */
	@AliasFor("value")
	String name() default "";

	/**
	 * How many tokens are added per window, at least 1. Has no default: it must stand
	 * here, in {@link #limitExpression()} or in the property
	 * {@code weir.rate-limit.policies.<name>.limit}, which also takes {@code 60/1m}.
	 * <p>
	 * A new limit takes effect on buckets that exist with the next call that it allows:
	 * they stay as full as they were, in proportion.
	 * @return the limit
	 */
	long limit() default 0;

	/**
	 * A SpEL expression for the limit of each call, in place of {@link #limit()}: a
	 * tenant's plan, for instance. Sees what {@link #key()} sees. The value is a whole
	 * number of at least 1, or a text such as {@code 60/1m}, which also says the window.
	 * @return the expression
	 */
	String limitExpression() default "";

	/**
	 * The time in which {@link #limit()} tokens are added, from 1 ms to 365 days.
	 * Default: {@code weir.rate-limit.defaults.window} (1 minute).
	 * @return the window
	 */
	String window() default "";

	/**
	 * How many tokens the bucket holds, and so how many calls may come at once. Default:
	 * the limit. Where a property sets the limit, it also sets the burst.
	 * @return the burst
	 */
	long burst() default 0;

	/**
	 * Whether each user has a bucket of their own. Who the user is, is said by the
	 * {@link dev.weir.ratelimit.UserKeyResolver} bean; in a web application without one
	 * of its own it is the principal of the request, else the address of the client.
	 * @return whether each user has their own
	 */
	boolean perUser() default false;

	/**
	 * A SpEL expression for what has a bucket of its own, as
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
	 * of a batch, for instance. Sees what {@link #key()} sees. The value is a whole
	 * number of at least 0, where 0 is always allowed; a call that costs more than the
	 * burst is always denied.
	 * @return the expression
	 */
	String costExpression() default "";

	/**
	 * A SpEL expression that is asked before the limit is charged: if it is {@code false}
	 * the limit does not concern the call. Sees what {@link #key()} sees. Default: always
	 * charge.
	 * @return the expression
	 */
	String condition() default "";

	/**
	 * What happens when Redis does not answer, one value at most. Default:
	 * {@code weir.rate-limit.defaults.on-unavailable}, which is
	 * {@link OnUnavailable#LOCAL} unless set.
	 * @return what happens
	 */
	OnUnavailable[] onUnavailable() default {};

	/**
	 * The name of a method of the same class that is called in place of this one when it
	 * was denied: with the same arguments and a
	 * {@link dev.weir.ratelimit.RateLimitException} (or a subclass) as the last one.
	 * Default: none.
	 * @return the name of the method
	 */
	String fallback() default "";

	/**
	 * Whether a denial is only counted and reported, and the call goes on: to try a limit
	 * out.
	 * @return whether it is
	 */
	boolean shadow() default false;

}
