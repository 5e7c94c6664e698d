package dev.weir.ratelimit;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import dev.weir.core.OnUnavailable;

/**
 * Rate limits for application code, with the policies of the annotations. Thread-safe.
 * <p>
 * Methods that block wait for Redis for at most the timeout. An interrupt does not end
 * the wait, because the tokens may already be taken. Futures complete on a thread where
 * code may block. A policy that is switched off by {@code enabled=false} always allows
 * the call.
 * <p>
 * All methods throw {@link IllegalArgumentException} if a policy has no limit, and
 * {@link IllegalStateException} if its key holds something other than a bucket; futures
 * complete with the latter.
 */
public interface RateLimitOperations {

	/**
	 * Takes tokens, if the bucket has them.
	 * @param spec the tokens to take
	 * @return the decision of the bucket
	 * @throws RateLimitUnavailableException if Redis did not answer and the policy is
	 * {@link OnUnavailable#FAIL}
	 */
	Decision tryConsume(RateLimitSpec spec);

	/**
	 * Takes tokens from several buckets, or from none of them.
	 * @param specs the tokens to take, each from another bucket
	 * @return the decisions of the buckets
	 * @throws RateLimitUnavailableException if Redis did not answer and one of the
	 * policies is {@link OnUnavailable#FAIL}
	 */
	Decisions tryConsumeAll(List<RateLimitSpec> specs);

	/**
	 * Takes tokens from several buckets, or from none of them, some of them by estimate.
	 * @param specs the tokens to take, each from another bucket, at least one of them an
	 * {@linkplain RateLimitSpec#estimate estimate}; a cost is not settled
	 * @return the reservation, which is to be settled or cancelled
	 * @throws RateLimitExceededException if a bucket has too few tokens; no tokens were
	 * taken then
	 * @throws RateLimitUnavailableException if Redis did not answer and one of the
	 * policies is {@link OnUnavailable#FAIL}
	 * @throws IllegalArgumentException if there is no estimate
	 */
	Reservation reserve(List<RateLimitSpec> specs);

	/**
	 * Takes tokens as {@link #reserve} does, without blocking.
	 * @param specs the tokens to take, each from another bucket
	 * @return completes with the reservation, or with an exception of {@link #reserve}.
	 * If the future is cancelled before, the tokens are given back
	 */
	CompletableFuture<Reservation> reserveAsync(List<RateLimitSpec> specs);

	/**
	 * Takes tokens and waits until they are there: tokens of the near future, in the
	 * order of arrival within this instance, and by time between instances.
	 * @param spec the tokens to take; if they are an {@linkplain RateLimitSpec#estimate
	 * estimate}, the reservation can be settled
	 * @param waitTime how long to wait at most, from 0 to 1 day
	 * @return the reservation
	 * @throws RateLimitExceededException at once if the bucket does not have the tokens
	 * within the wait time
	 * @throws RateLimitInterruptedException if the thread was interrupted; the tokens are
	 * given back
	 * @throws RateLimitUnavailableException as {@link #tryConsume} does
	 */
	Reservation acquire(RateLimitSpec spec, Duration waitTime);

	/**
	 * Takes tokens as {@link #acquire} does, without a thread that waits. In reactive
	 * code: {@code Mono.fromFuture(() -> rateLimits.acquireAsync(spec, waitTime))}.
	 * @param spec the tokens to take
	 * @param waitTime how long to wait at most, from 0 to 1 day
	 * @return completes when the tokens are there, or with an exception of
	 * {@link #acquire}. If the future is cancelled before, the tokens are given back
	 */
	CompletableFuture<Reservation> acquireAsync(RateLimitSpec spec, Duration waitTime);

	/**
	 * Returns the decision that {@link #tryConsume} would make, and takes no tokens.
	 * @param spec the tokens that would be taken
	 * @return the decision of the bucket
	 * @throws RateLimitUnavailableException as {@link #tryConsume} does
	 */
	Decision peek(RateLimitSpec spec);

	/**
	 * Gives back tokens that were taken in vain. A bucket never gets more tokens than it
	 * can hold.
	 * @param spec the tokens to give back
	 * @throws RateLimitUnavailableException if Redis did not answer; then it is unknown
	 * whether the tokens were given back
	 */
	void refund(RateLimitSpec spec);

	/**
	 * Fills a bucket.
	 * @param spec the bucket; its cost has no effect
	 * @throws RateLimitUnavailableException if Redis did not answer
	 */
	void reset(RateLimitSpec spec);

	/**
	 * Pauses a bucket in all instances: it grants nothing for a time, because a provider
	 * asks for it, for instance. Calls that have taken their tokens before go on, also
	 * those that still wait for them.
	 * @param spec the bucket; its cost has no effect
	 * @param length the length of the pause, zero to lift it; a longer pause stays
	 * otherwise
	 * @throws IllegalArgumentException if the length is negative or more than 365 days
	 * @throws RateLimitUnavailableException if Redis did not answer
	 */
	void pause(RateLimitSpec spec, Duration length);

	/**
	 * Pauses a bucket as {@link #pause} does, without blocking.
	 * @param spec the bucket; its cost has no effect
	 * @param length the length of the pause, zero to lift it
	 * @return completes when the bucket is paused, or with an exception of {@link #pause}
	 */
	CompletableFuture<Void> pauseAsync(RateLimitSpec spec, Duration length);

	/**
	 * Takes tokens as {@link #tryConsume} does, without blocking.
	 * @param spec the tokens to take
	 * @return completes with the decision of the bucket, or with an exception of
	 * {@link #tryConsume}
	 */
	CompletableFuture<Decision> tryConsumeAsync(RateLimitSpec spec);

	/**
	 * Takes tokens as {@link #tryConsumeAll} does, without blocking.
	 * @param specs the tokens to take, each from another bucket
	 * @return completes with the decisions of the buckets, or with an exception of
	 * {@link #tryConsumeAll}
	 */
	CompletableFuture<Decisions> tryConsumeAllAsync(List<RateLimitSpec> specs);

	/**
	 * Returns the decision that {@link #peek} returns, without blocking.
	 * @param spec the tokens that would be taken
	 * @return completes with the decision of the bucket, or with an exception of
	 * {@link #peek}
	 */
	CompletableFuture<Decision> peekAsync(RateLimitSpec spec);

	/**
	 * Gives back tokens as {@link #refund} does, without blocking.
	 * @param spec the tokens to give back
	 * @return completes when they are given back, or with an exception of {@link #refund}
	 */
	CompletableFuture<Void> refundAsync(RateLimitSpec spec);

	/**
	 * Fills a bucket as {@link #reset} does, without blocking.
	 * @param spec the bucket
	 * @return completes when it is full, or with an exception of {@link #reset}
	 */
	CompletableFuture<Void> resetAsync(RateLimitSpec spec);

}
