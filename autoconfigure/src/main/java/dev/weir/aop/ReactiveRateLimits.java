package dev.weir.aop;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitException;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.ReactiveReservations;
import dev.weir.ratelimit.Reservation;
import dev.weir.ratelimit.ReservationScope;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
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
	 * @param reserved creates the call of a subscription with its reservation
	 * @param call the rest of the call
	 * @param fallback the provider of the result of a denied subscription
	 * @return the limited result
	 */
	Object limit(Class<?> type, Supplier<List<Charge>> charges, Function<Reservation, ReservedCall> reserved,
			ReactiveResults.Source call, Fallback fallback) {
		ReactiveAdapter adapter = adapter(type);
		Flux<Object> limited = Mono
			.defer(() -> ReactiveReservations.reserve(this.limiter, charges.get(), this.executor))
			.map((reservation) -> reservation.decisions().isAllowed() ? run(adapter, reserved.apply(reservation), call)
					: ReactiveResults.publisher(adapter,
							() -> fallback.instead(new RateLimitExceededException(reservation.decisions()))))
			.onErrorResume(RateLimitException.class,
					(failure) -> Mono.just(ReactiveResults.publisher(adapter, () -> fallback.instead(failure))))
			.flatMapMany(Function.identity());
		return adapter.fromPublisher(adapter.isMultiValue() ? limited : limited.singleOrEmpty());
	}

	private static ReactiveAdapter adapter(Class<?> type) {
		ReactiveAdapter adapter = ReactiveAdapterRegistry.getSharedInstance().getAdapter(type);
		if (adapter == null) {
			throw new IllegalStateException(type + " is not reactive");
		}
		return adapter;
	}

	private static Publisher<Object> run(ReactiveAdapter adapter, ReservedCall reserved, ReactiveResults.Source call) {
		if (!reserved.reservation().isPending()) {
			return ReactiveResults.publisher(adapter, call);
		}
		Publisher<Object> result = ReactiveResults.publisher(adapter, () -> {
			try (ReservationScope scope = ReservationScope.open(reserved.reservation())) {
				return call.get();
			}
		});
		return watched(result, reserved);
	}

	/**
	 * Waits for the end of a result that is charged already and has one subscription.
	 * @param type the declared type of the result
	 * @param result the result
	 * @param reserved the call
	 * @return the watched result
	 */
	static Object watch(Class<?> type, Object result, ReservedCall reserved) {
		ReactiveAdapter adapter = adapter(type);
		Flux<Object> watched = watched(adapter.toPublisher(result), reserved);
		return adapter.fromPublisher(adapter.isMultiValue() ? watched : watched.singleOrEmpty());
	}

	private static Flux<Object> watched(Publisher<Object> result, ReservedCall reserved) {
		return Flux.from(result)
			.doOnNext(reserved::element)
			.doOnComplete(reserved::completed)
			.doOnError(reserved::failed)
			.doOnCancel(reserved::cancelled);
	}

	/**
	 * Provides the result of a denied subscription.
	 */
	@FunctionalInterface
	interface Fallback {

		@Nullable Object instead(RateLimitException failure) throws Throwable;

	}

}
