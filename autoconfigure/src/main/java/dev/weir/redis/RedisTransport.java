package dev.weir.redis;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * The only seam between Weir's stores and a Redis client. Thread-safe; never blocks the
 * calling thread.
 * <p>
 * An implementation sends each call once, to the master, and adds no retry: only the
 * stores know how to handle a lost answer. {@link RedisScripts} bounds each call by a
 * time-out, so an implementation need not. {@link #eval}, {@link #subscribe},
 * {@link #publish} and {@link #masters} are called only after {@link #connect} has
 * completed.
 */
public interface RedisTransport {

	/** The name of the master where there is only one. */
	String ONLY_MASTER = "redis";

	/**
	 * Returns whether the keys are spread over several masters.
	 * @return whether this is a Redis Cluster
	 */
	boolean isCluster();

	/**
	 * Returns the addresses of Redis and where they are configured, for log lines.
	 * @return the location, never with a password
	 */
	String location();

	/**
	 * Connects, unless the client is connected already.
	 * @return completes when the client is connected; the next call after a failure tries
	 * again
	 */
	CompletionStage<?> connect();

	/**
	 * Sends calls that meet, in one write if possible. Redis runs each of them by itself:
	 * the error of one has no effect on the others. Completes the reply of each call.
	 * @param batch the calls, one or more; those with a known master have the same one
	 */
	void eval(List<PendingCall<?>> batch);

	/**
	 * Subscribes to a channel. The client keeps the subscription from then on, also when
	 * it has to connect again.
	 * @param channel the name of the channel
	 * @param listener receives each message on any thread, and does not block
	 * @return completes with the name under which scripts publish to the channel: a
	 * client may map names
	 */
	CompletionStage<String> subscribe(String channel, Consumer<String> listener);

	/**
	 * Publishes a message.
	 * @param channel the name of the channel, as for {@link #subscribe}
	 * @param message the message
	 * @return completes with the number of subscribers at the node that was asked
	 */
	CompletionStage<Long> publish(String channel, String message);

	/**
	 * Returns the master that runs the calls for a key, as far as the client knows. This
	 * method is cheap, and may be called before {@link #connect}.
	 * @param route the key, {@code null} for any master
	 * @return the address of the master, {@code null} if it is not known
	 */
	@Nullable String master(@Nullable String route);

	/**
	 * Lists the masters.
	 * @return completes with the first slot of each master; with slot 0 if this is no
	 * cluster
	 */
	CompletionStage<List<Integer>> masters();

	/**
	 * Explains why a stage of this transport failed.
	 * @param failure the failure
	 * @return {@link dev.weir.core.StoreUnavailableException} if Redis gave no answer or
	 * cannot work at this time, {@link IllegalStateException} if it was used wrongly
	 */
	default RuntimeException translate(Throwable failure) {
		return RedisFailures.translate(failure);
	}

}
