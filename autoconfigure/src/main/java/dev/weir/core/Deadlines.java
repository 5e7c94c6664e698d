package dev.weir.core;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Finds calls that have no answer in time. All calls have the same timeout, so they are
 * due in the order in which they were made: a queue and one tick are enough. A timer for
 * each call would wake a thread for each call. Thread-safe.
 */
public final class Deadlines {

	/** Ticks per timeout. A late call is found at most one tick after it is due. */
	private static final int TICKS = 16;

	private final long timeoutNanos;

	private final Consumer<CompletableFuture<?>> whenDue;

	private final Executor tick;

	private final Queue<Call> calls = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean ticking = new AtomicBoolean();

	/**
	 * Creates deadlines.
	 * @param timeout how long each call may take
	 * @param whenDue receives a call that has no answer by then; must not block
	 */
	public Deadlines(Duration timeout, Consumer<CompletableFuture<?>> whenDue) {
		this.timeoutNanos = timeout.toNanos();
		this.whenDue = whenDue;
		this.tick = CompletableFuture.delayedExecutor(Math.max(1, timeout.toNanos() / TICKS), TimeUnit.NANOSECONDS,
				Runnable::run);
	}

	/**
	 * Starts the time of a call.
	 * @param answer its answer
	 */
	public void start(CompletableFuture<?> answer) {
		this.calls.add(new Call(answer, System.nanoTime() + this.timeoutNanos));
		for (Call first = this.calls.peek(); first != null && first.answer.isDone(); first = this.calls.peek()) {
			this.calls.remove(first);
		}
		keepTicking();
	}

	private void keepTicking() {
		if (!this.calls.isEmpty() && !this.ticking.get() && this.ticking.compareAndSet(false, true)
				&& !Containment.run("The timer of calls", () -> this.tick.execute(this::tick))) {
			// The next call sets the timer again.
			this.ticking.set(false);
		}
	}

	private void tick() {
		long now = System.nanoTime();
		for (Call first = this.calls.peek(); isOver(first, now); first = this.calls.peek()) {
			if (first != null && this.calls.remove(first) && !first.answer.isDone()) {
				CompletableFuture<?> late = first.answer;
				Containment.run("The answer to a late call", () -> this.whenDue.accept(late));
			}
		}
		this.ticking.set(false);
		keepTicking();
	}

	private static boolean isOver(@Nullable Call call, long now) {
		return call != null && (call.answer.isDone() || call.due - now <= 0);
	}

	/**
	 * A call that has no answer yet, or had none when it was last checked.
	 *
	 * @param answer its answer
	 * @param due when its time is over
	 */
	private record Call(CompletableFuture<?> answer, long due) {

	}

}
