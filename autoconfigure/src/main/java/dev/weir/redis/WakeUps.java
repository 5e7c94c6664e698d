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

	private final String name;

	/** The name as Redis sees it, once subscribed: the client may map names. */
	private volatile String channel;

	private final AtomicReference<@Nullable CompletableFuture<Void>> subscription = new AtomicReference<>();

	private volatile Consumer<String> listener = (key) -> {
	};

	WakeUps(RedisScripts scripts, String name) {
		this.scripts = scripts;
		this.name = name;
		this.channel = name;
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
		this.scripts.bounded((client) -> subscribe(client.redisson().getTopic(this.name, StringCodec.INSTANCE)))
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

	private CompletionStage<Integer> subscribe(RTopic topic) {
		this.channel = topic.getChannelNames().get(0);
		return topic.addListenerAsync(String.class, (pattern, key) -> this.listener.accept(key));
	}

}
