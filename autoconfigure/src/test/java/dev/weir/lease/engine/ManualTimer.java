package dev.weir.lease.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

import dev.weir.lease.LeaseStore;

/**
 * Clock and timer of an engine whose time passes only when the test lets it pass. Due
 * tasks run on the thread of the test, and no task runs because a machine is slow. This
 * class is public, so that tests of the stores can use an engine that does nothing by
 * itself.
 */
public final class ManualTimer extends ScheduledThreadPoolExecutor {

	private final AtomicLong now;

	private final List<Task> tasks = new ArrayList<>();

	private final List<Runnable> sweeps = new ArrayList<>();

	public ManualTimer() {
		this(0);
	}

	ManualTimer(long now) {
		super(1);
		this.now = new AtomicLong(now);
	}

	/**
	 * Creates a manager that uses this timer.
	 * @param store the store of the manager
	 * @param settings the settings of the manager
	 * @param callbacks runs code of users
	 * @return the manager
	 */
	public LeaseManager manager(LeaseStore store, LeaseSettings settings, Executor callbacks) {
		return new LeaseManager(store, settings, callbacks, clock(), this, List.of());
	}

	LongSupplier clock() {
		return this.now::get;
	}

	/**
	 * Lets the time pass without running the timer, as in a JVM that was paused.
	 * @param time the length of the pause
	 */
	void pause(Duration time) {
		this.now.addAndGet(time.toNanos());
	}

	/**
	 * Lets the time pass, and runs the tasks that are due then.
	 * @param time the time that passes
	 */
	void pass(Duration time) {
		pause(time);
		List<Runnable> sweeps;
		synchronized (this) {
			sweeps = List.copyOf(this.sweeps);
		}
		sweeps.forEach(Runnable::run);
		for (Optional<Task> due = nextDue(); due.isPresent(); due = nextDue()) {
			due.get().run();
		}
	}

	private synchronized Optional<Task> nextDue() {
		this.tasks.removeIf(Task::isDone);
		Optional<Task> due = this.tasks.stream()
			.filter((task) -> task.getDelay(TimeUnit.NANOSECONDS) <= 0)
			.min(Comparator.naturalOrder());
		due.ifPresent(this.tasks::remove);
		return due;
	}

	@Override
	public synchronized ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
		Task task = new Task(command, this.now.get() + unit.toNanos(delay));
		this.tasks.add(task);
		return task;
	}

	@Override
	public synchronized ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay,
			TimeUnit unit) {
		this.sweeps.add(command);
		return new Task(command, this.now.get() + unit.toNanos(initialDelay));
	}

	/**
	 * A task that is due at a time.
	 */
	private final class Task extends FutureTask<Void> implements ScheduledFuture<Void> {

		private final long due;

		private Task(Runnable command, long due) {
			super(command, null);
			this.due = due;
		}

		@Override
		public long getDelay(TimeUnit unit) {
			return unit.convert(this.due - ManualTimer.this.now.get(), TimeUnit.NANOSECONDS);
		}

		@Override
		public int compareTo(Delayed other) {
			return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
		}

	}

}
