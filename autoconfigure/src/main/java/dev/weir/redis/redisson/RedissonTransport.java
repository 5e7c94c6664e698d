package dev.weir.redis.redisson;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import dev.weir.core.SharedAttempt;
import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.redis.LuaScript;
import dev.weir.redis.PendingCall;
import dev.weir.redis.RedisTransport;
import dev.weir.redis.ScriptCall;
import org.jspecify.annotations.Nullable;
import org.redisson.api.BatchOptions;
import org.redisson.api.RBatch;
import org.redisson.api.RScript;
import org.redisson.api.RScriptAsync;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.OptionalOptions;
import org.redisson.api.redisnode.RedisClusterMaster;
import org.redisson.api.redisnode.RedisNodes;
import org.redisson.client.RedisException;
import org.redisson.client.RedisNoScriptException;
import org.redisson.client.RedisOutOfMemoryException;
import org.redisson.client.RedisTimeoutException;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.Codec;
import org.redisson.client.codec.StringCodec;
import org.redisson.cluster.ClusterSlotRange;

/**
 * Reaches Redis through Redisson. Thread-safe.
 */
public final class RedissonTransport implements RedisTransport {

	private final RedissonSource source;

	private final Duration timeout;

	private final BatchOptions together;

	private final SharedAttempt<Client> connection;

	/**
	 * Creates a transport.
	 * @param source provides the client; not called before the first connection is needed
	 * @param timeout how long Redisson waits for the reply to one command
	 * @param connector runs connection attempts, which block
	 */
	public RedissonTransport(RedissonSource source, Duration timeout, Executor connector) {
		this.source = source;
		this.timeout = timeout;
		this.together = BatchOptions.defaults()
			.retryAttempts(0)
			.responseTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
		// Redisson connects on the calling thread, so each attempt has its own.
		this.connection = SharedAttempt.blocking(connector, this::connected);
	}

	@Override
	public boolean isCluster() {
		return this.source.isCluster();
	}

	@Override
	public String location() {
		return this.source.location();
	}

	@Override
	public CompletionStage<?> connect() {
		return this.connection.get();
	}

	private Client connected() {
		RedissonClient redisson = this.source.connect();
		return new Client(redisson, redisson.getScript(alone(StringCodec.INSTANCE)),
				redisson.getScript(alone(ByteArrayCodec.INSTANCE)), new Routes(redisson));
	}

	private OptionalOptions alone(Codec codec) {
		return OptionalOptions.defaults().codec(codec).retryAttempts(0).timeout(this.timeout);
	}

	@Override
	public void eval(List<PendingCall<?>> batch) {
		Client client = this.connection.get().join();
		if (batch.size() == 1) {
			PendingCall<?> call = batch.get(0);
			send(client, call, client.scriptsFor(call));
		}
		else {
			evalTogether(client, batch);
		}
	}

	private void evalTogether(Client client, List<PendingCall<?>> batch) {
		RBatch together = client.redisson().createBatch(this.together);
		RScriptAsync scripts = together.getScript(StringCodec.INSTANCE);
		RScriptAsync binaryScripts = together.getScript(ByteArrayCodec.INSTANCE);
		Map<PendingCall<?>, CompletionStage<?>> sent = new IdentityHashMap<>();
		for (PendingCall<?> call : batch) {
			sent.put(call, send(client, call, call.call().script().isBinary() ? binaryScripts : scripts));
		}
		together.executeAsync().whenComplete((replies, failure) -> {
			if (failure != null) {
				sent.forEach((call, reply) -> sendRefused(client, call, reply));
			}
		});
	}

	private static <R> CompletionStage<R> send(Client client, PendingCall<R> pending, RScriptAsync scripts) {
		ScriptCall<R> call = pending.call();
		LuaScript<R> script = call.script();
		List<Object> keys = List.copyOf(call.keys());
		CompletionStage<R> reply = (call.route() != null)
				? scripts.evalShaAsync(call.route(), RScript.Mode.READ_WRITE, script.digest(), type(script), keys,
						call.arguments())
				: scripts.evalShaAsync(RScript.Mode.READ_WRITE, script.digest(), type(script), keys, call.arguments());
		reply.whenComplete((value, failure) -> {
			if (failure instanceof RedisNoScriptException && !pending.isOver()) {
				load(client, pending);
			}
			else {
				Stages.complete(pending.reply(), value, failure);
			}
		});
		return reply;
	}

