package dev.weir.observe;

import java.time.Duration;
import java.util.function.LongSupplier;

import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import org.jspecify.annotations.Nullable;

/**
 * Remembers how the renewals of leases went: of health, an early sign that leases will be
 * lost. Thread-safe.
 */
public final class RenewalWatch implements LeaseListener {

	private final Duration ttl;

	private final LongSupplier clock;

	private volatile @Nullable Renewal last;

	private volatile @Nullable Renewal lastInTrouble;

	/**
	 * Creates a watch.
	 * @param ttl how long leases live unless they are renewed
	 */
	public RenewalWatch(Duration ttl) {
		this(ttl, System::nanoTime);
	}

	RenewalWatch(Duration ttl, LongSupplier clock) {
		this.ttl = ttl;
		this.clock = clock;
	}

	@Override
	public void renewed(LeaseRequest request, Duration lag, boolean renewed) {
		Renewal renewal = new Renewal(lag, this.clock.getAsLong());
		this.last = renewal;
		// Renewals are due after a third of the time: half of what is left is gone.
		if (!renewed || lag.compareTo(this.ttl.dividedBy(3)) > 0) {
			this.lastInTrouble = renewal;
		}
	}

	/**
	 * Returns how late the last renewal was.
	 * @return the time, {@code null} if there was none
	 */
	public @Nullable Duration lag() {
		Renewal renewal = this.last;
		return (renewal != null) ? renewal.lag() : null;
	}

	/**
	 * Whether a renewal failed, or came so late that a lease was in danger, less than the
	 * time to live of a lease ago.
	 * @return whether that is so
	 */
	public boolean isInTrouble() {
		Renewal renewal = this.lastInTrouble;
		return renewal != null && this.clock.getAsLong() - renewal.at() < this.ttl.toNanos();
	}

	/**
	 * One renewal.
	 *
	 * @param lag how late it was
	 * @param at when that was
	 */
	private record Renewal(Duration lag, long at) {

	}

}
