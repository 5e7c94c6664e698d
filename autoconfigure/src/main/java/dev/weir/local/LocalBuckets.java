package dev.weir.local;

import java.util.Comparator;
import java.util.Iterator;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * A bounded number of buckets. Beyond the bound, the bucket that is full again soonest is
 * forgotten, because this loses the least. The caller guards all changes by a lock; reads
 * need none.
 */
final class LocalBuckets {

	private final int max;

	private final ConcurrentMap<String, LocalBucket> byKey = new ConcurrentHashMap<>();

	private final NavigableSet<LocalBucket> fullestFirst = new TreeSet<>(
			Comparator.comparingLong(LocalBucket::fullAt).thenComparing(LocalBucket::key));

	LocalBuckets(int max) {
		this.max = max;
	}

	@Nullable LocalBucket get(String key) {
		return this.byKey.get(key);
	}

	void put(LocalBucket bucket) {
		LocalBucket before = this.byKey.put(bucket.key(), bucket);
		if (before != null) {
			this.fullestFirst.remove(before);
		}
		if (this.byKey.size() > this.max) {
			// Never the new bucket, so that its caller is limited for now.
			remove(this.fullestFirst.first().key());
		}
		this.fullestFirst.add(bucket);
	}

	void remove(String key) {
		LocalBucket removed = this.byKey.remove(key);
		if (removed != null) {
			this.fullestFirst.remove(removed);
		}
	}

	/**
	 * Removes the buckets that are full again.
	 * @param now the time
	 */
	void removeFull(long now) {
		for (Iterator<LocalBucket> buckets = this.fullestFirst.iterator(); buckets.hasNext();) {
			LocalBucket bucket = buckets.next();
			if (bucket.fullAt() > now) {
				return;
			}
			buckets.remove();
			this.byKey.remove(bucket.key());
		}
	}

	Stream<LocalBucket> stream() {
		return this.byKey.values().stream();
	}

	int size() {
		return this.byKey.size();
	}

}
