package dev.weir.lease.engine;

import java.time.Duration;
import java.util.List;

import dev.weir.core.Listeners;
import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LossReason;

/**
 * Combines several listeners into one that never throws an exception.
 *
 * @param listeners the listeners
 */
record LeaseListeners(Listeners<LeaseListener> listeners) implements LeaseListener {

	/**
	 * Combines several listeners.
	 * @param listeners the listeners
	 * @return a listener that never throws an exception
	 */
	static LeaseListener of(List<LeaseListener> listeners) {
		return listeners.isEmpty() ? NONE : new LeaseListeners(new Listeners<>(listeners));
	}

	@Override
	public Call asked(LeaseRequest request) {
		return new Calls(new Listeners<>(this.listeners.map((listener) -> listener.asked(request), Call.IGNORED)));
	}

	@Override
	public void released(LeaseRequest request, Duration held) {
		this.listeners.forEach((listener) -> listener.released(request, held));
	}

	@Override
	public void lost(LeaseRequest request, LossReason reason, Duration held) {
		this.listeners.forEach((listener) -> listener.lost(request, reason, held));
	}

	@Override
	public void renewed(LeaseRequest request, Duration lag, boolean renewed) {
		this.listeners.forEach((listener) -> listener.renewed(request, lag, renewed));
	}

	@Override
	public void unavailable(LeaseRequest request, OnUnavailable policy) {
		this.listeners.forEach((listener) -> listener.unavailable(request, policy));
	}

	@Override
	public void skipped(LeaseKind kind, String policy) {
		this.listeners.forEach((listener) -> listener.skipped(kind, policy));
	}

	/**
	 * Passes the events of one call on to the listeners.
	 *
	 * @param calls the receivers, one for each listener
	 */
	private record Calls(Listeners<Call> calls) implements Call {

		@Override
		public void waits() {
			this.calls.forEach(Call::waits);
		}

		@Override
		public void acquired(Duration took, boolean handedOn) {
			this.calls.forEach((call) -> call.acquired(took, handedOn));
		}

		@Override
		public void failed(Duration took, Failure failure) {
			this.calls.forEach((call) -> call.failed(took, failure));
		}

	}

}