	/**
	 * Makes a call again, alone, if its batch is over and the call has neither a reply
	 * nor a failure. Redis has refused such a call, and done nothing, for a reason for
	 * which Redisson can try again; Redisson keeps these errors of batches to itself.
	 * Alone, the call is redirected or fails with its own error.
	 * @param client the client
	 * @param call the call
	 * @param reply what the batch has returned for it
	 */
	private static void sendRefused(Client client, PendingCall<?> call, CompletionStage<?> reply) {
		if (!reply.toCompletableFuture().isDone() && !call.isOver()) {
			send(client, call, client.scriptsFor(call));
		}
	}

	/**
	 * Makes a call whose script Redis does not know, so that it has done nothing.
	 * Redisson loads the script before it makes the call.
	 * @param <R> the type of the reply
	 * @param client the client
	 * @param pending the call
	 */
	private static <R> void load(Client client, PendingCall<R> pending) {
		ScriptCall<R> call = pending.call();
		LuaScript<R> script = call.script();
		RScript scripts = client.scriptsFor(pending);
		List<Object> keys = List.copyOf(call.keys());
		CompletionStage<R> reply = (call.route() != null)
				? scripts.evalAsync(call.route(), RScript.Mode.READ_WRITE, script.source(), type(script), keys,
						call.arguments())
				: scripts.evalAsync(RScript.Mode.READ_WRITE, script.source(), type(script), keys, call.arguments());
		reply.whenComplete((value, failure) -> Stages.complete(pending.reply(), value, failure));
	}

	private static RScript.ReturnType type(LuaScript<?> script) {
		return switch (script.reply()) {
			case NUMBER -> RScript.ReturnType.LONG;
			case LIST, BINARY_LIST -> RScript.ReturnType.LIST;
		};
	}

	@Override
	public CompletionStage<String> subscribe(String channel, Consumer<String> listener) {
		RTopic topic = topic(channel);
		return topic.addListenerAsync(String.class, (name, message) -> listener.accept(message))
			.thenApply((id) -> topic.getChannelNames().get(0));
	}

	@Override
	public CompletionStage<Long> publish(String channel, String message) {
		return topic(channel).publishAsync(message);
	}

	private RTopic topic(String channel) {
		return this.connection.get().join().redisson().getTopic(channel, StringCodec.INSTANCE);
	}

	@Override
	public @Nullable String master(@Nullable String route) {
		if (!isCluster()) {
			return ONLY_MASTER;
		}
		Client client = this.connection.result();
		return (route != null && client != null) ? client.routes().master(route) : null;
	}

	@Override
	public CompletionStage<List<Integer>> masters() {
		if (!isCluster()) {
			return CompletableFuture.completedFuture(List.of(0));
		}
		// The first answer counts, because a master may be away.
		CompletableFuture<List<Integer>> slots = new CompletableFuture<>();
		List<CompletableFuture<?>> answers = new ArrayList<>();
		for (RedisClusterMaster master : this.connection.get()
			.join()
			.redisson()
			.getRedisNodes(RedisNodes.CLUSTER)
			.getMasters()) {
			answers.add(master.clusterSlotsAsync()
				.toCompletableFuture()
				.thenAccept((ranges) -> slots.complete(firstSlots(ranges))));
		}
		CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
			.whenComplete((all, failure) -> Stages.complete(slots, List.<Integer>of(), failure));
		return slots;
	}

	private static List<Integer> firstSlots(Map<ClusterSlotRange, Set<String>> nodesBySlots) {
		Map<Set<String>, Integer> firstSlots = new HashMap<>();
		nodesBySlots.forEach((range, nodes) -> firstSlots.merge(nodes, range.getStartSlot(), Math::min));
		return firstSlots.values().stream().sorted().toList();
	}

	@Override
	public RuntimeException translate(Throwable failure) {
		Throwable cause = Stages.unwrap(failure);
		if (cause instanceof RedisOutOfMemoryException) {
			// Redisson removes the code of this error.
			return RedisTransport.super.translate(new RedisException("OOM " + cause.getMessage(), cause));
		}
		return (cause instanceof RedisTimeoutException)
				? new StoreUnavailableException("Redis did not answer in time", cause)
				: RedisTransport.super.translate(cause);
	}

	/**
	 * A connected client.
	 *
	 * @param redisson the client
	 * @param scripts runs scripts on text
	 * @param binaryScripts runs scripts on arrays of bytes
	 * @param routes finds the master of a key
	 */
	private record Client(RedissonClient redisson, RScript scripts, RScript binaryScripts, Routes routes) {

		RScript scriptsFor(PendingCall<?> call) {
			return call.call().script().isBinary() ? this.binaryScripts : this.scripts;
		}

	}

}
