package dev.weir.redis.redisson;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.redis.LuaScript;
import dev.weir.redis.RedisTransport;
import dev.weir.redis.ScriptCall;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RScript;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.OptionalOptions;
import org.redisson.api.redisnode.RedisClusterMaster;
import org.redisson.api.redisnode.RedisNodes;
import org.redisson.client.RedisException;
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

	/** The name of the master where there is only one. */
	private static final String ONLY_MASTER = "redis";

	private final RedissonSource source;

	private final Duration timeout;

	private final Executor connector;

	/** Redisson connects on the calling thread, so each attempt has its own. */
	private final AtomicReference<@Nullable CompletableFuture<Client>> connection = new AtomicReference<>();

	/**
	 * Creates a transport.
	 * @param source provides the client; not called before the first connection is needed
	 * @param timeout how long Redisson waits for the reply to one command
	 * @param connector runs connection attempts, which block
	 */
	public RedissonTransport(RedissonSource source, Duration timeout, Executor connector) {
		this.source = source;
		this.timeout = timeout;
		this.connector = connector;
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
		return connected();
	}

	private CompletableFuture<Client> connected() {
		CompletableFuture<Client> known = this.connection.get();
		if (known != null && !known.isCompletedExceptionally()) {
			return known;
		}
		CompletableFuture<Client> attempt = new CompletableFuture<>();
		if (!this.connection.compareAndSet(known, attempt)) {
			return connected();
		}
		try {
			this.connector.execute(() -> connect(attempt));
		}
		catch (RuntimeException ex) {
			attempt.completeExceptionally(ex);
		}
		return attempt;
	}

	private void connect(CompletableFuture<Client> attempt) {
		try {
			RedissonClient redisson = this.source.connect();
			attempt.complete(new Client(redisson, redisson.getScript(options(StringCodec.INSTANCE)),
					redisson.getScript(options(ByteArrayCodec.INSTANCE)), new Routes(redisson)));
		}
		catch (Throwable ex) {
			attempt.completeExceptionally(ex);
		}
	}

	private OptionalOptions options(Codec codec) {
		return OptionalOptions.defaults().codec(codec).retryAttempts(0).timeout(this.timeout);
	}

	@Override
	public <R> CompletionStage<R> eval(ScriptCall<R> call) {
		Client client = connected().join();
		LuaScript<R> script = call.script();
		RScript scripts = script.isBinary() ? client.binaryScripts() : client.scripts();
		RScript.ReturnType type = switch (script.reply()) {
			case NUMBER -> RScript.ReturnType.LONG;
			case LIST, BINARY_LIST -> RScript.ReturnType.LIST;
		};
		List<Object> keys = List.copyOf(call.keys());
		// Redisson sends EVALSHA, and loads the script when Redis does not know it.
		return (call.route() != null)
				? scripts.evalAsync(call.route(), RScript.Mode.READ_WRITE, script.source(), type, keys,
						call.arguments())
				: scripts.evalAsync(RScript.Mode.READ_WRITE, script.source(), type, keys, call.arguments());
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
		return connected().join().redisson().getTopic(channel, StringCodec.INSTANCE);
	}

	@Override
	public @Nullable String master(@Nullable String route) {
		if (!isCluster()) {
			return ONLY_MASTER;
		}
		CompletableFuture<Client> known = this.connection.get();
		return (route != null && known != null && known.isDone() && !known.isCompletedExceptionally())
				? known.join().routes().master(route) : null;
	}

	@Override
	public CompletionStage<List<Integer>> masters() {
		if (!isCluster()) {
			return CompletableFuture.completedFuture(List.of(0));
		}
		// The first answer counts, because a master may be away.
		CompletableFuture<List<Integer>> slots = new CompletableFuture<>();
		List<CompletableFuture<?>> answers = new ArrayList<>();
		for (RedisClusterMaster master : connected().join().redisson().getRedisNodes(RedisNodes.CLUSTER).getMasters()) {
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

	}

}
