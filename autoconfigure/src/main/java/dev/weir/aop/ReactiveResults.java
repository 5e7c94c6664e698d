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
 * Guards methods with reactive results. Apart from the rest, so that Reactor can be
 * missing.
 */
final class ReactiveResults {

	private final ReactiveLeases leases;

	ReactiveResults(LeaseTemplate leases) {
		this.leases = new ReactiveLeases(leases);
	}

	/**
	 * Makes the guarded result. The method itself runs at each subscription.
	 * @param type the declared type of the result
	 * @param guard says what a subscription needs, {@code null} for nothing
	 * @param call the rest of the call
	 * @param fallback the result in place of one that could not be had under the lease
	 * @return the result
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
	 * The result in place of one that could not be had under the lease.
	 */
	@FunctionalInterface
	interface Fallback {

		@Nullable Object instead(LeaseException failure) throws Throwable;

	}

	/**
	 * Where a result comes from.
	 */
	@FunctionalInterface
	interface Source {

		@Nullable Object get() throws Throwable;

	}

}
