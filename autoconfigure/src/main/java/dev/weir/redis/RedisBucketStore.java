package dev.weir.redis;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

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

	private final PauseMessages pauses;

	private final Supplier<Instant> clock;

	/**
	 * By how many microseconds the clock of Redis is ahead, if this ever was too much.
	 */
	private final AtomicLong ahead = new AtomicLong();

	/**
	 * Creates a store whose channel for pauses has the default prefix.
	 * @param scripts runs the scripts
	 */
	public RedisBucketStore(RedisScripts scripts) {
		this(scripts, "weir:");
	}

	/**
	 * Creates a store.
	 * @param scripts runs the scripts
	 * @param keyPrefix the prefix of the name of the channel for pauses
	 */
	public RedisBucketStore(RedisScripts scripts, String keyPrefix) {
		this(scripts, keyPrefix, Instant::now);
	}

	RedisBucketStore(RedisScripts scripts, Supplier<Instant> clock) {
		this(scripts, "weir:", clock);
	}

	private RedisBucketStore(RedisScripts scripts, String keyPrefix, Supplier<Instant> clock) {
		this.scripts = scripts;
		this.pauses = new PauseMessages(scripts, keyPrefix + "pauses");
		this.clock = clock;
	}

	@Override
	public void watchPauses(Consumer<PauseChange> listener) {
		this.pauses.watch(listener);
	}

	@Override
	public CompletionStage<Answer> decide(List<Call> calls) {
		return decide(calls, this.clock.get().plus(this.ahead.get(), ChronoUnit.MICROS), true)
			.handle((answer, failure) -> {
				if (failure != null) {
					return CompletableFuture.<Answer>failedFuture(failureOf(calls, failure));
				}
				return CompletableFuture.completedFuture(answer);
			})
			.thenCompose(Function.identity());
	}

	/**
	 * Decides calls. Sends them once again if the clock of this instance is so wrong that
	 * it has named no period of the present: the script has changed nothing then.
	 * @param calls the calls
	 * @param now about the time of Redis
	 * @param again whether the calls may be sent again
	 * @return completes with the answer
	 */
	private CompletionStage<Answer> decide(List<Call> calls, Instant now, boolean again) {
		BucketBatch batch = BucketBatch.of(calls, now);
		return this.scripts.run(DECIDE, batch.keys(), batch.arguments()).thenCompose((numbers) -> {
			BucketReply reply = new BucketReply(numbers);
			if (!again || !reply.isOnlyTime() || !batch.hasQuotas()) {
				batch.changes(reply).forEach(this.pauses::send);
				return CompletableFuture.completedFuture(batch.answer(reply));
			}
			Instant actual = Instant.EPOCH.plus(reply.time(), ChronoUnit.MICROS);
			this.ahead.set(ChronoUnit.MICROS.between(this.clock.get(), actual));
			return decide(calls, actual, false);
		});
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
