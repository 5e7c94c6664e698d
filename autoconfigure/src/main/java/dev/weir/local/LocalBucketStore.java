package dev.weir.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
import dev.weir.ratelimit.StoredBucket;
import org.jspecify.annotations.Nullable;

/**
 * Keeps buckets in this JVM. Thread-safe; answers at once.
 */
public final class LocalBucketStore implements BucketStore, BucketDirectory {

	private static final long SWEEP_INTERVAL_MICROS = TimeUnit.SECONDS.toMicros(1);

	private final LongSupplier micros;

	private final ReentrantLock lock = new ReentrantLock();

	private final ConcurrentMap<String, Bucket> buckets = new ConcurrentHashMap<>();

	private long nextSweep = Long.MIN_VALUE;

	/**
	 * Creates a store whose clock starts with the time of the system and is not set
	 * later.
	 */
	public LocalBucketStore() {
		this(monotonic());
	}

	/**
	 * Creates a store.
	 * @param micros its clock, in microseconds since 1970
	 */
	public LocalBucketStore(LongSupplier micros) {
		this.micros = micros;
	}

	private static LongSupplier monotonic() {
		long offset = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - System.nanoTime();
		return () -> TimeUnit.NANOSECONDS.toMicros(offset + System.nanoTime());
	}

	@Override
	public CompletionStage<Answer> swap(List<Swap> swaps, AssumedTime time) {
		this.lock.lock();
		try {
			long now = this.micros.getAsLong();
			sweep(now);
			boolean asExpected = time.holds(now);
			List<@Nullable StoredBucket> stored = new ArrayList<>(swaps.size());
			for (Swap swap : swaps) {
				StoredBucket bucket = find(swap.key(), now);
				stored.add(bucket);
				asExpected &= Objects.equals(swap.expected(), bucket);
			}
			if (!asExpected) {
				return CompletableFuture.completedFuture(new Answer(false, now, stored));
			}
			swaps.forEach((swap) -> write(swap, now));
			return CompletableFuture.completedFuture(new Answer(true, now, List.of()));
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public CompletionStage<Void> remove(String key) {
		this.buckets.remove(key);
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public CompletionStage<Page> list(String prefix, @Nullable String cursor, int count) {
		if (cursor != null) {
			throw new IllegalArgumentException("'" + cursor + "' is no cursor. The list has only one page");
		}
		long now = this.micros.getAsLong();
		return CompletableFuture.completedFuture(new Page(this.buckets.entrySet()
			.stream()
			.filter((bucket) -> bucket.getKey().startsWith(prefix) && now < bucket.getValue().expires)
			.map((bucket) -> BucketLevel.of(bucket.getKey(), bucket.getValue().stored, now))
			.filter(Objects::nonNull)
			.toList(), null));
	}

	/**
	 * Returns how many buckets are kept.
	 * @return the number
	 */
	int size() {
		return this.buckets.size();
	}

	private @Nullable StoredBucket find(String key, long now) {
		Bucket bucket = this.buckets.get(key);
		return (bucket != null && now < bucket.expires) ? bucket.stored : null;
	}

	private void write(Swap swap, long now) {
		StoredBucket replacement = swap.replacement();
		if (replacement != null) {
			long expires = (swap.ttlMillis() > 0) ? now + TimeUnit.MILLISECONDS.toMicros(swap.ttlMillis())
					: Long.MAX_VALUE;
			this.buckets.put(swap.key(), new Bucket(replacement, expires));
		}
	}

	private void sweep(long now) {
		if (now >= this.nextSweep) {
			this.nextSweep = now + SWEEP_INTERVAL_MICROS;
			this.buckets.values().removeIf((bucket) -> now >= bucket.expires);
		}
	}

	/**
	 * A bucket.
	 *
	 * @param stored the stored value
	 * @param expires when the store forgets it, in microseconds since 1970
	 */
	private record Bucket(StoredBucket stored, long expires) {

	}

}
