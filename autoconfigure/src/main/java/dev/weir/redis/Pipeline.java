package dev.weir.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Sends the calls for one master. A call leaves at once unless {@value #MAX_ON_WAY}
 * batches are on their way. Calls that arrive meanwhile leave together, in the order of
 * their arrival, when a batch is over. Thread-safe; never blocks.
 * <p>
 * Each write wakes a thread of the client and a thread of Redis, which costs more than a
 * script. So calls that meet are written together. A batch is over when each of its calls
 * has an answer or is out of time, so a master that does not answer holds nothing up for
 * longer than the time-out of one call.
 */
final class Pipeline {

	/**
	 * Number of batches that may be on their way. One would be enough where the network
	 * has no delay. With a delay of 1 ms, a call would wait up to that time for the batch
	 * before it. Four make that wait negligible, and the batches of many callers are as
	 * large as with one (docs/benchmarks.md).
	 */
	static final int MAX_ON_WAY = 4;

	/**
	 * Largest number of calls in a batch. More calls would not be faster, and the first
	 * of them would wait longer.
	 */
	static final int MAX_BATCH = 128;

	private final Consumer<List<PendingCall<?>>> transport;

	private final Queue<PendingCall<?>> waiting = new ConcurrentLinkedQueue<>();

	private final AtomicInteger onWay = new AtomicInteger();

	/**
	 * Creates a pipeline.
	 * @param transport sends a batch
	 */
	Pipeline(Consumer<List<PendingCall<?>>> transport) {
		this.transport = transport;
	}

	/**
	 * Sends a call, now or with the next batch.
	 * @param call the call; its answer completes in any case, at the latest when its time
	 * is over
	 */
	void send(PendingCall<?> call) {
		this.waiting.add(call);
		sendWaiting();
	}

	private void sendWaiting() {
		while (!this.waiting.isEmpty() && mayLeave()) {
			List<PendingCall<?>> batch = nextBatch();
			if (batch.isEmpty()) {
				// Another thread has taken the calls.
				this.onWay.decrementAndGet();
			}
			else {
				send(batch);
			}
		}
	}

	private boolean mayLeave() {
		int before = this.onWay.getAndUpdate((count) -> Math.min(count + 1, MAX_ON_WAY));
		return before < MAX_ON_WAY;
	}

	private List<PendingCall<?>> nextBatch() {
		List<PendingCall<?>> batch = new ArrayList<>();
		while (batch.size() < MAX_BATCH) {
			PendingCall<?> next = this.waiting.poll();
			if (next == null) {
				break;
			}
			if (!next.isOver()) {
				batch.add(next);
			}
		}
		return batch;
	}

	private void send(List<PendingCall<?>> batch) {
		AtomicInteger unanswered = new AtomicInteger(batch.size());
		for (PendingCall<?> call : batch) {
			call.answer().whenComplete((value, failure) -> {
				if (unanswered.decrementAndGet() == 0) {
					this.onWay.decrementAndGet();
					sendWaiting();
				}
			});
		}
		try {
			this.transport.accept(batch);
		}
		catch (Throwable ex) {
			batch.forEach((call) -> call.reply().completeExceptionally(ex));
		}
	}

}
