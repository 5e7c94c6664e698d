package dev.weir.ratelimit;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.weir.core.Stages;
import reactor.core.publisher.Mono;

/**
 * Reservations for reactive code. This class is separate from {@link RateLimiter}, so
 * that Reactor can be missing.
 */
public final class ReactiveReservations {

	private ReactiveReservations() {
	}

	/**
	 * Takes the tokens of a call as {@link RateLimiter#reserve} does, once for the
	 * publisher that it returns. A subscription that is cancelled while the call waits
	 * gives the tokens back.
	 * @param limiter the limiter that decides
	 * @param charges the charges of the call
	 * @param executor the executor that goes on with the call, on threads that may block
	 * @return emits the reservation, whose decisions may be denials
	 */
	public static Mono<Reservation> reserve(RateLimiter limiter, List<Charge> charges, Executor executor) {
		CompletableFuture<Reservation> reserved = limiter.reserve(charges);
		if (charges.stream().anyMatch((charge) -> !charge.waitTime().isZero())) {
			return waiting(limiter, charges, reserved, executor);
		}
		return Mono.fromFuture(reserved.whenCompleteAsync((value, failure) -> {
		}, executor), true);
	}

	private static Mono<Reservation> waiting(RateLimiter limiter, List<Charge> charges,
			CompletableFuture<Reservation> reserved, Executor executor) {
		AtomicBoolean cancelled = new AtomicBoolean();
		return Mono.create((sink) -> {
			sink.onCancel(() -> {
				cancelled.set(true);
				reserved.cancel(false);
			});
			reserved.whenCompleteAsync((reservation, failure) -> {
				if (failure != null && !cancelled.get()) {
					sink.error(Stages.unwrap(failure));
				}
				else if (failure == null && cancelled.get()) {
					// The tokens were there at the same moment.
					limiter.giveBack(charges, reservation);
				}
				else if (failure == null) {
					sink.success(reservation);
				}
			}, executor);
		});
	}

}
