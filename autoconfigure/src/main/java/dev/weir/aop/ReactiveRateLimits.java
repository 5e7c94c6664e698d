package dev.weir.aop;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitException;
import dev.weir.ratelimit.RateLimiter;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;

/**
 * Limits methods with reactive results. Charges each subscription, without blocking. This
 * class is separate from {@link RateLimitAspect}, so that Reactor can be missing.
 */
final class ReactiveRateLimits {

	private final RateLimiter limiter;

	private final Executor executor;

	/**
	 * Creates the limits.
	 * @param limiter the limiter that decides
	 * @param executor the executor that runs allowed methods, on threads that may block
	 */
	ReactiveRateLimits(RateLimiter limiter, Executor executor) {
		this.limiter = limiter;
		this.executor = executor;
	}

	/**
	 * Returns the limited result. The method itself runs at each subscription that is
	 * allowed.
	 * @param type the declared type of the result
	 * @param charges the supplier of the charges of a subscription
	 * @param call the rest of the call
	 * @param fallback the provider of the result of a denied subscription
	 * @return the limited result
	 */
	Object limit(Class<?> type, Supplier<List<Charge>> charges, ReactiveResults.Source call, Fallback fallback) {
		ReactiveAdapter adapter = ReactiveAdapterRegistry.getSharedInstance().getAdapter(type);
		if (adapter == null) {
			throw new IllegalStateException(type + " is not reactive");
		}
		Flux<Object> limited = Mono.defer(() -> decide(charges.get()))
			.map((decisions) -> decisions.isAllowed() ? ReactiveResults.publisher(adapter, call)
					: ReactiveResults.publisher(adapter,
							() -> fallback.instead(new RateLimitExceededException(decisions))))
			.onErrorResume(RateLimitException.class,
					(failure) -> Mono.just(ReactiveResults.publisher(adapter, () -> fallback.instead(failure))))
			.flatMapMany(Function.identity());
		return adapter.fromPublisher(adapter.isMultiValue() ? limited : limited.singleOrEmpty());
	}

	private Mono<Decisions> decide(List<Charge> charges) {
		CompletableFuture<Decisions> decisions = this.limiter.tryConsume(charges)
			.whenCompleteAsync((value, failure) -> {
			}, this.executor);
		return Mono.fromFuture(decisions, true);
	}

	/**
	 * Provides the result of a denied subscription.
	 */
	@FunctionalInterface
	interface Fallback {

		@Nullable Object instead(RateLimitException failure) throws Throwable;

	}

}
