package dev.weir.lease;

import java.time.Duration;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when another holder has the lease and does not release it within the wait time.
 * Thrown at once when too many callers of this instance wait already.
 */
public final class LeaseBusyException extends LeaseException {

	private final transient @Nullable Holder holder;

	private final @Nullable Duration retryAfter;

	private final boolean crowded;

	public LeaseBusyException(LeaseRequest request, LeaseStore.@Nullable Busy busy) {
		this(request, busy, false);
	}

	private LeaseBusyException(LeaseRequest request, LeaseStore.@Nullable Busy busy, boolean crowded) {
		super(request, message(request, busy, crowded));
		this.crowded = crowded;
		this.holder = (busy != null) ? busy.holder() : null;
		this.retryAfter = (busy != null) ? busy.remaining() : null;
	}

	/**
	 * Creates the exception of a caller that does not wait, because too many callers of
	 * this instance wait already.
	 * @param request the request of the caller
	 * @param busy the holder, {@code null} if not known
	 * @return the exception
	 */
	public static LeaseBusyException crowded(LeaseRequest request, LeaseStore.@Nullable Busy busy) {
		return new LeaseBusyException(request, busy, true);
	}

	/**
	 * Creates the same exception for another request.
	 * @param other the request that the caller knows
	 * @return an exception with the same holder
	 */
	public LeaseBusyException of(LeaseRequest other) {
		return new LeaseBusyException(other, new LeaseStore.Busy(this.holder, this.retryAfter, false), this.crowded);
	}

	private static String message(LeaseRequest request, LeaseStore.@Nullable Busy busy, boolean crowded) {
		StringBuilder message = new StringBuilder("The ").append(request.key().kind())
			.append(" '")
			.append(request.name())
			.append("' is busy");
		if (busy != null && busy.holder() != null) {
			message.append(", held by ").append(busy.holder());
		}
		if (crowded) {
			return message.append("; the call does not wait, because the maximum number of callers waits already")
				.toString();
		}
		if (request.waitTime().isZero()) {
			return message.append("; the call does not wait").toString();
		}
		return message.append("; waited ").append(request.waitTime().toMillis()).append(" ms").toString();
	}

	/**
	 * Returns the holder that had the lease when the store was last asked.
	 * @return the holder, empty if not known
	 */
	public Optional<Holder> getHolder() {
		return Optional.ofNullable(this.holder);
	}

	/**
	 * Returns the time after which the lease expires unless its holder renews it.
	 * @return the time, empty if not known
	 */
	public Optional<Duration> getRetryAfter() {
		return Optional.ofNullable(this.retryAfter);
	}

}
