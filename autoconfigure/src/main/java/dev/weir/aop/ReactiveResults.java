package dev.weir.aop;

import java.util.function.Supplier;

import dev.weir.lease.LeaseException;
import dev.weir.lease.engine.LeaseGuard;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.lease.engine.ReactiveLeases;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;

/**
 * Guards methods with reactive results. This class is separate from {@link LeaseAdvice},
 * so that Reactor can be missing.
 */
final class ReactiveResults {

	private final ReactiveLeases leases;

	ReactiveResults(LeaseTemplate leases) {
		this.leases = new ReactiveLeases(leases);
	}

	/**
	 * Returns the guarded result. The method itself runs at each subscription.
	 * @param type the declared type of the result
	 * @param guard the supplier of the guard of a subscription, {@code null} if the
	 * subscription needs no lease
	 * @param call the rest of the call
	 * @param fallback the provider of the result of a subscription that could not run
	 * under its lease, or lost it
	 * @return the guarded result
	 */
	Object guard(Class<?> type, Supplier<@Nullable LeaseGuard> guard, Source call, Fallback fallback) {
		ReactiveAdapter adapter = ReactiveAdapterRegistry.getSharedInstance().getAdapter(type);
		if (adapter == null) {
			throw new IllegalStateException(type + " is not reactive");
		}
		Flux<Object> guarded = this.leases.guard(guard, !adapter.isMultiValue(), () -> publisher(adapter, call),
				(failure) -> publisher(adapter, () -> fallback.instead(failure)));
		return adapter.fromPublisher(adapter.isMultiValue() ? guarded : guarded.singleOrEmpty());
	}

	@SuppressWarnings("unchecked")
	static Publisher<Object> publisher(ReactiveAdapter adapter, Source source) {
		try {
			Object result = source.get();
			return (result != null) ? (Publisher<Object>) adapter.toPublisher(result) : Flux.empty();
		}
		catch (Throwable ex) {
			return Flux.error(ex);
		}
	}

	/**
	 * Provides the result of a subscription that could not run under its lease, or lost
	 * it.
	 */
	@FunctionalInterface
	interface Fallback {

		@Nullable Object instead(LeaseException failure) throws Throwable;

	}

	/**
	 * Provides a result.
	 */
	@FunctionalInterface
	interface Source {

		@Nullable Object get() throws Throwable;

	}

}
