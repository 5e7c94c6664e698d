package dev.weir.lease.engine;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseRequest;

/**
 * Represents a lease for a call that runs without one, as its policy allows. An unguarded
 * lease guards nothing, is never lost, and is valid until it is closed.
 */
final class UnguardedLease implements Lease {

	private final LeaseRequest request;

	private final AtomicBoolean closed = new AtomicBoolean();

	UnguardedLease(LeaseRequest request) {
		this.request = request;
	}

	@Override
	public String name() {
		return this.request.name();
	}

	@Override
	public String key() {
		return this.request.key().value();
	}

	@Override
	public Duration remaining() {
		return isValid() ? Duration.ofNanos(Nanos.FOREVER) : Duration.ZERO;
	}

	@Override
	public boolean isValid() {
		return !this.closed.get();
	}

	@Override
	public long fencingToken() {
		throw new IllegalStateException("There is no fencing token: the code runs without the "
				+ this.request.key().kind() + " '" + name() + "'");
	}

	@Override
	public void onLost(Runnable callback) {
		// A lease that was never held cannot be lost.
	}

	@Override
	public void close() {
		this.closed.set(true);
	}

}
