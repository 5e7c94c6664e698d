package dev.weir.lease.engine;

import dev.weir.core.RunningCalls;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Counts the calls into a flux: its subscription, and each request for elements. Work
 * that the flux does within these calls goes on after a cancellation until they return.
 * Work on other threads cannot be seen.
 *
 * @param <T> the type of the elements
 */
final class WatchedFlux<T> extends Flux<T> {

	private final Flux<T> source;

	private final RunningCalls calls;

	WatchedFlux(Flux<T> source, RunningCalls calls) {
		this.source = source;
		this.calls = calls;
	}

	@Override
	public void subscribe(CoreSubscriber<? super T> subscriber) {
		if (!this.calls.begin()) {
			// The subscriber has cancelled, and expects no signal.
			Operators.complete(subscriber);
			return;
		}
		try {
			this.source.subscribe(new Watched<>(subscriber, this.calls));
		}
		finally {
			this.calls.end();
		}
	}

	/**
	 * Stands between the flux and its subscriber.
	 *
	 * @param <T> the type of the elements
	 */
	private static final class Watched<T> implements CoreSubscriber<T>, Subscription {

		private final CoreSubscriber<? super T> subscriber;

		private final RunningCalls calls;

		private @Nullable Subscription subscription;

		private Watched(CoreSubscriber<? super T> subscriber, RunningCalls calls) {
			this.subscriber = subscriber;
			this.calls = calls;
		}

		@Override
		public Context currentContext() {
			return this.subscriber.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			this.subscription = subscription;
			this.subscriber.onSubscribe(this);
		}

		@Override
		public void onNext(T element) {
			this.subscriber.onNext(element);
		}

		@Override
		public void onError(Throwable failure) {
			this.subscriber.onError(failure);
		}

		@Override
		public void onComplete() {
			this.subscriber.onComplete();
		}

		@Override
		public void request(long count) {
			Subscription asked = this.subscription;
			if (asked == null || !this.calls.begin()) {
				return;
			}
			try {
				asked.request(count);
			}
			finally {
				this.calls.end();
			}
		}

		@Override
		public void cancel() {
			if (this.subscription != null) {
				this.subscription.cancel();
			}
		}

	}

}
