package dev.weir.redis;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells all instances something on a channel of Redis. An instance that is not connected
 * at that moment does not hear it. Thread-safe.
 */
public final class Broadcast implements AutoCloseable {

	private static final Duration RETRY = Duration.ofSeconds(5);

	/** A subscription that fails for half a minute is not only a slow start. */
	private static final int UNUSUAL_ATTEMPTS = 6;

	private static final Logger logger = LoggerFactory.getLogger(Broadcast.class);

	private final RedisScripts scripts;

	private final String channel;

	private final Executor executor;

	private final AtomicBoolean warned = new AtomicBoolean();

	private final AtomicInteger attempts = new AtomicInteger();

	/** Done when all that was heard is: the executor has several threads. */
	private CompletableFuture<@Nullable Void> last = CompletableFuture.completedFuture(null);

	private volatile boolean closed;

	/**
	 * Creates a broadcast.
	 * @param scripts the connection
	 * @param channel the name of the channel
	 * @param executor where what was heard is worked on
	 */
	public Broadcast(RedisScripts scripts, String channel, Executor executor) {
		this.scripts = scripts;
		this.channel = channel;
		this.executor = executor;
	}

	/**
	 * Subscribes, and tries again every {@code 5 s} until that has worked; from then on
	 * the client keeps the subscription.
	 * @param listener receives what is told, also by this instance, one message after the
	 * other in the order of Redis
	 */
	public void listen(Consumer<String> listener) {
		this.scripts.subscribe(this.channel, (message) -> received(listener, message))
			.whenComplete((subscribed, failure) -> {
				if (failure != null && !this.closed) {
					retry(listener, failure);
				}
			});
	}

	private synchronized void received(Consumer<String> listener, String message) {
		this.last = this.last.handleAsync((done, failure) -> {
			listener.accept(message);
			return null;
		}, this.executor);
	}

	private void retry(Consumer<String> listener, Throwable failure) {
		// While Redis does not answer at all, that is logged where all calls meet.
		boolean unusual = !(failure instanceof StoreUnavailableException)
				|| this.attempts.incrementAndGet() >= UNUSUAL_ATTEMPTS;
		if (unusual && this.warned.compareAndSet(false, true)) {
			logger.warn(
					"This instance does not receive the policy changes that operators make in all instances, because "
							+ "it cannot subscribe to the channel '{}'. It tries again every {} s: {}",
					this.channel, RETRY.toSeconds(), failure.getMessage());
		}
		CompletableFuture.delayedExecutor(RETRY.toMillis(), TimeUnit.MILLISECONDS, this.executor)
			.execute(() -> listenAgain(listener));
	}

	private void listenAgain(Consumer<String> listener) {
		if (!this.closed) {
			listen(listener);
		}
	}

	/**
	 * Tells all instances.
	 * @param message what to tell
	 * @return completes with how many heard it; in a cluster, with how many are connected
	 * to the node that was asked
	 */
	public CompletionStage<Long> publish(String message) {
		return this.scripts.publish(this.channel, message);
	}

	@Override
	public void close() {
		this.closed = true;
	}

}
