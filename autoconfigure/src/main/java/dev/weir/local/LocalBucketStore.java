package dev.weir.local;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

import dev.weir.ratelimit.BucketDirectory;
import dev.weir.ratelimit.BucketLevel;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.RateLimit;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.BucketState;
import io.github.bucket4j.MathType;
import io.github.bucket4j.TokensInheritanceStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Buckets in this JVM, in the arithmetic of Bucket4j. Thread-safe; answers at once.
 */
public final class LocalBucketStore implements BucketStore, BucketDirectory {

	/** How many buckets a store keeps that stands in for a shared one: about 4 MB. */
	private static final int MAX_STAND_INS = 10_000;

	private static final long SWEEP_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

	private final LongSupplier nanos;

	private final int max;

	private final ReentrantLock lock = new ReentrantLock();

	private final ConcurrentMap<String, Bucket> buckets = new ConcurrentHashMap<>();

	private long nextSweep = Long.MIN_VALUE;

	/**
	 * Creates a store whose clock starts with that of the system and is never set.
	 */
	public LocalBucketStore() {
		this(monotonic(), Integer.MAX_VALUE);
	}

	/**
	 * Creates a store.
	 * @param micros its clock, in microseconds since 1970
	 */
	public LocalBucketStore(LongSupplier micros) {
		this(micros, Integer.MAX_VALUE);
	}

	private LocalBucketStore(LongSupplier micros, int max) {
		this.max = max;
		this.nanos = () -> TimeUnit.MICROSECONDS.toNanos(micros.getAsLong());
	}

	/**
	 * Creates a store that stands in for a shared one while that does not answer. It
	 * keeps at most 10,000 buckets that are not full; beyond that, some begin full again.
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
			sweep(now);
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
		List<BucketState> states = call.takes().stream().map((take) -> state(take, call.action(), now)).toList();
		boolean allowed = true;
		for (int i = 0; i < states.size(); i++) {
			Take take = call.takes().get(i);
			allowed &= take.shadow() || take.cost() <= states.get(i).getAvailableTokens();
		}
		List<@Nullable Level> levels = new ArrayList<>(states.size());
		for (int i = 0; i < states.size(); i++) {
			levels.add(apply(call.action(), call.takes().get(i), states.get(i), allowed, now));
		}
		return levels;
	}

	private Level apply(Action action, Take take, BucketState state, boolean allowed, long now) {
		boolean has = take.cost() <= state.getAvailableTokens();
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
				this.buckets.computeIfPresent(take.key(), (key, known) -> Bucket.of(take.limit(), state, now));
			}
		}
		return level(take, state, has, now);
	}

	private void keep(Take take, BucketState state, long now) {
		if (this.buckets.put(take.key(), Bucket.of(take.limit(), state, now)) == null
				&& this.buckets.size() > this.max) {
			Iterator<String> kept = this.buckets.keySet().iterator();
			if (kept.next().equals(take.key())) {
				kept.next();
			}
			kept.remove();
		}
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
		Bucket known = this.buckets.get(take.key());
		if (known == null || known.expires - now <= 0) {
			BucketState created = BucketState.createInitialState(configuration(limit), MathType.INTEGER_64_BITS, now);
			if (take.initialTokens() < limit.burst()) {
				created.consume(limit.burst() - take.initialTokens());
			}
			return created;
		}
		BucketState state = known.state.copy();
		state.refillAllBandwidth(now);
		if (known.limit.equals(limit)) {
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
		return new Level(has, Math.max(0, tokens),
				has ? Duration.ZERO : Duration.ofNanos(nanosUntil(state, Math.min(take.cost(), burst), now)),
				(tokens < burst) ? Duration.ofNanos(nanosUntil(state, tokens + 1, now)) : Duration.ZERO);
	}

	private static long nanosUntil(BucketState state, long tokens, long now) {
		return state.calculateDelayNanosAfterWillBePossibleToConsume(tokens, now, false);
	}

	@Override
	public CompletionStage<Void> remove(String key) {
		if (!this.buckets.isEmpty()) {
			this.buckets.remove(key);
			if (this.lock.tryLock()) {
				try {
					sweep(this.nanos.getAsLong());
				}
				finally {
					this.lock.unlock();
				}
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
		return CompletableFuture.completedFuture(new Page(this.buckets.entrySet()
			.stream()
			.filter((bucket) -> bucket.getKey().startsWith(prefix) && now < bucket.getValue().expires)
			.map((bucket) -> bucket.getValue().level(bucket.getKey(), now))
			.toList(), null));
	}

	/**
	 * Returns how many buckets are kept.
	 * @return the number
	 */
	int size() {
		return this.buckets.size();
	}

	private void sweep(long now) {
		if (now >= this.nextSweep) {
			this.nextSweep = now + SWEEP_INTERVAL_NANOS;
			this.buckets.values().removeIf((bucket) -> now >= bucket.expires);
		}
	}

	/**
	 * A bucket.
	 *
	 * @param limit its limit
	 * @param state its state, never changed
	 * @param expires when it is full again and need not be kept
	 */
	private record Bucket(RateLimit limit, BucketState state, long expires) {

		static Bucket of(RateLimit limit, BucketState state, long now) {
			long full = state.calculateFullRefillingTime(now);
			return new Bucket(limit, state, (full < Long.MAX_VALUE - now) ? now + full : Long.MAX_VALUE);
		}

		BucketLevel level(String key, long now) {
			BucketState current = this.state.copy();
			current.refillAllBandwidth(now);
			return new BucketLevel(key, current.getAvailableTokens(), this.limit);
		}

	}

}
