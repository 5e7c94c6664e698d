package dev.weir.lease.engine;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseStore;

import static org.awaitility.Awaitility.await;

/**
 * A store whose answers are given by the test.
 */
final class ScriptedLeaseStore implements LeaseStore {

	private final BlockingQueue<Call<?>> calls = new LinkedBlockingQueue<>();

	private final boolean shared;

	private Consumer<LeaseKey> listener = (key) -> {
	};

	ScriptedLeaseStore() {
		this(true);
	}

	ScriptedLeaseStore(boolean shared) {
		this.shared = shared;
	}

	@Override
	public CompletionStage<Attempt> tryAcquire(Claim claim) {
		return record(new Call<>("acquire", claim.owner(), claim.queue() != Queue.OUT, claim.ttl(),
				new CompletableFuture<>()));
	}

	@Override
	public CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl) {
		return record(new Call<>("renew", owner, false, ttl, new CompletableFuture<>()));
	}

	@Override
	public CompletionStage<Release> release(LeaseKey key, String owner, int waitingLimit) {
		return record(new Call<>("release", owner, waitingLimit > 0, Duration.ZERO, new CompletableFuture<>()));
	}

	@Override
	public CompletionStage<Boolean> keep(LeaseKey key, String owner, Duration time) {
		return record(new Call<>("keep", owner, false, time, new CompletableFuture<>()));
	}

	@Override
	public CompletionStage<Void> leave(LeaseKey key, boolean passOn) {
		return record(new Call<>("leave", "", passOn, Duration.ZERO, new CompletableFuture<>()));
	}

	@Override
	public void onWakeUp(Consumer<LeaseKey> listener) {
		this.listener = listener;
	}

	@Override
	public boolean isShared() {
		return this.shared;
	}

	void wakeUp(LeaseKey key) {
		this.listener.accept(key);
	}

	private <T> CompletionStage<T> record(Call<T> call) {
		this.calls.add(call);
		return call.answer();
	}

	/**
	 * Waits for the next call.
	 * @param <T> the type of its answer
	 * @param verb the expected kind of the call
	 * @return the call
	 */
	@SuppressWarnings("unchecked")
	<T> Call<T> next(String verb) {
		try {
			Call<?> call = this.calls.poll(20, TimeUnit.SECONDS);
			if (call == null || !call.verb().equals(verb)) {
				throw new AssertionError("Expected " + verb + ", got " + call);
			}
			return (Call<T>) call;
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	/**
	 * Waits for a call that another thread may send before or after other calls.
	 * @param <T> the type of its answer
	 * @param verb the kind of the call
	 * @return the call
	 */
	@SuppressWarnings("unchecked")
	<T> Call<T> nextOf(String verb) {
		Call<?> found = await().pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(1))
			.until(() -> this.calls.stream().filter((call) -> call.verb().equals(verb)).findFirst().orElse(null),
					(call) -> call != null);
		this.calls.remove(found);
		return (Call<T>) found;
	}

	boolean isQuiet() {
		return this.calls.isEmpty();
	}

	/**
	 * One call of the store.
	 *
	 * @param <T> the type of its answer
	 * @param verb the kind of the call
	 * @param owner the owner, if any
	 * @param queue whether the instance wants to be in the queue
	 * @param ttl the time to live, if any
	 * @param answer the answer of the store
	 */
	record Call<T>(String verb, String owner, boolean queue, Duration ttl, CompletableFuture<T> answer) {

		void answers(T value) {
			awaitListener();
			this.answer.complete(value);
		}

		void fails() {
			awaitListener();
			this.answer.completeExceptionally(new StoreUnavailableException("no answer"));
		}

		void isNotSent() {
			isAway(Duration.ofHours(1));
		}

		void isAway(Duration time) {
			awaitListener();
			this.answer.completeExceptionally(StoreUnavailableException.withoutAsking("known to be away", null, time));
		}

		/**
		 * Waits until the engine listens for the answer, so that the engine handles the
		 * answer at once and on the thread of the test. Another thread that made the call
		 * may not listen yet.
		 */
		private void awaitListener() {
			if (this.answer.getNumberOfDependents() == 0) {
				await().pollDelay(Duration.ZERO)
					.pollInterval(Duration.ofMillis(1))
					.until(() -> this.answer.getNumberOfDependents() > 0);
			}
		}

	}

}
