package dev.weir.redis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import dev.weir.core.SharedAttempt;
import dev.weir.core.Stages;

/**
 * A channel on which Redis notifies this instance: that it is its turn, or that a bucket
 * is paused. This instance subscribes when one of its callers has to wait for the first
 * time.
 */
final class WakeUps {

	private final RedisScripts scripts;

	private final String name;

	/** The name in Redis, once subscribed: the client may map names. */
	private volatile String channel;

	private final SharedAttempt<String> subscription = new SharedAttempt<>(this::subscribe);

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
		return this.subscription.result() != null;
	}

	/**
	 * Subscribes, unless this instance has subscribed already.
	 * @return completes with the name of the channel when wake-ups can arrive
	 */
	CompletionStage<String> subscribe() {
		return this.subscription.get();
	}

	private void subscribe(CompletableFuture<String> attempt) {
		this.scripts.subscribe(this.name, (key) -> this.listener.accept(key)).whenComplete((subscribed, failure) -> {
			if (failure == null) {
				this.channel = subscribed;
			}
			Stages.complete(attempt, subscribed, failure);
		});
	}

}
