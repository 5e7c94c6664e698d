package dev.weir.redis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

import dev.weir.core.Stages;
import dev.weir.ratelimit.BucketStore;

/**
 * Buckets on Redis: strings of numbers, which one script refills and takes from for all
 * calls of a batch, on the clock of Redis. {@code bucket.lua} describes the format.
 */
public final class RedisBucketStore implements BucketStore {

	private static final LuaScript<List<Object>> DECIDE = LuaScript.list("bucket-decide", "bucket");

	private static final LuaScript<Long> REMOVE = LuaScript.number("bucket-remove", "bucket");

	private final RedisScripts scripts;

	/**
	 * Creates a store.
	 * @param scripts runs the scripts
	 */
	public RedisBucketStore(RedisScripts scripts) {
		this.scripts = scripts;
	}

	@Override
	public CompletionStage<Answer> decide(List<Call> calls) {
		BucketBatch batch = BucketBatch.of(calls);
		return this.scripts.run(DECIDE, batch.keys(), batch.arguments())
			.handle((reply, failure) -> (failure != null)
					? CompletableFuture.<Answer>failedFuture(failureOf(calls, failure))
					: CompletableFuture.completedFuture(batch.answer(reply)))
			.thenCompose(Function.identity());
	}

	// While a slot moves to another node of a cluster, and behind a proxy that hides a
	// cluster, Redis refuses scripts with several keys.
	private static Throwable failureOf(List<Call> calls, Throwable failure) {
		Throwable reason = Stages.unwrap(failure);
		return (calls.size() > 1 && RedisFailures.isForbiddenTogether(reason)) ? new NotTogetherException(reason)
				: reason;
	}

	@Override
	public CompletionStage<Void> remove(String key) {
		return this.scripts.run(REMOVE, List.of(RedisKeys.bucket(key))).thenApply((removed) -> {
			if (removed < 0) {
				throw RedisFailures.foreignData(null);
			}
			return null;
		});
	}

	@Override
	public CompletionStage<?> ready() {
		return this.scripts.ready();
	}

	@Override
	public boolean isAway(String key) {
		return this.scripts.isAway(RedisKeys.bucket(key));
	}

	@Override
	public int slot(String key) {
		return this.scripts.isCluster() ? RedisKeys.slot(RedisKeys.bucket(key)) : 0;
	}

}
