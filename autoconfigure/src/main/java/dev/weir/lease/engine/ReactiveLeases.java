package dev.weir.lease.engine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

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
 * Guards reactive results: each subscription acquires its own lease, without blocking,
 * and keeps it until the result ends, whether it completes, fails or is cancelled. Needs
 * Reactor. Thread-safe.
 * <p>
 * Inside, the Reactor context holds the lease under the key {@code Lease.class}. A nested
 * subscription for the same key, found through that context or the thread, joins the
 * outer lease.
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
	 * @param guard says for each subscription what it needs, {@code null} for nothing
	 * @param single whether the result has one element at most, which is then passed on
	 * when the lease has been released
	 * @param body makes the result, for each subscription anew
	 * @param fallback what to do if the body could not run under the lease, or lost it
	 * @return the guarded result. If the lease was lost, what the fallback says follows
	 * in place of the only element, or of the completion after several
	 */
	public <T> Flux<T> guard(Supplier<@Nullable LeaseGuard> guard, boolean single,
			Supplier<? extends Publisher<T>> body, Function<LeaseException, ? extends Publisher<T>> fallback) {
		return Flux.deferContextual((context) -> {
			LeaseGuard needed = guard.get();
			if (needed == null) {
				return body.get();
			}
			LeaseScope outer = context.hasKey(LeaseScope.class) ? context.get(LeaseScope.class) : LeaseScope.current();
			// The subscription is there, and can be cancelled, before the lease is.
			return Flux.usingWhen(Mono.fromCallable(() -> new Subscription(needed, outer)),
					(subscription) -> subscription.run(single, body, fallback), Subscription::end,
					(subscription, failure) -> subscription.end(), Subscription::end);
		});
	}

	/**
	 * One subscription's way through acquiring, running and releasing.
	 */
	private final class Subscription {

		private final LeaseGuard guard;

		private final @Nullable LeaseScope outer;

		private final CompletableFuture<@Nullable OwnedLease> answer;

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
			// What follows is code of users: not on a thread of the engine.
			return this.answer.isDone() ? this.answer.handle(Arrival::new)
					: this.answer.handleAsync(Arrival::new, ReactiveLeases.this.template.callbacks());
		}

		private <T> Flux<T> under(OwnedLease lease, Supplier<? extends Publisher<T>> body) {
			return Flux.defer(() -> {
				LeaseScope.enter(lease);
				try {
					return body.get();
				}
				finally {
					LeaseScope.exit();
				}
			})
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
		 * Releases the lease if that was not done yet, or gives up acquiring it.
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
						release.<Void>handleAsync((said, failure) -> null, ReactiveLeases.this.template.callbacks()),
						true);
			});
		}

	}

	/**
	 * What came of an acquisition.
	 *
	 * @param lease the lease, {@code null} to run without one
	 * @param failure why there is none
	 */
	private record Arrival(@Nullable OwnedLease lease, @Nullable Throwable failure) {

	}

	/**
	 * What came of a release.
	 *
	 * @param loss whether the lease had been lost
	 */
	private record Checked(@Nullable LeaseLostException loss) {

	}

}
