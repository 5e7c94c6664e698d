package dev.weir.redis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import dev.weir.core.Stages;
import org.jspecify.annotations.Nullable;

/**
 * The one channel of this instance, on which it is told that it is its turn. Subscribed
 * to when somebody of this instance has to wait for the first time.
 */
final class WakeUps {

	private final RedisScripts scripts;

	private final String name;

	/** The name as Redis sees it, once subscribed: the client may map names. */
	private volatile String channel;

	private final AtomicReference<@Nullable CompletableFuture<String>> subscription = new AtomicReference<>();

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
		CompletableFuture<String> known = this.subscription.get();
		return known != null && known.isDone() && !known.isCompletedExceptionally();
	}

	/**
	 * Subscribes, if that was not done yet.
	 * @return completes with the channel when wake-ups arrive
	 */
	CompletionStage<String> subscribe() {
		CompletableFuture<String> known = this.subscription.get();
		if (known != null && !known.isCompletedExceptionally()) {
			return known;
		}
		CompletableFuture<String> attempt = new CompletableFuture<>();
		if (!this.subscription.compareAndSet(known, attempt)) {
			return subscribe();
		}
		this.scripts.subscribe(this.name, (key) -> this.listener.accept(key)).whenComplete((subscribed, failure) -> {
			if (failure == null) {
				this.channel = subscribed;
			}
			Stages.complete(attempt, subscribed, failure);
		});
		return attempt;
	}

}
