package dev.weir.local;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

import dev.weir.ratelimit.BucketDirectory;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.RateLimit;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.BucketState;
import io.github.bucket4j.MathType;
import io.github.bucket4j.TokensInheritanceStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Buckets in this JVM, in the arithmetic of Bucket4j. Thread-safe; answers at once.
 * <p>
 * The number of buckets is bounded, and buckets whose keys clients can invent have a
 * bound of their own. Beyond a bound, the bucket that is full again soonest is forgotten:
 * its next call begins with a full bucket.
 */
public final class LocalBucketStore implements BucketStore, BucketDirectory {

	/** How many buckets a store keeps that stands in for a shared one: about 5 MB. */
	static final int MAX_STAND_INS = 10_000;

	/** How many buckets the only store of an application keeps: about 50 MB. */
	static final int MAX = 100_000;

	private final LongSupplier nanos;

	private final ReentrantLock lock = new ReentrantLock();

	private final LocalBuckets known;

	private final LocalBuckets anonymous;

	private final RecentIds settled = new RecentIds(MAX_STAND_INS);

	/**
	 * Creates a store whose clock starts with that of the system and is never set. It
	 * keeps at most 100,000 buckets that are not full, and as many anonymous ones.
	 */
	public LocalBucketStore() {
		this(monotonic(), MAX);
	}

	/**
	 * Creates a store.
	 * @param micros its clock, in microseconds since 1970
	 */
	public LocalBucketStore(LongSupplier micros) {
		this(micros, MAX);
	}

	LocalBucketStore(LongSupplier micros, int max) {
		this.known = new LocalBuckets(max);
		this.anonymous = new LocalBuckets(max);
		this.nanos = () -> TimeUnit.MICROSECONDS.toNanos(micros.getAsLong());
	}

	/**
	 * Creates a store that stands in for a shared one while that does not answer. It
	 * keeps at most 10,000 buckets that are not full, and as many anonymous ones.
	 * @return the store
	 */
	public static LocalBucketStore standIn() {
		return new LocalBucketStore(monotonic(), MAX_STAND_INS);
	}

	private static LongSupplier monotonic() {
		long offset = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - System.nanoTime();
		return () -> TimeUnit.NANOSECONDS.toMicros(offset + System.nanoTime());
	}

	@Override
	public boolean answersAtOnce() {
		return true;
	}

	@Override
	public CompletionStage<Answer> decide(List<Call> calls) {
		this.lock.lock();
		try {
			long now = this.nanos.getAsLong();
			this.known.removeFull(now);
			this.anonymous.removeFull(now);
			List<List<@Nullable Level>> results = new ArrayList<>(calls.size());
			for (Call call : calls) {
				results.add(decide(call, now));
			}
			return CompletableFuture.completedFuture(new Answer(TimeUnit.NANOSECONDS.toMicros(now), results));
		}
		finally {
			this.lock.unlock();
		}
	}

	private List<@Nullable Level> decide(Call call, long now) {
		if (call.use() != null) {
			return settle(call, call.use(), now);
		}
		List<BucketState> states = call.takes().stream().map((take) -> state(take, call.action(), now)).toList();
		boolean allowed = true;
		for (int i = 0; i < states.size(); i++) {
			Take take = call.takes().get(i);
			allowed &= take.shadow() || has(take, states.get(i));
		}
		List<@Nullable Level> levels = new ArrayList<>(states.size());
		for (int i = 0; i < states.size(); i++) {
			levels.add(apply(call.action(), call.takes().get(i), states.get(i), allowed, now));
		}
		return levels;
	}

	private static boolean has(Take take, BucketState state) {
		return take.cost() <= Math.max(0, state.getAvailableTokens());
	}

	private Level apply(Action action, Take take, BucketState state, boolean allowed, long now) {
		boolean has = has(take, state);
		switch (action) {
			case TAKE -> {
				if (allowed && has && take.cost() > 0) {
					state.consume(take.cost());
					keep(take, state, now);
				}
			}
			case PEEK -> {
			}
			case REFUND -> {
				state.addTokens(take.cost());
				if (buckets(take).get(take.key()) != null) {
					keep(take, state, now);
				}
			}
			case SETTLE -> throw new IllegalArgumentException("A settlement has no use");
		}
		return level(take, state, has, now);
	}

