package dev.weir.sample.service.chat;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/**
 * Ends answers from outside.
 */
final class Ends {

	private Ends() {
	}

	/**
	 * Lets an answer fail, and cancels it, as soon as there is a reason. The operator
	 * {@code takeUntilOther} does not cancel the answer when the other source fails.
	 * @param answer the answer
	 * @param reason emits the reason, if there is one
	 * @param <T> the type of the pieces
	 * @return the answer
	 */
	static <T> Flux<T> failOn(Flux<T> answer, Mono<? extends Throwable> reason) {
		return Flux.merge(answer.materialize(), reason.map(Signal::<T>error)).dematerialize();
	}

}
