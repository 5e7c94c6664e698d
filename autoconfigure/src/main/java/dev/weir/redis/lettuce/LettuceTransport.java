package dev.weir.redis.lettuce;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import dev.weir.core.SharedAttempt;
import dev.weir.core.Stages;
import dev.weir.redis.PendingCall;
import dev.weir.redis.RedisTransport;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.jspecify.annotations.Nullable;

/**
 * Reaches Redis through Lettuce: over one connection to each master, and one more for
 * subscriptions. Thread-safe.
 */
public final class LettuceTransport implements RedisTransport {

	/** How soon a call tries again to leave while Lettuce opens its connection anew. */
	private static final long RECONNECT_CHECK_MILLIS = 10;

	private final LettuceClients clients;

	private final Executor executor;

	private final SharedAttempt<Masters> masters;

	private final Turns turns = new Turns();

	private final SharedAttempt<StatefulRedisPubSubConnection<String, String>> subscriber;

	private final Map<String, Consumer<String>> subscribers = new ConcurrentHashMap<>();

	/**
	 * Creates a transport.
	 * @param clients provides the client
	 * @param executor runs connection attempts, which block
	 */
	public LettuceTransport(LettuceClients clients, Executor executor) {
		this.clients = clients;
		this.executor = executor;
		this.masters = SharedAttempt.blocking(executor, clients::connect);
		this.subscriber = SharedAttempt.blocking(executor, this::connectSubscriber);
	}

	@Override
	public boolean isCluster() {
		return this.clients.isCluster();
	}

	@Override
	public String location() {
		return this.clients.location();
	}

	@Override
	public CompletionStage<?> connect() {
		return this.masters.get();
	}

	private Masters connected() {
		return this.masters.get().join();
	}

	@Override
	public void eval(List<PendingCall<?>> batch) {
		Masters masters = connected();
		if (batch.size() == 1 || !isCluster()) {
			send(masters, batch);
			return;
		}
		// Calls whose master was not known when they were made can have several.
		Map<String, List<PendingCall<?>>> byMaster = new LinkedHashMap<>();
		for (PendingCall<?> call : batch) {
			String name = String.valueOf(masters.name(call.call().route()));
			byMaster.computeIfAbsent(name, (added) -> new ArrayList<>()).add(call);
		}
		byMaster.values().forEach((calls) -> send(masters, calls));
	}

	private void send(Masters masters, List<PendingCall<?>> calls) {
		List<Evaluation<?>> evaluations = new ArrayList<>(calls.size());
		for (PendingCall<?> call : calls) {
			evaluations.add(new Evaluation<>(call, masters, this.turns));
		}
		masters.of(calls.get(0).call().route()).whenComplete((connection, failure) -> {
			if (failure != null) {
				evaluations.forEach((evaluation) -> evaluation.fail(Stages.unwrap(failure)));
			}
			else {
				dispatch(connection, evaluations);
			}
		});
	}

	private void dispatch(StatefulRedisConnection<byte[], byte[]> connection, List<Evaluation<?>> evaluations) {
		evaluations.removeIf(Evaluation::isOver);
		if (evaluations.isEmpty()) {
			return;
		}
		if (!connection.isOpen()) {
			CompletableFuture.delayedExecutor(RECONNECT_CHECK_MILLIS, TimeUnit.MILLISECONDS, this.executor)
				.execute(() -> dispatch(connection, evaluations));
			return;
		}
		List<RedisCommand<byte[], byte[], ?>> commands = new ArrayList<>(evaluations.size());
		for (Evaluation<?> evaluation : evaluations) {
			commands.add(evaluation.command(connection));
		}
		if (commands.size() == 1) {
			connection.dispatch(commands.get(0));
		}
		else {
			connection.dispatch(commands);
		}
	}

	@Override
	public CompletionStage<String> subscribe(String channel, Consumer<String> listener) {
		this.subscribers.put(channel, listener);
		return this.subscriber.get()
			.thenCompose((connection) -> connection.async().subscribe(channel))
			.thenApply((subscribed) -> channel);
	}

	private StatefulRedisPubSubConnection<String, String> connectSubscriber() {
		StatefulRedisPubSubConnection<String, String> connection = connected().subscriber();
		connection.addListener(new RedisPubSubAdapter<>() {

			@Override
			public void message(String channel, String message) {
				Consumer<String> listener = LettuceTransport.this.subscribers.get(channel);
				if (listener != null) {
					listener.accept(message);
				}
			}

		});
		return connection;
	}

	@Override
	public CompletionStage<Long> publish(String channel, String message) {
		return connected().of(null)
			.thenCompose((connection) -> connection.async()
				.publish(channel.getBytes(StandardCharsets.UTF_8), message.getBytes(StandardCharsets.UTF_8)));
	}

	@Override
	public @Nullable String master(@Nullable String route) {
		if (!isCluster()) {
			return ONLY_MASTER;
		}
		Masters connected = this.masters.result();
		return (connected != null) ? connected.name(route) : null;
	}

	@Override
	public CompletionStage<List<Integer>> masters() {
		return CompletableFuture.completedFuture(connected().firstSlots());
	}

}