	private List<@Nullable Level> settle(Call call, Use use, long now) {
		boolean first = this.settled.add(use.id());
		List<@Nullable Level> levels = new ArrayList<>(call.takes().size());
		for (int i = 0; i < call.takes().size(); i++) {
			Take take = call.takes().get(i);
			BucketState state = state(take, call.action(), now);
			Settled settled = first ? settle(take, state, use.tokens().get(i), use.micros(), now) : Settled.REPEATED;
			levels.add(Level.settled(state.getAvailableTokens(), settled));
		}
		return levels;
	}

	private Settled settle(Take take, BucketState state, long used, long micros, long now) {
		long before = state.getAvailableTokens();
		long beyond = Math.min(used, RateLimit.MAX + 1) - take.cost();
		if (beyond > 0) {
			long taken = Math.max(0, Math.min(beyond, before + take.limit().burst()));
			state.consume(taken);
			keep(take, state, now);
			return new Settled(Settled.Outcome.SETTLED, -taken, beyond - taken);
		}
		double window = (double) take.limit().window().toNanos() / take.limit().limit() * take.limit().burst();
		if (beyond < 0 && now - TimeUnit.MICROSECONDS.toNanos(micros) > window) {
			return Settled.LATE;
		}
		if (beyond < 0 && buckets(take).get(take.key()) != null) {
			state.addTokens(-beyond);
			keep(take, state, now);
		}
		return new Settled(Settled.Outcome.SETTLED, state.getAvailableTokens() - before, 0);
	}

	private LocalBuckets buckets(Take take) {
		return take.anonymous() ? this.anonymous : this.known;
	}

	private void keep(Take take, BucketState state, long now) {
		buckets(take).put(LocalBucket.of(take.key(), take.limit(), state, now));
	}

	/**
	 * Returns a copy of a bucket, refilled and with the limit of a call. The bucket
	 * itself gets the limit only if the call takes from it.
	 * @param take the call's part of it
	 * @param action what the call does
	 * @param now the time
	 * @return the state
	 */
	private BucketState state(Take take, Action action, long now) {
		RateLimit limit = take.limit();
		LocalBucket bucket = buckets(take).get(take.key());
		if (bucket == null) {
			BucketState created = BucketState.createInitialState(configuration(limit), MathType.INTEGER_64_BITS, now);
			if (take.initialTokens() < limit.burst()) {
				created.consume(limit.burst() - take.initialTokens());
			}
			return created;
		}
		BucketState state = bucket.state().copy();
		state.refillAllBandwidth(now);
		if (bucket.limit().equals(limit)) {
			return state;
		}
		BucketState changed = state.replaceConfiguration(configuration(limit), TokensInheritanceStrategy.PROPORTIONALLY,
				now);
		if (action == Action.TAKE) {
			keep(take, changed.copy(), now);
		}
		return changed;
	}

	private static BucketConfiguration configuration(RateLimit limit) {
		return BucketConfiguration.builder()
			.addLimit((bandwidth) -> bandwidth.capacity(limit.burst()).refillGreedy(limit.limit(), limit.window()))
			.build();
	}

	private static Level level(Take take, BucketState state, boolean has, long now) {
		long tokens = state.getAvailableTokens();
		long burst = take.limit().burst();
		return new Level(has, tokens,
				has ? Duration.ZERO : Duration.ofNanos(nanosUntil(state, Math.min(take.cost(), burst), now)),
				(tokens < burst) ? Duration.ofNanos(nanosUntil(state, tokens + 1, now)) : Duration.ZERO);
	}

	private static long nanosUntil(BucketState state, long tokens, long now) {
		return state.calculateDelayNanosAfterWillBePossibleToConsume(tokens, now, false);
	}

	@Override
	public CompletionStage<Void> remove(String key) {
		if (this.known.get(key) != null || this.anonymous.get(key) != null) {
			this.lock.lock();
			try {
				this.known.remove(key);
				this.anonymous.remove(key);
			}
			finally {
				this.lock.unlock();
			}
		}
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public CompletionStage<Page> list(String prefix, @Nullable String cursor, int count) {
		if (cursor != null) {
			throw new IllegalArgumentException("'" + cursor + "' is no cursor: there is only one page");
		}
		long now = this.nanos.getAsLong();
		return CompletableFuture.completedFuture(new Page(Stream.concat(this.known.stream(), this.anonymous.stream())
			.filter((bucket) -> bucket.key().startsWith(prefix) && now < bucket.fullAt())
			.limit(count)
			.map((bucket) -> bucket.level(now))
			.toList(), null));
	}

	/**
	 * Returns how many buckets are kept.
	 * @return the number
	 */
	int size() {
		return this.known.size() + this.anonymous.size();
	}

}
