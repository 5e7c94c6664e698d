package dev.weir.redis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A transport without a Redis: records the calls, and replies as the test wants.
 */
final class FakeRedisTransport implements RedisTransport {

	private final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();

	private final boolean cluster;

	CompletableFuture<?> connection = CompletableFuture.completedFuture(null);

	CompletableFuture<String> subscription = new CompletableFuture<>();

	@Nullable Consumer<String> subscriber;

	@Nullable RuntimeException throwing;

	Function<String, @Nullable String> masters = (route) -> "master of " + route;

	FakeRedisTransport() {
		this(false);
	}

	FakeRedisTransport(boolean cluster) {
		this.cluster = cluster;
	}

	/**
	 * Returns the oldest call that has not been taken yet.
	 * @param script the expected script
	 * @return the call
	 */
	Call next(String script) {
		Call call = this.calls.poll();
		assertThat(call).as("a call of " + script).isNotNull();
		assertThat(call.script().script().name()).isEqualTo(script);
		return call;
	}

	void assertNoCall() {
		assertThat(this.calls).isEmpty();
	}

	@Override
	public boolean isCluster() {
		return this.cluster;
	}

	@Override
	public String location() {
		return "nowhere";
	}

	@Override
	public CompletionStage<?> connect() {
		return this.connection;
	}

	@Override
	public void eval(List<PendingCall<?>> batch) {
		if (this.throwing != null) {
			throw this.throwing;
		}
		batch.forEach(this::add);
	}

	@SuppressWarnings("unchecked")
	private void add(PendingCall<?> pending) {
		this.calls.add(new Call(pending.call(), (CompletableFuture<Object>) pending.reply()));
	}

	@Override
	public CompletionStage<String> subscribe(String channel, Consumer<String> listener) {
		this.subscriber = listener;
		return this.subscription;
	}

	@Override
	public CompletionStage<Long> publish(String channel, String message) {
		return CompletableFuture.completedFuture(1L);
	}

	@Override
	public @Nullable String master(@Nullable String route) {
		return (route != null && this.cluster) ? this.masters.apply(route) : "redis";
	}

	@Override
	public CompletionStage<List<Integer>> masters() {
		return CompletableFuture.completedFuture(List.of(0));
	}

	/**
	 * One call of a script.
	 *
	 * @param script the script with its keys and arguments
	 * @param reply completes the stage of the store
	 */
	record Call(ScriptCall<?> script, CompletableFuture<Object> reply) {

		List<Object> arguments() {
			return List.of(this.script.arguments());
		}

		void answers(Object... list) {
			this.reply.complete(List.of(list));
		}

		void answersNumber(long number) {
			this.reply.complete(number);
		}

		void fails(String error) {
			this.reply.completeExceptionally(new IllegalCallerException(error));
		}

	}

}
