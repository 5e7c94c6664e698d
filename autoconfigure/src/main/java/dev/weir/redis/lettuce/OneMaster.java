package dev.weir.redis.lettuce;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.weir.redis.RedisTransport;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.jspecify.annotations.Nullable;

/**
 * A single Redis, or the master that Sentinel names.
 */
final class OneMaster implements Masters {

	private final RedisClient client;

	private final StatefulRedisConnection<byte[], byte[]> connection;

	OneMaster(RedisClient client) {
		this.client = client;
		this.connection = client.connect(ByteArrayCodec.INSTANCE);
	}

	@Override
	public String name(@Nullable String route) {
		return RedisTransport.ONLY_MASTER;
	}

	@Override
	public CompletionStage<StatefulRedisConnection<byte[], byte[]>> of(@Nullable String route) {
		return CompletableFuture.completedFuture(this.connection);
	}

	@Override
	public CompletionStage<StatefulRedisConnection<byte[], byte[]>> at(Redirect redirect) {
		return CompletableFuture.failedFuture(new IllegalStateException(
				"Redis is a cluster. Configure 'spring.data.redis.cluster.nodes' instead of a single server"));
	}

	@Override
	public List<Integer> firstSlots() {
		return List.of(0);
	}

	@Override
	public StatefulRedisPubSubConnection<String, String> subscriber() {
		return this.client.connectPubSub(StringCodec.UTF8);
	}

}
