package dev.weir.redis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Another transport that is connected only when the test wants.
 *
 * @param transport the other transport
 * @param connectable completes when the connection may be there
 */
record SlowlyConnectingTransport(RedisTransport transport, CompletableFuture<?> connectable) implements RedisTransport {

	@Override
	public boolean isCluster() {
		return this.transport.isCluster();
	}

	@Override
	public String location() {
		return this.transport.location();
	}

	@Override
	public CompletionStage<?> connect() {
		return this.connectable.thenCompose((done) -> this.transport.connect());
	}

	@Override
	public void eval(List<PendingCall<?>> batch) {
		this.transport.eval(batch);
	}

	@Override
	public CompletionStage<String> subscribe(String channel, Consumer<String> listener) {
		return this.transport.subscribe(channel, listener);
	}

	@Override
	public CompletionStage<Long> publish(String channel, String message) {
		return this.transport.publish(channel, message);
	}

	@Override
	public @Nullable String master(@Nullable String route) {
		return this.transport.master(route);
	}

	@Override
	public CompletionStage<List<Integer>> masters() {
		return this.transport.masters();
	}

}
