package dev.weir.redis;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.weir.core.Log;
import dev.weir.core.Stages;
import dev.weir.ratelimit.BucketStore.PauseChange;

/**
 * Notifies all instances of changes of pauses, over a channel of Redis. An instance
 * subscribes to it when it watches for the first time. An instance that is not connected
 * at the moment of a change does not receive it. Thread-safe; never blocks.
 */
final class PauseMessages {

	/** A time, a shift and a key. */
	private static final Pattern MESSAGE = Pattern.compile("(\\d{1,16}) (-?\\d{1,14}) (.{1,4096})", Pattern.DOTALL);

	private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);

	private static final Log logger = Log.of(PauseMessages.class);

	private final RedisScripts scripts;

	private final String channel;

	private final WakeUps subscription;

	private final AtomicBoolean warned = new AtomicBoolean();

	private volatile Consumer<PauseChange> listener = (change) -> {
	};

	private volatile boolean failed;

	private volatile long failedAt;

	PauseMessages(RedisScripts scripts, String channel) {
		this.scripts = scripts;
		this.channel = channel;
		this.subscription = new WakeUps(scripts, channel);
		this.subscription.onWakeUp(this::received);
	}

	/**
	 * Subscribes, unless this instance has subscribed already or has failed to a moment
	 * ago.
	 * @param listener receives the changes
	 */
	void watch(Consumer<PauseChange> listener) {
		this.listener = listener;
		boolean waits = this.failed && System.nanoTime() - this.failedAt < RETRY_NANOS;
		if (!this.subscription.isSubscribed() && !waits) {
			this.subscription.subscribe().whenComplete((subscribed, failure) -> {
				this.failedAt = System.nanoTime();
				this.failed = failure != null;
				if (failure != null) {
					warn("receive", Stages.unwrap(failure));
				}
			});
		}
	}

	/**
	 * Notifies this instance and all other ones.
	 * @param change the change
	 */
	void send(PauseChange change) {
		this.listener.accept(change);
		String message = change.micros() + " " + BucketReply.micros(change.shift()) + " " + change.key();
		this.scripts.publish(this.channel, message).whenComplete((receivers, failure) -> {
			if (failure != null) {
				warn("send", Stages.unwrap(failure));
			}
		});
	}

	// A client with the right to publish can send anything.
	private void received(String message) {
		Matcher matcher = MESSAGE.matcher(message);
		if (matcher.matches()) {
			this.listener.accept(new PauseChange(matcher.group(3), Long.parseLong(matcher.group(1)),
					Duration.of(Long.parseLong(matcher.group(2)), ChronoUnit.MICROS)));
		}
	}

	private void warn(String verb, Throwable failure) {
		if (this.warned.compareAndSet(false, true)) {
			logger.warn(
					"This instance could not {} a message about a paused rate limit on the channel '{}'. The pause holds "
							+ "for new calls, but calls that wait for their tokens may go on in it. This is logged "
							+ "once. Cause: {}",
					verb, this.channel, failure.getMessage());
		}
	}

}
