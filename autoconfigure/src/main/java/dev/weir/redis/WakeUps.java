package dev.weir.redis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.redisson.api.RTopic;
import org.redisson.client.codec.StringCodec;

/**
 * The one channel of this instance, on which it is told that it is its turn. Subscribed
 * to when somebody of this instance has to wait for the first time.
 */
final class WakeUps {

	private final RedisScripts scripts;

	private final RTopic topic;

	private final String channel;

	private final AtomicReference<@Nullable CompletableFuture<Void>> subscription = new AtomicReference<>();

	private volatile Consumer<String> listener = (key) -> {
	};

	WakeUps(RedisScripts scripts, String name) {
		this.scripts = scripts;
		this.topic = scripts.redisson().getTopic(name, StringCodec.INSTANCE);
		// The client may map names; scripts publish to the name that Redis sees.
		this.channel = this.topic.getChannelNames().get(0);
	}

	String channel() {
		return this.channel;
	}

	void onWakeUp(Consumer<String> listener) {
		this.listener = listener;
	}

	boolean isSubscribed() {
		CompletableFuture<Void> known = this.subscription.get();
		return known != null && known.isDone() && !known.isCompletedExceptionally();
	}

	/**
	 * Subscribes, if that was not done yet.
	 * @return completes when wake-ups arrive
	 */
	CompletionStage<Void> subscribe() {
		CompletableFuture<Void> known = this.subscription.get();
		if (known != null && !known.isCompletedExceptionally()) {
			return known;
		}
		CompletableFuture<Void> attempt = new CompletableFuture<>();
		if (!this.subscription.compareAndSet(known, attempt)) {
			return subscribe();
		}
		this.scripts
			.bounded(() -> this.topic.addListenerAsync(String.class, (channel, key) -> this.listener.accept(key)))
			.whenComplete((listenerId, failure) -> {
				if (failure != null) {
					attempt.completeExceptionally(failure);
				}
				else {
					attempt.complete(null);
				}
			});
		return attempt;
	}

}
