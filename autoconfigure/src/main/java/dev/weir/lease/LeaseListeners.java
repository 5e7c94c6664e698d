package dev.weir.lease;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells several listeners, and keeps what they throw away from the engine.
 *
 * @param listeners the listeners
 */
record LeaseListeners(List<LeaseListener> listeners) implements LeaseListener {

	private static final Logger logger = LoggerFactory.getLogger(LeaseListeners.class);

	/**
	 * Makes one of several.
	 * @param listeners the listeners
	 * @return a listener that never throws
	 */
	static LeaseListener of(List<LeaseListener> listeners) {
		return listeners.isEmpty() ? NONE : new LeaseListeners(List.copyOf(listeners));
	}

	@Override
	public Call asked(LeaseRequest request) {
		return new Calls(this.listeners.stream().map((listener) -> asked(listener, request)).toList());
	}

	private static Call asked(LeaseListener listener, LeaseRequest request) {
		try {
			return listener.asked(request);
		}
		catch (RuntimeException ex) {
			failed(ex);
			return Call.IGNORED;
		}
	}

	@Override
	public void released(LeaseRequest request, Duration held) {
		each(this.listeners, (listener) -> listener.released(request, held));
	}

	@Override
	public void lost(LeaseRequest request, LossReason reason, Duration held) {
		each(this.listeners, (listener) -> listener.lost(request, reason, held));
	}

	@Override
	public void renewed(LeaseRequest request, Duration lag, boolean renewed) {
		each(this.listeners, (listener) -> listener.renewed(request, lag, renewed));
	}

	@Override
	public void unavailable(LeaseRequest request, OnUnavailable policy) {
		each(this.listeners, (listener) -> listener.unavailable(request, policy));
	}

	private static <T> void each(List<T> all, Consumer<T> event) {
		for (T one : all) {
			try {
				event.accept(one);
			}
			catch (RuntimeException ex) {
				failed(ex);
			}
		}
	}

	private static void failed(RuntimeException failure) {
		logger.warn("A listener for leases failed", failure);
	}

	/**
	 * What the listeners hear of one call.
	 *
	 * @param calls one for each listener
	 */
	private record Calls(List<Call> calls) implements Call {

		@Override
		public void waits() {
			each(this.calls, Call::waits);
		}

		@Override
		public void acquired(Duration took, boolean handedOn) {
			each(this.calls, (call) -> call.acquired(took, handedOn));
		}

		@Override
		public void failed(Duration took, Failure failure) {
			each(this.calls, (call) -> call.failed(took, failure));
		}

	}

}
