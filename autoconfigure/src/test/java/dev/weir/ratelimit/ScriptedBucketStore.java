package dev.weir.ratelimit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import org.jspecify.annotations.Nullable;

/**
 * A store that does its work and answers only when the test requests it.
 */
final class ScriptedBucketStore implements BucketStore {

	private final LocalBucketStore buckets = new LocalBucketStore();

	private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();

	private volatile boolean away;

	private volatile boolean slots;

	@Override
	public CompletionStage<Answer> swap(List<Swap> swaps, AssumedTime time) {
		Call call = new Call(swaps, time, new CompletableFuture<>());
		this.calls.add(call);
		return call.answer;
	}

	@Override
	public CompletionStage<Void> remove(String key) {
		return this.buckets.remove(key);
	}

	@Override
	public boolean isAway() {
		return this.away;
	}

	void away(boolean away) {
		this.away = away;
	}

	@Override
	public int slot(String key) {
		return this.slots ? key.hashCode() : 0;
	}

	void slots(boolean slots) {
		this.slots = slots;
	}

	/**
	 * Waits for the next call.
	 * @return the call
	 */
	Call next() {
		try {
			Call call = this.calls.poll(10, TimeUnit.SECONDS);
			if (call == null) {
				throw new AssertionError("The store was not called");
			}
			return call;
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	boolean isIdle() {
		return this.calls.isEmpty();
	}

	/**
	 * Writes a bucket as another instance would.
	 * @param swap the bucket and its replacement
	 */
	void byAnother(Swap swap) {
		StoredBucket known = stored(swap.key());
		this.buckets.swap(List.of(new Swap(swap.key(), known, swap.replacement(), swap.ttlMillis())), anyTime());
	}

	@Nullable StoredBucket stored(String key) {
		Answer answer = this.buckets.swap(List.of(new Swap(key, StoredBucket.of(new byte[] { 0 }), null, 0)), anyTime())
			.toCompletableFuture()
			.join();
		return answer.buckets().get(0);
	}

	private static AssumedTime anyTime() {
		return new AssumedTime(0, Long.MAX_VALUE / 4, Long.MAX_VALUE / 4);
	}

	/**
	 * A call of the store.
	 */
	final class Call {

		private final List<Swap> swaps;

		private final AssumedTime time;

		private final CompletableFuture<Answer> answer;

		private Call(List<Swap> swaps, AssumedTime time, CompletableFuture<Answer> answer) {
			this.swaps = swaps;
			this.time = time;
			this.answer = answer;
		}

		List<String> keys() {
			return this.swaps.stream().map(Swap::key).toList();
		}

		AssumedTime time() {
			return this.time;
		}

		/** Does the work and answers. */
		void answer() {
			this.answer.complete(work());
		}

		/** Does the work and loses the answer. */
		void loseAnswer() {
			work();
			this.answer.completeExceptionally(new StoreUnavailableException("no answer"));
		}

		void fail(RuntimeException failure) {
			this.answer.completeExceptionally(failure);
		}

		/**
		 * Refuses without work.
		 * @param micros the time of the store
		 */
		void refuse(long micros) {
			List<@Nullable StoredBucket> buckets = new ArrayList<>();
			keys().forEach((key) -> buckets.add(stored(key)));
			this.answer.complete(new Answer(false, micros, buckets));
		}

		private Answer work() {
			return ScriptedBucketStore.this.buckets.swap(this.swaps, this.time).toCompletableFuture().join();
		}

	}

}
