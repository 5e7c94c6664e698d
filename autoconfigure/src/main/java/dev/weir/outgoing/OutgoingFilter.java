package dev.weir.outgoing;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Executor;

import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.ReactiveReservations;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Charges calls that do not block.
 *
 * @param policy the policy of the calls
 * @param executor sends the calls that were allowed
 */
record OutgoingFilter(OutgoingPolicy policy, Executor executor) implements ExchangeFilterFunction {

	private static final byte[] NO_BODY = {};

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		return Mono.defer(() -> {
			OutgoingRequest outgoing = new OutgoingRequest(request.method(), request.url(), request.headers(),
					request.attributes(), NO_BODY);
			List<Charge> charges = this.policy.charges(outgoing);
			if (charges.isEmpty()) {
				return next.exchange(request);
			}
			return ReactiveReservations.reserve(this.policy.limiter(), charges, this.executor)
				.flatMap((reservation) -> exchange(this.policy.begin(outgoing, charges, reservation),
						next.exchange(request)));
		});
	}

	private static Mono<ClientResponse> exchange(OutgoingCall call, Mono<ClientResponse> exchange) {
		return exchange.doOnError((failure) -> call.failed())
			.flatMap((response) -> Mono
				.fromFuture(call.answered(response.statusCode(), response.headers().asHttpHeaders()), true)
				.thenReturn(call.settlesAtEnd() ? copied(call, response) : response));
	}

	private static ClientResponse copied(OutgoingCall call, ClientResponse response) {
		return response.mutate().body((body) -> copied(call, response, body)).build();
	}

	private static Flux<DataBuffer> copied(OutgoingCall call, ClientResponse response, Flux<DataBuffer> body) {
		BodyCopy copy = new BodyCopy();
		Runnable end = () -> call.ended(response.statusCode(), response.headers().asHttpHeaders(), copy.toByteArray());
		return body.doOnNext((buffer) -> {
			byte[] bytes = new byte[buffer.readableByteCount()];
			buffer.toByteBuffer(ByteBuffer.wrap(bytes));
			copy.add(bytes, 0, bytes.length);
		}).doOnComplete(end).doOnError((failure) -> call.failed()).doOnCancel(end);
	}

}
