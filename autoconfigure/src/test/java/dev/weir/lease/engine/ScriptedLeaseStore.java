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
 * A store whose answers come when the test gives them.
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
	public CompletionStage<Release> release(LeaseKey key, String owner, boolean requeue) {
		return record(new Call<>("release", owner, requeue, Duration.ZERO, new CompletableFuture<>()));
	}

	@Override
	public CompletionStage<Void> leave(LeaseKey key) {
		return record(new Call<>("leave", "", false, Duration.ZERO, new CompletableFuture<>()));
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
	 * @param verb what must have been called
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

	boolean isQuiet() {
		return this.calls.isEmpty();
	}

	/**
	 * One call of the store.
	 *
	 * @param <T> the type of its answer
	 * @param verb what was called
	 * @param owner the owner, if any
	 * @param queue whether the instance wants to stand in the queue
	 * @param ttl the time to live, if any
	 * @param answer what the store will say
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
			awaitListener();
			this.answer.completeExceptionally(StoreUnavailableException.withoutAsking("known to be away"));
		}

		/**
		 * Waits until somebody listens, so that what follows from the answer is done when
		 * it is given, and on the thread of the test. Another thread that has asked may
		 * not have come as far.
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
