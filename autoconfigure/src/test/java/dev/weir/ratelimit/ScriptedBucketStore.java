package dev.weir.ratelimit;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import org.jspecify.annotations.Nullable;

/**
 * A store that decides a batch and answers only when the test requests it.
 */
final class ScriptedBucketStore implements BucketStore, AutoCloseable {

	private final LocalBucketStore buckets = new LocalBucketStore();

	private final BlockingQueue<Batch> batches = new LinkedBlockingQueue<>();

	private final Queue<Batch> all = new ConcurrentLinkedQueue<>();

	private final BlockingQueue<PauseChange> changes = new LinkedBlockingQueue<>();

	private volatile Consumer<PauseChange> listener = (change) -> {
	};

	private volatile boolean away;

	private volatile boolean closed;

	private volatile boolean slots;

	private volatile CompletionStage<?> ready = READY;

	ScriptedBucketStore() {
		this.buckets.watchPauses(this.changes::add);
	}

	@Override
	public CompletionStage<Answer> decide(List<Call> calls) {
		Batch batch = new Batch(calls, new CompletableFuture<>());
		this.all.add(batch);
		this.batches.add(batch);
		if (this.closed) {
			batch.answer();
		}
		return batch.answer;
	}

	/**
	 * Answers all calls, also those that are still to come. Otherwise they would fail
	 * later, and log this during another test.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.all.stream().filter((batch) -> !batch.answer.isDone()).forEach(Batch::answer);
	}

	@Override
	public void watchPauses(Consumer<PauseChange> listener) {
		this.listener = listener;
	}

	/**
	 * Delivers a message about a change of a pause to the limiter.
	 * @param change the change
	 */
	void deliver(PauseChange change) {
		this.listener.accept(change);
	}

	/**
	 * Returns the next change of a pause that this store has made and not delivered.
	 * @return the change, {@code null} if there is none
	 */
	@Nullable PauseChange nextChange() {
		return this.changes.poll();
	}

	@Override
	public CompletionStage<Void> remove(String key) {
		return this.buckets.remove(key);
	}

	@Override
	public boolean isAway(String key) {
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

	@Override
	public CompletionStage<?> ready() {
		return this.ready;
	}

	void readyAfter(CompletionStage<?> ready) {
		this.ready = ready;
	}

	/**
	 * Waits for the next batch.
	 * @return the batch
	 */
	Batch next() {
		try {
			Batch batch = this.batches.poll(10, TimeUnit.SECONDS);
			if (batch == null) {
				throw new AssertionError("The store was not called");
			}
			return batch;
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	boolean isIdle() {
		return this.batches.isEmpty();
	}

	/**
	 * A call of the store.
	 */
	final class Batch {

		private final List<Call> calls;

		private final CompletableFuture<Answer> answer;

		private Batch(List<Call> calls, CompletableFuture<Answer> answer) {
			this.calls = calls;
			this.answer = answer;
		}

		List<String> keys() {
			return this.calls.stream().flatMap((call) -> call.takes().stream()).map(Take::key).toList();
		}

		List<Action> actions() {
			return this.calls.stream().map(Call::action).toList();
		}

		/**
		 * Decides, and keeps the answer back.
		 * @return delivers the answer
		 */
		Runnable decide() {
			Answer decided = decided();
			return () -> this.answer.complete(decided);
		}

		/** Decides and answers. */
		void answer() {
			this.answer.complete(decided());
		}

		/** Decides and loses the answer. */
		void loseAnswer() {
			decided();
			fail(new StoreUnavailableException("no answer"));
		}

		void fail(RuntimeException failure) {
			this.answer.completeExceptionally(failure);
		}

		void answerWith(Answer wrong) {
			this.answer.complete(wrong);
		}

		private Answer decided() {
			return ScriptedBucketStore.this.buckets.decide(this.calls).toCompletableFuture().join();
		}

	}

}
