package dev.weir.observe;

import java.time.Duration;
import java.util.function.LongSupplier;

import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the last renewals of leases for the health of this instance. Late or failed
 * renewals are an early sign that leases will be lost. Thread-safe.
 */
public final class RenewalWatch implements LeaseListener {

	private final Duration ttl;

	private final LongSupplier clock;

	private volatile @Nullable Renewal last;

	private volatile @Nullable Renewal lastInTrouble;

	/**
	 * Creates a watch.
	 * @param ttl the time to live of a lease that is not renewed
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
		// A renewal is due after a third of the time to live. With a lag of another
		// third, half of the remaining time has passed.
		if (!renewed || lag.compareTo(this.ttl.dividedBy(3)) > 0) {
			this.lastInTrouble = renewal;
		}
	}

	/**
	 * Returns the lag of the last renewal.
	 * @return the time from when the renewal was due to the answer of the store,
	 * {@code null} if there was no renewal
	 */
	public @Nullable Duration lag() {
		Renewal renewal = this.last;
		return (renewal != null) ? renewal.lag() : null;
	}

	/**
	 * Returns whether a renewal failed, or came so late that a lease was in danger. Only
	 * the renewals within the past time to live of a lease count.
	 * @return whether there was such a renewal
	 */
	public boolean isInTrouble() {
		Renewal renewal = this.lastInTrouble;
		return renewal != null && this.clock.getAsLong() - renewal.at() < this.ttl.toNanos();
	}

	/**
	 * One renewal.
	 *
	 * @param lag the lag of the renewal
	 * @param at the time of the answer, by the clock of the watch
	 */
	private record Renewal(Duration lag, long at) {

	}

}
