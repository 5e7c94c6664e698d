package dev.weir.ratelimit;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import dev.weir.core.OnUnavailable;

/**
 * Rate limits for code, with the policies of the annotations. Thread-safe.
 * <p>
 * Methods that block wait for at most the timeout for Redis, and are not ended by an
 * interrupt, since the tokens may be taken by then. What completes later does so on a
 * thread where code may block. A policy that is switched off by {@code enabled=false}
 * always allows.
 * <p>
 * All methods throw {@link IllegalArgumentException} when nothing says what the limit of
 * a policy is, and {@link IllegalStateException} when something else than a bucket stands
 * under its key; later ones complete with the latter.
 */
public interface RateLimitOperations {

	/**
	 * Takes tokens, if the bucket has them.
	 * @param spec what to take
	 * @return what the bucket answered
	 * @throws RateLimitUnavailableException if Redis did not answer and the policy says
	 * {@link OnUnavailable#FAIL}
	 */
	Decision tryConsume(RateLimitSpec spec);

	/**
	 * Takes tokens from several buckets, or from none of them.
	 * @param specs what to take, each from another bucket
	 * @return what the buckets answered
	 * @throws RateLimitUnavailableException if Redis did not answer and one of the
	 * policies says {@link OnUnavailable#FAIL}
	 */
	Decisions tryConsumeAll(List<RateLimitSpec> specs);

	/**
	 * Asks what {@link #tryConsume} would answer, and takes nothing.
	 * @param spec what would be taken
	 * @return what the bucket would answer
	 * @throws RateLimitUnavailableException as {@link #tryConsume} does
	 */
	Decision peek(RateLimitSpec spec);

	/**
	 * Gives tokens back that were taken for nothing. A bucket never gets more than it
	 * holds.
	 * @param spec what is given back
	 * @throws RateLimitUnavailableException if Redis did not answer; then nobody knows
	 * whether it was given back
	 */
	void refund(RateLimitSpec spec);

	/**
	 * Makes a bucket full again.
	 * @param spec the bucket; its cost has no effect
	 * @throws RateLimitUnavailableException if Redis did not answer
	 */
	void reset(RateLimitSpec spec);

	/**
	 * Does what {@link #tryConsume} does, without blocking.
	 * @param spec what to take
	 * @return completes with what the bucket answered, or with what it would throw
	 */
	CompletableFuture<Decision> tryConsumeAsync(RateLimitSpec spec);

	/**
	 * Does what {@link #tryConsumeAll} does, without blocking.
	 * @param specs what to take, each from another bucket
	 * @return completes with what the buckets answered, or with what it would throw
	 */
	CompletableFuture<Decisions> tryConsumeAllAsync(List<RateLimitSpec> specs);

	/**
	 * Does what {@link #peek} does, without blocking.
	 * @param spec what would be taken
	 * @return completes with what the bucket would answer, or with what it would throw
	 */
	CompletableFuture<Decision> peekAsync(RateLimitSpec spec);

	/**
	 * Does what {@link #refund} does, without blocking.
	 * @param spec what is given back
	 * @return completes when it was, or with what it would throw
	 */
	CompletableFuture<Void> refundAsync(RateLimitSpec spec);

	/**
	 * Does what {@link #reset} does, without blocking.
	 * @param spec the bucket
	 * @return completes when it is full, or with what it would throw
	 */
	CompletableFuture<Void> resetAsync(RateLimitSpec spec);

}
