package dev.weir.redis;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.core.Containment;
import dev.weir.core.Log;
import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages to all instances on a channel of Redis. An instance that is not
 * connected at that moment does not receive the message. Thread-safe.
 */
public final class Broadcast implements AutoCloseable {

	private static final Duration RETRY = Duration.ofSeconds(5);

	/** How many messages can wait for the listener. Further messages are dropped. */
	static final int MAX_WAITING = 100;

	/**
	 * Number of attempts after which a failure is unusual. They take half a minute, which
	 * is longer than a slow start.
	 */
	private static final int UNUSUAL_ATTEMPTS = 6;

	private static final Log logger = Log.of(Broadcast.class);

	private final RedisScripts scripts;

	private final String channel;

	private final int maxLength;

	private final Executor executor;

	private final AtomicBoolean warned = new AtomicBoolean();

	private final AtomicInteger attempts = new AtomicInteger();

	private final AtomicInteger waiting = new AtomicInteger();

	/**
	 * Completes when the listener has processed all messages received so far. Keeps their
	 * order, because the executor has several threads.
	 */
	private CompletableFuture<@Nullable Void> last = CompletableFuture.completedFuture(null);

	private volatile boolean closed;

	/**
	 * Creates a broadcast.
	 * @param scripts the connection
	 * @param channel the name of the channel
	 * @param maxLength the maximum length of a message in characters
	 * @param executor runs the listener
	 */
	public Broadcast(RedisScripts scripts, String channel, int maxLength, Executor executor) {
		this.scripts = scripts;
		this.channel = channel;
		this.maxLength = maxLength;
		this.executor = executor;
	}

	/**
	 * Subscribes to the channel. After a failure, tries again every {@code 5 s} until the
	 * subscription succeeds. From then on the client keeps the subscription.
	 * @param listener receives the messages of all instances, also of this one, one after
	 * the other in the order of Redis
	 */
	public void listen(Listener listener) {
		this.scripts.subscribe(this.channel, (message) -> received(listener, message))
			.whenComplete((subscribed, failure) -> {
				if (failure != null && !this.closed) {
					retry(listener, failure);
				}
			});
	}

	private void received(Listener listener, String message) {
		if (message.length() > this.maxLength) {
			listener.dropped("The message has more than " + this.maxLength + " characters");
		}
		else if (this.waiting.incrementAndGet() > MAX_WAITING) {
			this.waiting.decrementAndGet();
			listener.dropped("More than " + MAX_WAITING + " messages arrived at once");
		}
		else {
			process(listener, message);
		}
	}

	private synchronized void process(Listener listener, String message) {
		this.last = this.last.handleAsync((done, failure) -> {
			Containment.run(listener, () -> listener.received(message));
			this.waiting.decrementAndGet();
			return null;
		}, this.executor);
	}

	private void retry(Listener listener, Throwable failure) {
		// The log of outages covers a Redis that does not answer. Warn of that here only
		// if it lasts.
		boolean unusual = !(failure instanceof StoreUnavailableException)
				|| this.attempts.incrementAndGet() >= UNUSUAL_ATTEMPTS;
		if (unusual && this.warned.compareAndSet(false, true)) {
			logger.warn(
					"This instance does not receive the policy changes that operators make in all instances, because "
							+ "it cannot subscribe to the channel '{}'. It tries again every {} s. Cause: {}",
					this.channel, RETRY.toSeconds(), failure.getMessage());
		}
		CompletableFuture.delayedExecutor(RETRY.toMillis(), TimeUnit.MILLISECONDS, this.executor)
			.execute(() -> listenAgain(listener));
	}

	private void listenAgain(Listener listener) {
		if (!this.closed) {
			listen(listener);
		}
	}

	/**
	 * Sends a message to all instances.
	 * @param message the message
	 * @return completes with the number of instances that received the message; in a
	 * cluster, with the number of instances connected to the node that was asked
	 */
	public CompletionStage<Long> publish(String message) {
		return this.scripts.publish(this.channel, message);
	}

	@Override
	public void close() {
		this.closed = true;
	}

	/**
	 * Receives messages. Every client with the right to publish on the channel can send
	 * them.
	 */
	public interface Listener {

		/**
		 * Handles a message.
		 * @param message the message
		 */
		void received(String message);

		/**
		 * Handles that a message was dropped. Called on a thread of the client, so this
		 * method must not block.
		 * @param reason the reason
		 */
		void dropped(String reason);

	}

}
