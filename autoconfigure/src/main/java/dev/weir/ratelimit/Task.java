package dev.weir.ratelimit;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.remote.MutableBucketEntry;
import org.jspecify.annotations.Nullable;

/**
 * One step, and the caller that waits for its result. Used by one thread at a time.
 *
 * @param <T> the type of the result of the step
 */
final class Task<T> {

	private final List<Cell> cells;

	private final @Nullable ExpirationAfterWriteStrategy expiration;

	private final Step<T> step;

	private final CompletableFuture<T> result;

	private @Nullable T found;

	private @Nullable RuntimeException broken;

	Task(List<Cell> cells, @Nullable ExpirationAfterWriteStrategy expiration, Step<T> step,
			CompletableFuture<T> result) {
		this.cells = cells;
		this.expiration = expiration;
		this.step = step;
		this.result = result;
	}

	List<Cell> cells() {
		return this.cells;
	}

	@Nullable ExpirationAfterWriteStrategy expiration() {
		return this.expiration;
	}

	/**
	 * Computes the step.
	 * @param buckets its buckets
	 * @param nanos the time
	 * @return {@code false} if it failed; then the buckets must not be used
	 */
	boolean compute(List<MutableBucketEntry> buckets, long nanos) {
		if (this.broken == null) {
			try {
				this.found = this.step.apply(buckets, nanos);
			}
			catch (RuntimeException ex) {
				this.broken = ex;
				return false;
			}
		}
		return true;
	}

	/** Forgets a failure: the step was computed from an outdated state of its buckets. */
	void mend() {
		this.broken = null;
	}

	/**
	 * Notes that the step cannot be computed.
	 * @param failure the reason
	 */
	void breakWith(RuntimeException failure) {
		this.broken = failure;
	}

	/**
	 * Returns whether no caller waits for the step any more.
	 * @return whether its time is over
	 */
	boolean isGivenUp() {
		return this.result.isDone();
	}

	/** Allows its buckets to be forgotten. */
	void unpin() {
		this.cells.forEach(Cell::unpin);
	}

	@SuppressWarnings("NullAway") // the type argument may be nullable
	void complete() {
		if (this.broken != null) {
			this.result.completeExceptionally(this.broken);
		}
		else {
			this.result.complete(this.found);
		}
	}

	void fail(Throwable failure) {
		this.result.completeExceptionally(failure);
	}

}
