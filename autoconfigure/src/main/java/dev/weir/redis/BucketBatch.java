package dev.weir.redis;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import dev.weir.ratelimit.BucketStore.Action;
import dev.weir.ratelimit.BucketStore.Answer;
import dev.weir.ratelimit.BucketStore.Call;
import dev.weir.ratelimit.BucketStore.Level;
import dev.weir.ratelimit.BucketStore.PauseChange;
import dev.weir.ratelimit.BucketStore.Take;
import dev.weir.ratelimit.BucketStore.Use;
import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one batch in the form that {@code bucket-decide.lua} takes.
 */
final class BucketBatch {

	private final List<Run> runs;

	/** The keys, each with its number, from 1 on, as Lua counts. */
	private final Map<String, Integer> keys = new LinkedHashMap<>();

	/** The limits of buckets, each with its number, from 1 on. */
	private final Map<Limited, Integer> limits = new LinkedHashMap<>();

	private final List<Object> arguments = new ArrayList<>();

	private final Instant now;

	private BucketBatch(List<Run> runs, Instant now) {
		this.runs = runs;
		this.now = now;
		for (Run run : runs) {
			if (run.call().action() == Action.SETTLE) {
				addSettlement(run.call(), Objects.requireNonNull(run.call().use()));
			}
			else if (run.call().action() == Action.PAUSE) {
				addPause(run.call());
			}
			else {
				add(run);
			}
		}
		this.arguments.addAll(0, limitArguments());
	}

	/**
	 * Creates a batch. Joins equal calls that follow each other: callers of one hot
	 * bucket cost Redis and the client hardly more than one of them.
	 * @param calls the calls
	 * @param now about the time of Redis
	 * @return the batch
	 */
	static BucketBatch of(List<Call> calls, Instant now) {
		List<Run> runs = new ArrayList<>();
		int begin = 0;
		for (int end = 1; end <= calls.size(); end++) {
			if (end == calls.size() || !calls.get(end).equals(calls.get(begin))) {
				runs.add(new Run(calls.get(begin), end - begin));
				begin = end;
			}
		}
		return new BucketBatch(runs, now);
	}

	private void add(Run run) {
		boolean waits = run.call().action() == Action.TAKE
				&& run.call().takes().stream().anyMatch((take) -> !take.waitTime().isZero());
		this.arguments.add(switch (run.call().action()) {
			case TAKE -> waits ? "wait" : "take";
			case PEEK -> "peek";
			case REFUND -> "refund";
			case SETTLE, PAUSE -> throw new IllegalArgumentException("This is no run of calls");
		});
		this.arguments.add(run.count());
		this.arguments.add(run.call().takes().size());
		for (Take take : run.call().takes()) {
			this.arguments.add(limitOf(take));
			this.arguments.add(atMost(take.cost()));
			this.arguments.add(take.shadow() ? "1" : "0");
			if (waits) {
				this.arguments.add(BucketReply.micros(take.waitTime()));
			}
		}
	}

	private void addPause(Call call) {
		this.arguments.add("pause");
		this.arguments.add(BucketReply.micros(call.time()));
		this.arguments.add(call.takes().size());
		call.takes().forEach((take) -> this.arguments.add(limitOf(take)));
	}

	private void addSettlement(Call call, Use use) {
		String marker = RedisKeys.settlement(call.takes().get(0).key(), use.id());
		this.arguments.add("settle");
		this.arguments.add(keyOf(marker));
		this.arguments.add(call.takes().size());
		for (int i = 0; i < call.takes().size(); i++) {
			this.arguments.add(limitOf(call.takes().get(i)));
			this.arguments.add(atMost(call.takes().get(i).cost()));
			this.arguments.add(atMost(use.tokens().get(i)));
			this.arguments.add(use.micros());
		}
	}

	private static long atMost(long tokens) {
		return Math.min(tokens, RateLimit.MAX + 1);
	}

	private int keyOf(String key) {
		return this.keys.computeIfAbsent(key, (added) -> this.keys.size() + 1);
	}

	private int limitOf(Take take) {
		return this.limits.computeIfAbsent(new Limited(keyOf(RedisKeys.bucket(take.key())), take.limit()),
				(added) -> this.limits.size() + 1);
	}

	private List<Object> limitArguments() {
		List<Object> all = new ArrayList<>(1 + 4 * this.limits.size());
		all.add(this.limits.size());
		this.limits.keySet().forEach((limited) -> {
			all.add(limited.key());
			all.add(limited.limit().limit());
			Quota quota = limited.limit().quota();
			if (quota != null) {
				all.add(0);
				for (long begin : quota.around(this.now)) {
					all.add(begin);
				}
			}
			else {
				all.add(BucketReply.micros(limited.limit().window()));
				all.add(limited.limit().burst());
			}
		});
		return all;
	}

	boolean hasQuotas() {
		return this.limits.keySet().stream().anyMatch((limited) -> limited.limit().quota() != null);
	}

	List<String> keys() {
		return List.copyOf(this.keys.keySet());
	}

	Object[] arguments() {
		return this.arguments.toArray();
	}

	/**
	 * Reads the changes of pauses from the reply of the script.
	 * @param reply the reply
	 * @return the changes, none if the batch has no pause or the reply has only a time
	 */
	List<PauseChange> changes(BucketReply reply) {
		List<PauseChange> changes = new ArrayList<>();
		int at = 0;
		for (Run run : this.runs) {
			for (Take take : run.call().takes()) {
				Duration shift = (run.call().action() == Action.PAUSE && !reply.isOnlyTime()) ? reply.shift(at)
						: Duration.ZERO;
				if (!shift.isZero()) {
					changes.add(new PauseChange(take.key(), reply.time(), shift));
				}
				at++;
			}
		}
		return changes;
	}

	/**
	 * Reads the reply of the script.
	 * @param numbers the reply, not only a time
	 * @return the answer to the calls
	 */
	Answer answer(BucketReply numbers) {
		List<List<@Nullable Level>> results = new ArrayList<>();
		int at = 0;
		for (Run run : this.runs) {
			List<Take> takes = run.call().takes();
			for (int number = 1; number <= run.count(); number++) {
				List<@Nullable Level> levels = new ArrayList<>(takes.size());
				for (int i = 0; i < takes.size(); i++) {
					levels.add(switch (run.call().action()) {
						case SETTLE -> numbers.settled(at + i);
						case PAUSE -> numbers.paused(at + i);
						case TAKE, PEEK, REFUND -> numbers.level(run.call(), takes.get(i), number, at + i);
					});
				}
				results.add(levels);
			}
			at += takes.size();
		}
		return new Answer(numbers.time(), results);
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
	 * A limit of a bucket.
	 *
	 * @param key the number of the bucket's key
	 * @param limit the limit
	 */
	private record Limited(int key, RateLimit limit) {

	}

}
