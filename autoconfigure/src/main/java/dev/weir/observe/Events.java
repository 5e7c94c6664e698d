package dev.weir.observe;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import dev.weir.core.Containment;
import dev.weir.core.Log;
import dev.weir.core.StoreListener;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LossReason;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitListener;

/**
 * Publishes {@link LeaseLostEvent}, {@link RateLimitDeniedEvent} and
 * {@link StoreUnavailableEvent}. Thread-safe.
 * <p>
 * Listeners run on one thread of their own, in the order of the events, so a slow
 * listener does not delay a guarded call. If {@value #MAX_PENDING} events already wait
 * for the listeners, further events are dropped and a warning is logged.
 */
public final class Events implements LeaseListener, RateLimitListener, StoreListener, AutoCloseable {

	static final int MAX_PENDING = 1000;

	private static final Log logger = Log.of(Events.class);

	private final Consumer<Object> publisher;

	private final AtomicBoolean dropping = new AtomicBoolean();

	private final ThreadPoolExecutor executor = new ThreadPoolExecutor(0, 1, 10, TimeUnit.SECONDS,
			new ArrayBlockingQueue<>(MAX_PENDING), (task) -> {
				Thread thread = new Thread(task, "weir-events");
				thread.setDaemon(true);
				return thread;
			}, (task, pool) -> dropped());

	/**
	 * Creates events.
	 * @param publisher the receiver of the events, which may block
	 */
	public Events(Consumer<Object> publisher) {
		this.publisher = publisher;
	}

	@Override
	public void lost(LeaseRequest request, LossReason reason, Duration held) {
		publish(new LeaseLostEvent(request.key().kind(), request.name(), request.key().value(), request.purpose(),
				reason, held));
	}

	@Override
	public void decided(Decisions decisions) {
		for (Decision decision : decisions.all()) {
			if (!decision.allowed()) {
				publish(new RateLimitDeniedEvent(decision));
			}
		}
	}

	@Override
	public void circuitOpened(String master, String reason) {
		publish(new StoreUnavailableEvent(master, reason));
	}

	private void publish(Object event) {
		this.executor.execute(() -> {
			this.dropping.set(false);
			Containment.run("A listener for " + event.getClass().getSimpleName(), () -> this.publisher.accept(event));
		});
	}

	private void dropped() {
		if (!this.executor.isShutdown() && this.dropping.compareAndSet(false, true)) {
			logger.warn("Weir drops events, because {} events already wait for a listener that takes too long",
					MAX_PENDING);
		}
	}

	@Override
	public void close() {
		this.executor.shutdownNow();
	}

}
