package dev.weir.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

import dev.weir.ratelimit.BucketDirectory;
import dev.weir.ratelimit.BucketStore;
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

	private volatile Consumer<PauseChange> listener = (change) -> {
	};

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
	public void watchPauses(Consumer<PauseChange> listener) {
		this.listener = listener;
	}

	@Override
	public CompletionStage<Answer> decide(List<Call> calls) {
		List<PauseChange> changes = new ArrayList<>();
		Answer answer = decide(calls, changes);
		changes.forEach(this.listener);
		return CompletableFuture.completedFuture(answer);
	}

	private Answer decide(List<Call> calls, List<PauseChange> changes) {
		this.lock.lock();
		try {
			long now = this.nanos.getAsLong();
			this.known.removeFull(now);
			this.anonymous.removeFull(now);
			List<List<@Nullable Level>> results = new ArrayList<>(calls.size());
			for (Call call : calls) {
				results.add(decide(call, now, changes));
			}
			return new Answer(TimeUnit.NANOSECONDS.toMicros(now), results);
		}
		finally {
			this.lock.unlock();
		}
	}

	private List<@Nullable Level> decide(Call call, long now, List<PauseChange> changes) {
		boolean takes = call.action() == Action.TAKE;
		List<LocalShare> shares = call.takes()
			.stream()
			.map((take) -> new LocalShare(buckets(take), take, takes, now))
			.toList();
		boolean allowed = takes && shares.stream().allMatch((share) -> share.isShadow() || share.has());
		boolean first = call.use() != null && this.settled.add(call.use().id());
		List<@Nullable Level> levels = new ArrayList<>(shares.size());
		for (int i = 0; i < shares.size(); i++) {
			LocalShare share = shares.get(i);
			levels.add(switch (call.action()) {
				case TAKE -> allowed ? share.take() : share.look();
				case PEEK -> share.look();
				case REFUND -> share.refund();
				case PAUSE -> {
					PauseChange change = share.pause(call.time());
					if (change != null) {
						changes.add(change);
					}
					yield share.look();
				}
				case SETTLE -> first ? share.settle(Objects.requireNonNull(call.use()).tokens().get(i),
						Objects.requireNonNull(call.use()).micros()) : share.repeated();
			});
		}
		return levels;
	}

	private LocalBuckets buckets(Take take) {
		return take.anonymous() ? this.anonymous : this.known;
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
