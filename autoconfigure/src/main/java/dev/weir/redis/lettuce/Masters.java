package dev.weir.redis.lettuce;

import java.util.List;
import java.util.concurrent.CompletionStage;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.jspecify.annotations.Nullable;

/**
 * The masters of Redis, and the connections to them. Thread-safe.
 */
interface Masters {

	/**
	 * Returns the master that has a key.
	 * @param route the key, {@code null} for any master
	 * @return the name of the master, {@code null} if none has the key now
	 */
	@Nullable String name(@Nullable String route);

	/**
	 * Returns the connection to the master that has a key.
	 * @param route the key, {@code null} for any master
	 * @return completes with the connection
	 */
	CompletionStage<StatefulRedisConnection<byte[], byte[]>> of(@Nullable String route);

	/**
	 * Returns the connection to which Redis has redirected a call.
	 * @param redirect where the call goes
	 * @return completes with the connection
	 */
	CompletionStage<StatefulRedisConnection<byte[], byte[]>> at(Redirect redirect);

	/**
	 * Returns the first slot of each master.
	 * @return the slots, in ascending order
	 */
	List<Integer> firstSlots();

	/**
	 * Opens a connection for subscriptions. Blocks.
	 * @return the connection; Lettuce keeps its subscriptions when it connects again
	 */
	StatefulRedisPubSubConnection<String, String> subscriber();

}
