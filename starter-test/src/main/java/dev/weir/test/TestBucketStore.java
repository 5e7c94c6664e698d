package dev.weir.test;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.ratelimit.BucketDirectory;
import dev.weir.ratelimit.BucketLevel;
import dev.weir.ratelimit.BucketStore;
import org.jspecify.annotations.Nullable;

/**
 * Keeps buckets in the JVM of the test, and fails during a simulated outage of Redis.
 */
final class TestBucketStore implements BucketStore, BucketDirectory {

	private final FailingSwitch redis;

	private final LongSupplier micros;

	private volatile LocalBucketStore buckets;

	private volatile Consumer<PauseChange> listener = (change) -> {
	};

	TestBucketStore(FailingSwitch redis, LongSupplier micros) {
		this.redis = redis;
		this.micros = micros;
		this.buckets = new LocalBucketStore(micros);
	}

	void clear() {
		this.buckets = new LocalBucketStore(this.micros);
		this.buckets.watchPauses(this.listener);
	}

	@Override
	public void watchPauses(Consumer<PauseChange> listener) {
		this.listener = listener;
		this.buckets.watchPauses(listener);
	}

	List<BucketLevel> levels(String keyOfPolicy) {
		return this.buckets.list(keyOfPolicy, null, Integer.MAX_VALUE)
			.thenApply((page) -> page.buckets()
				.stream()
				.filter((bucket) -> RateLimitPolicies.isKeyOf(keyOfPolicy, bucket.key()))
				.toList())
			.toCompletableFuture()
			.join();
	}

	private <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> call) {
		return this.redis.unlessFailing(call,
				(message) -> new StoreUnavailableException(message, new IllegalStateException(message)));
	}

	@Override
	public CompletionStage<Answer> decide(List<Call> calls) {
		return ask(() -> this.buckets.decide(calls));
	}

	@Override
	public CompletionStage<Void> remove(String key) {
		return ask(() -> this.buckets.remove(key));
	}

	@Override
	public CompletionStage<Page> list(String prefix, @Nullable String cursor, int count) {
		return ask(() -> this.buckets.list(prefix, cursor, count));
	}

}
