package dev.weir.lease.engine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.weir.core.RunningCalls;
import dev.weir.core.Stages;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseScope;
import dev.weir.lease.LeaseStore;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Guards reactive results. Each subscription acquires its own lease, without blocking,
 * and keeps the lease until the result completes, fails or is cancelled. Needs Reactor.
 * Thread-safe.
 * <p>
 * Within a guarded result, the Reactor context contains the lease under the key
 * {@code Lease.class}. A nested subscription for the same key finds the outer lease
 * through that context or the thread, and joins it.
 */
public final class ReactiveLeases {

	private final LeaseTemplate template;

	/**
	 * Creates a guard for reactive results.
	 * @param template acquires the leases
	 */
	public ReactiveLeases(LeaseTemplate template) {
		this.template = template;
	}

	/**
	 * Guards a result.
	 * @param <T> the type of its elements
	 * @param guard returns the guard of each subscription, {@code null} for none
	 * @param single whether the result has at most one element, which is then passed on
	 * after the lease was released
	 * @param body creates a new result for each subscription
	 * @param fallback replaces a body that could not run under the lease, or lost it
	 * @return the guarded result. If the lease was lost, the elements of the fallback
	 * replace the only element, or replace the completion after several elements
	 */
	public <T> Flux<T> guard(Supplier<@Nullable LeaseGuard> guard, boolean single,
			Supplier<? extends Publisher<T>> body, Function<LeaseException, ? extends Publisher<T>> fallback) {
		return Flux.deferContextual((context) -> {
			LeaseGuard needed = guard.get();
			if (needed == null) {
				return body.get();
			}
			LeaseScope outer = context.hasKey(LeaseScope.class) ? context.get(LeaseScope.class) : LeaseScope.current();
			// The subscription exists, and can be cancelled, before the lease is
			// acquired.
			return Flux.usingWhen(Mono.fromCallable(() -> new Subscription(needed, outer)),
					(subscription) -> subscription.run(single, body, fallback), Subscription::end,
					(subscription, failure) -> subscription.end(), Subscription::cancel);
		});
	}

	/**
	 * One subscription: acquires the lease, runs the body and releases the lease.
	 */
	private final class Subscription {

		private final LeaseGuard guard;

		private final @Nullable LeaseScope outer;

		private final CompletableFuture<@Nullable OwnedLease> answer;

		private final RunningCalls calls = new RunningCalls();

		private final AtomicReference<@Nullable CompletionStage<LeaseStore.Release>> ending = new AtomicReference<>();

		private Subscription(LeaseGuard guard, @Nullable LeaseScope outer) {
			this.guard = guard;
			this.outer = outer;
			this.answer = ReactiveLeases.this.template.begin(guard, outer);
		}

		private <T> Publisher<T> run(boolean single, Supplier<? extends Publisher<T>> body,
				Function<LeaseException, ? extends Publisher<T>> fallback) {
			return Mono.fromFuture(this::arrival, true).flatMapMany((arrived) -> {
				if (arrived.failure() instanceof LeaseException failure) {
					return fallback.apply(failure);
				}
				if (arrived.failure() != null) {
					return Flux.error(arrived.failure());
				}
				OwnedLease lease = arrived.lease();
				if (lease == null) {
					return body.get();
				}
				Flux<T> result = under(lease, body);
				return single
						? result.collectList()
							.flatMapMany((elements) -> released(lease, Flux.fromIterable(elements), fallback))
						: result.concatWith(released(lease, Flux.empty(), fallback));
			});
		}

		private CompletableFuture<Arrival> arrival() {
			// The next step runs code of users, which must not run on a thread of the
			// engine.
			return this.answer.isDone() ? this.answer.handle(Arrival::new)
					: this.answer.handleAsync(Arrival::new, ReactiveLeases.this.template.callbacks());
		}

		private <T> Flux<T> under(OwnedLease lease, Supplier<? extends Publisher<T>> body) {
			Flux<T> work = Flux.defer(() -> {
				lease.use();
				LeaseScope.enter(lease);
				try {
					return body.get();
				}
				finally {
					LeaseScope.exit();
				}
			});
			return new WatchedFlux<>(work, this.calls)
				.contextWrite((context) -> context.put(LeaseScope.class, new LeaseScope(lease, this.outer))
					.put(Lease.class, lease));
		}

		private <T> Flux<T> released(OwnedLease lease, Flux<T> rest,
				Function<LeaseException, ? extends Publisher<T>> fallback) {
			return Flux
				.defer(() -> Mono
					.fromFuture(
							() -> release(lease)
								.handleAsync(
										(release, unanswered) -> new Checked(
												LeaseTemplate.loss(lease, release, this.guard)),
										ReactiveLeases.this.template.callbacks())
								.toCompletableFuture(),
							true)
					.flatMapMany((checked) -> (checked.loss() != null) ? fallback.apply(checked.loss()) : rest));
		}

		private CompletionStage<LeaseStore.Release> release(OwnedLease lease) {
			CompletionStage<LeaseStore.Release> known = this.ending.get();
			if (known != null) {
				return known;
			}
			CompletableFuture<LeaseStore.Release> release = new CompletableFuture<>();
			if (!this.ending.compareAndSet(null, release)) {
				return release(lease);
			}
			lease.letGo().whenComplete((answer, failure) -> Stages.complete(release, answer, failure));
			return release;
		}

		/**
		 * Gives up acquiring the lease, or releases it when no call into the body runs
		 * any more: a body that has begun goes on after a cancellation until it returns.
		 * @return completes when the store has answered
		 */
		private Mono<Void> cancel() {
			return Mono.defer(() -> Mono.fromFuture(this.calls.cancel(), true)).then(end());
		}

		/**
		 * Releases the lease unless it is released already, or gives up acquiring it.
		 * @return completes when the store has answered
		 */
		private Mono<Void> end() {
			return Mono.defer(() -> {
				if (this.answer.cancel(false) || this.answer.isCompletedExceptionally()) {
					return Mono.empty();
				}
				OwnedLease lease = this.answer.join();
				if (lease == null) {
					return Mono.empty();
				}
				CompletableFuture<LeaseStore.Release> release = release(lease).toCompletableFuture();
				return release.isDone() ? Mono.empty() : Mono.fromFuture(
						release.<Void>handleAsync((reply, failure) -> null, ReactiveLeases.this.template.callbacks()),
						true);
			});
		}

	}

	/**
	 * The outcome of an acquisition.
	 *
	 * @param lease the lease, {@code null} to run without one
	 * @param failure the reason if the acquisition failed
	 */
	private record Arrival(@Nullable OwnedLease lease, @Nullable Throwable failure) {

	}

	/**
	 * The outcome of a release.
	 *
	 * @param loss the exception if the lease was lost
	 */
	private record Checked(@Nullable LeaseLostException loss) {

	}

}
