package dev.weir.ratelimit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.weir.ratelimit.BucketStore.Answer;
import dev.weir.ratelimit.BucketStore.AssumedTime;
import dev.weir.ratelimit.BucketStore.Swap;
import dev.weir.ratelimit.Cell.Seen;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.remote.MutableBucketEntry;
import io.github.bucket4j.distributed.remote.RemoteBucketState;
import org.jspecify.annotations.Nullable;

/**
 * Steps that are sent to the store in one call. Used by one thread at a time.
 */
final class Flight {

	private final Lane lane;

	private final List<Task<?>> tasks = new ArrayList<>();

	/** The buckets after the steps, in the order of the call. */
	private final Map<Cell, Bucket> buckets = new LinkedHashMap<>();

	private List<Swap> swaps = List.of();

	private long micros;

	Flight(Lane lane) {
		this.lane = lane;
	}

	Lane lane() {
		return this.lane.current();
	}

	List<Task<?>> tasks() {
		return this.tasks;
	}

	void add(Task<?> task) {
		this.tasks.add(task);
	}

	/**
	 * Computes the steps one after the other from the last known state of the buckets.
	 * @param time the time that the steps assume
	 * @return the swaps of the call
	 */
	List<Swap> compute(AssumedTime time) {
		this.micros = time.micros();
		this.tasks.forEach(Task::mend);
		while (!tryToCompute(time.micros() * 1000)) {
			// Compute again without the step that failed half-way.
		}
		this.swaps = new ArrayList<>(this.buckets.size());
		for (Map.Entry<Cell, Bucket> entry : this.buckets.entrySet()) {
			this.swaps.add(entry.getValue().swap(entry.getKey(), time.micros() * 1000));
		}
		return this.swaps;
	}

	private boolean tryToCompute(long nanos) {
		this.buckets.clear();
		for (Task<?> task : this.tasks) {
			List<MutableBucketEntry> needed = new ArrayList<>(task.cells().size());
			boolean readable = true;
			for (Cell cell : task.cells()) {
				Bucket bucket = this.buckets.computeIfAbsent(cell, (added) -> new Bucket(added.seen().at(this.micros)));
				bucket.expiration = task.expiration();
				needed.add(bucket.entry);
				readable &= bucket.seen.isReadable();
			}
			if (!readable) {
				task.breakWith(new IllegalStateException("A key of this call holds something other than a bucket. "
						+ "Rename the policy, or change the property 'weir.key-prefix'"));
			}
			else if (!task.compute(needed, nanos)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Handles the answer of the store, which has applied the steps or refused them.
	 * @param answer the answer
	 */
	void answered(Answer answer) {
		if (answer.applied()) {
			applied(answer);
		}
		else {
			refused(answer);
		}
	}

	private void applied(Answer answer) {
		int i = 0;
		for (Map.Entry<Cell, Bucket> entry : this.buckets.entrySet()) {
			Swap swap = this.swaps.get(i++);
			if (swap.replacement() != null) {
				entry.getKey().saw(new Seen(swap.replacement(), Seen.expiry(answer.micros(), swap.ttlMillis())));
			}
		}
	}

	private void refused(Answer answer) {
		int i = 0;
		for (Cell cell : this.buckets.keySet()) {
			cell.saw(Seen.of(answer.buckets().get(i++)));
		}
	}

	/**
	 * A bucket while steps are computed.
	 */
	private static final class Bucket {

		private final Seen seen;

		private final MutableBucketEntry entry;

		private @Nullable ExpirationAfterWriteStrategy expiration;

		private Bucket(Seen seen) {
			this.seen = seen;
			RemoteBucketState state = seen.state();
			this.entry = new MutableBucketEntry((state != null) ? state.copy() : null);
		}

		private Swap swap(Cell cell, long nanos) {
			if (!this.entry.isStateModified()) {
				return new Swap(cell.key(), this.seen.bucket(), null, 0);
			}
			return new Swap(cell.key(), this.seen.bucket(), StoredBucket.of(this.entry.get()), ttlMillis(nanos));
		}

		private long ttlMillis(long nanos) {
			// Bucket4j returns -1 for a bucket that lives for ever.
			return (this.expiration != null)
					? Math.max(0, this.expiration.calculateTimeToLiveMillis(this.entry.get(), nanos)) : 0;
		}

	}

}
