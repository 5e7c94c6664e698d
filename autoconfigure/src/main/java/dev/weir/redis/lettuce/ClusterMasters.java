package dev.weir.redis.lettuce;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.jspecify.annotations.Nullable;

/**
 * The masters of a cluster. Each has its own connection, so one that does not answer
 * keeps no call from the others.
 */
final class ClusterMasters implements Masters {

	private final RedisClusterClient client;

	private final StatefulRedisClusterConnection<byte[], byte[]> connection;

	private final AtomicBoolean refreshes = new AtomicBoolean();

	ClusterMasters(RedisClusterClient client) {
		this.client = client;
		this.connection = client.connect(ByteArrayCodec.INSTANCE);
	}

	@Override
	public @Nullable String name(@Nullable String route) {
		RedisClusterNode master = (route != null) ? master(route) : null;
		return (master != null) ? master.getUri().getHost() + ":" + master.getUri().getPort() : null;
	}

	private @Nullable RedisClusterNode master(String route) {
		return this.connection.getPartitions().getMasterBySlot(SlotHash.getSlot(route));
	}

	@Override
	public CompletionStage<StatefulRedisConnection<byte[], byte[]>> of(@Nullable String route) {
		RedisClusterNode master = (route != null) ? master(route) : anyMaster();
		if (master == null) {
			refresh();
			return CompletableFuture.failedFuture(new RedisException("CLUSTERDOWN No master has the slot of this key"));
		}
		return this.connection.getConnectionAsync(master.getUri().getHost(), master.getUri().getPort());
	}

	private @Nullable RedisClusterNode anyMaster() {
		return this.connection.getPartitions().stream().filter(ClusterMasters::hasSlots).findFirst().orElse(null);
	}

	private void refresh() {
		if (this.refreshes.compareAndSet(false, true)) {
			this.client.refreshPartitionsAsync().whenComplete((done, failure) -> this.refreshes.set(false));
		}
	}

	private static boolean hasSlots(RedisClusterNode node) {
		return node.getRole().isUpstream() && !node.hasNoSlots();
	}

	@Override
	public CompletionStage<StatefulRedisConnection<byte[], byte[]>> at(Redirect redirect) {
		if (!redirect.asking()) {
			refresh();
		}
		return this.connection.getConnectionAsync(redirect.host(), redirect.port());
	}

	@Override
	public List<Integer> firstSlots() {
		return this.connection.getPartitions()
			.stream()
			.filter(ClusterMasters::hasSlots)
			.map((master) -> master.getSlots().get(0))
			.sorted()
			.toList();
	}

	@Override
	public StatefulRedisPubSubConnection<String, String> subscriber() {
		return this.client.connectPubSub(StringCodec.UTF8);
	}

}
