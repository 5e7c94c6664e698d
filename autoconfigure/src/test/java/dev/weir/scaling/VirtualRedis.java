package dev.weir.scaling;

import java.time.Duration;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A Redis that runs one script after the other, a network, and the clock and timer of all
 * instances, in virtual time. So a thousand instances fit into one JVM, and its speed
 * does not matter.
 */
public final class VirtualRedis extends ScheduledThreadPoolExecutor {

	/** The way between an instance and Redis. */
	static final Duration ONE_WAY = Duration.ofNanos(250_000);

	private final PriorityQueue<Event> events = new PriorityQueue<>();

	private final long serviceNanos;

	private long now;

	private long order;

	/** When Redis has run all scripts that have arrived. */
	private long idleAt;

	private long scripts;

	/**
	 * Creates a Redis.
	 * @param service how long one script takes
	 */
	public VirtualRedis(Duration service) {
		super(1);
		this.serviceNanos = service.toNanos();
	}

	public long now() {
		return this.now;
	}

	public long scripts() {
		return this.scripts;
	}

	/**
	 * Returns the part of the time in which Redis was busy.
	 */
	public double load() {
		return (double) (this.scripts * this.serviceNanos) / this.now;
	}

	/**
	 * Lets something happen later.
	 * @param delay the delay
	 * @param happens lets it happen
	 */
	public void after(Duration delay, Runnable happens) {
		at(this.now + delay.toNanos(), happens);
	}

	private void at(long time, Runnable happens) {
		this.events.add(new Event(time, this.order++, happens));
	}

	/**
	 * Sends a script.
	 * @param <T> the type of its reply
	 * @param script runs at Redis
	 * @return completes when the reply has arrived
	 */
	public <T> CompletionStage<T> send(Supplier<T> script) {
		CompletableFuture<T> reply = new CompletableFuture<>();
		after(ONE_WAY, () -> {
			this.idleAt = Math.max(this.idleAt, this.now) + this.serviceNanos;
			this.scripts++;
			at(this.idleAt, () -> {
				T result = script.get();
				after(ONE_WAY, () -> reply.complete(result));
			});
		});
		return reply;
	}

	/**
	 * Lets time pass.
	 * @param time how much
	 */
	public void pass(Duration time) {
		long end = this.now + time.toNanos();
		while (!this.events.isEmpty() && this.events.peek().at <= end) {
			Event next = this.events.remove();
			this.now = next.at;
			next.happens.run();
		}
		this.now = end;
	}

	@Override
	public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
		Timer timer = new Timer(command);
		at(this.now + unit.toNanos(delay), timer);
		return timer;
	}

	@Override
	public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
		return schedule(() -> {
			command.run();
			scheduleWithFixedDelay(command, delay, delay, unit);
		}, initialDelay, unit);
	}

	/**
	 * Something that happens.
	 *
	 * @param at when
	 * @param order the order among events of the same time
	 * @param happens lets it happen
	 */
	private record Event(long at, long order, Runnable happens) implements Comparable<Event> {

		@Override
		public int compareTo(Event other) {
			return (this.at != other.at) ? Long.compare(this.at, other.at) : Long.compare(this.order, other.order);
		}

	}

	private static final class Timer extends FutureTask<Void> implements ScheduledFuture<Void> {

		private Timer(Runnable task) {
			super(task, null);
		}

		@Override
		public long getDelay(TimeUnit unit) {
			return 0;
		}

		@Override
		public int compareTo(Delayed other) {
			return 0;
		}

	}

}
