package dev.weir.redis;

import java.math.BigInteger;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import dev.weir.core.Stages;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * Buckets on Redis: strings of numbers, which one script refills and takes from for all
 * calls of a batch, on the clock of Redis. {@code bucket.lua} describes the format.
 */
public final class RedisBucketStore implements BucketStore {

	private static final LuaScript<List<Object>> DECIDE = LuaScript.list("bucket-decide", "bucket");

	private static final LuaScript<Long> REMOVE = LuaScript.number("bucket-remove", "bucket");

	/** How many numbers the script returns for each bucket of a call. */
	private static final int FIELDS = 4;

	private static final BigInteger LONGEST_MICROS = BigInteger.valueOf(Long.MAX_VALUE / 2);

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
		List<Run> runs = runs(calls);
		Limits limits = new Limits();
		List<Object> arguments = new ArrayList<>();
		for (Run run : runs) {
			arguments.add(switch (run.call().action()) {
				case TAKE -> "take";
				case PEEK -> "peek";
				case REFUND -> "refund";
			});
			arguments.add(run.count());
			arguments.add(run.call().takes().size());
			for (Take take : run.call().takes()) {
				arguments.add(limits.of(take));
				arguments.add(Math.min(take.cost(), RateLimit.MAX + 1));
				arguments.add(take.shadow() ? "1" : "0");
			}
		}
		arguments.addAll(0, limits.arguments());
		return this.scripts.run(DECIDE, limits.keys(), arguments.toArray())
			.handle((reply, failure) -> (failure != null)
					? CompletableFuture.<Answer>failedFuture(failureOf(calls, failure))
					: CompletableFuture.completedFuture(answer(runs, reply)))
			.thenCompose(Function.identity());
	}

	// While a slot moves to another node of a cluster, and behind a proxy that hides a
	// cluster, Redis refuses scripts with several keys.
	private static Throwable failureOf(List<Call> calls, Throwable failure) {
		Throwable reason = Stages.unwrap(failure);
		return (calls.size() > 1 && RedisFailures.isForbiddenTogether(reason)) ? new NotTogetherException(reason)
				: reason;
	}

	/**
	 * Joins equal calls that follow each other: callers of one hot bucket cost Redis and
	 * the client hardly more than one of them.
	 * @param calls the calls
	 * @return the runs
	 */
	private static List<Run> runs(List<Call> calls) {
		List<Run> runs = new ArrayList<>();
		int begin = 0;
		for (int end = 1; end <= calls.size(); end++) {
			if (end == calls.size() || !calls.get(end).equals(calls.get(begin))) {
				runs.add(new Run(calls.get(begin), end - begin));
				begin = end;
			}
		}
		return runs;
	}

	private static Answer answer(List<Run> runs, List<Object> reply) {
		List<List<@Nullable Level>> results = new ArrayList<>();
		int at = 1;
		for (Run run : runs) {
			List<Take> takes = run.call().takes();
			for (int call = 1; call <= run.count(); call++) {
				List<@Nullable Level> levels = new ArrayList<>(takes.size());
				for (int i = 0; i < takes.size(); i++) {
					levels.add(level(takes.get(i), call, reply, at + i * FIELDS));
				}
				results.add(levels);
			}
			at += takes.size() * FIELDS;
		}
		return new Answer(number(reply.get(0)), results);
	}

	/**
	 * Returns a bucket after one call of a run.
	 * @param take the call's part of the bucket
	 * @param call the number of the call in its run, from 1 on
	 * @param reply the reply of the script
	 * @param at where the fields of the bucket begin
	 * @return the level, {@code null} if the key holds anything other than a bucket
	 */
	private static @Nullable Level level(Take take, int call, List<Object> reply, int at) {
		long taken = number(reply.get(at));
		if (taken < 0) {
			return null;
		}
		long left = number(reply.get(at + 1));
		long remainder = number(reply.get(at + 2));
		long aheadMicros = number(reply.get(at + 3));
		long tokens = left + Math.max(0, taken - call) * take.cost();
		boolean has = call <= taken || take.cost() <= left;
		long burst = take.limit().burst();
		return new Level(has, tokens,
				has ? Duration.ZERO
						: until(take.limit(), Math.min(take.cost(), burst) - tokens, remainder, aheadMicros),
				(tokens < burst) ? until(take.limit(), 1, remainder, aheadMicros) : Duration.ZERO);
	}

	/**
	 * Returns when a bucket has more tokens.
	 * @param limit its limit
	 * @param missing how many tokens more
	 * @param remainder the part of a token that it holds, in windows of a microsecond
	 * @param aheadMicros when it begins to get tokens
	 * @return the time, rounded up to a microsecond
	 */
	private static Duration until(RateLimit limit, long missing, long remainder, long aheadMicros) {
		long window = windowMicros(limit);
		long micros;
		if (missing <= Long.MAX_VALUE / window) {
			micros = -Math.floorDiv(remainder - missing * window, limit.limit());
		}
		else {
			BigInteger[] divided = BigInteger.valueOf(missing)
				.multiply(BigInteger.valueOf(window))
				.subtract(BigInteger.valueOf(remainder))
				.divideAndRemainder(BigInteger.valueOf(limit.limit()));
			micros = divided[0].add(BigInteger.valueOf(divided[1].signum())).min(LONGEST_MICROS).longValue();
		}
		return Duration.of(micros + aheadMicros, ChronoUnit.MICROS);
	}

	private static long windowMicros(RateLimit limit) {
		return TimeUnit.NANOSECONDS.toMicros(limit.window().toNanos());
	}

	private static long number(Object value) {
		return ((Number) value).longValue();
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

	/**
	 * Equal calls that follow each other.
	 *
	 * @param call one of them
	 * @param count how many they are
	 */
	private record Run(Call call, int count) {

	}

	/**
	 * Gives each bucket and each limit of a bucket a number, from 1 on, as Lua counts.
	 */
	private static final class Limits {

		private final Map<String, Integer> buckets = new LinkedHashMap<>();

		private final Map<Limited, Integer> limits = new LinkedHashMap<>();

		int of(Take take) {
			return this.limits.computeIfAbsent(new Limited(RedisKeys.bucket(take.key()), take.limit()), (added) -> {
				this.buckets.putIfAbsent(added.key(), this.buckets.size() + 1);
				return this.limits.size() + 1;
			});
		}

		List<String> keys() {
			return List.copyOf(this.buckets.keySet());
		}

		List<Object> arguments() {
			List<Object> arguments = new ArrayList<>(1 + FIELDS * this.limits.size());
			arguments.add(this.limits.size());
			this.limits.keySet().forEach((limited) -> {
				arguments.add(this.buckets.get(limited.key()));
				arguments.add(limited.limit().limit());
				arguments.add(windowMicros(limited.limit()));
				arguments.add(limited.limit().burst());
			});
			return arguments;
		}

	}

	/**
	 * A limit of a bucket.
	 *
	 * @param key the key of the bucket
	 * @param limit the limit
	 */
	private record Limited(String key, RateLimit limit) {

	}

}
