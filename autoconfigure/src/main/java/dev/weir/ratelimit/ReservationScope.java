package dev.weir.ratelimit;

import org.jspecify.annotations.Nullable;

/**
 * Lets code of the current thread find its {@link Reservation}, until the scope is
 * closed. Only Weir opens scopes.
 */
public final class ReservationScope implements AutoCloseable {

	private static final ThreadLocal<@Nullable Reservation> CURRENT = new ThreadLocal<>();

	private final @Nullable Reservation outer;

	private ReservationScope(@Nullable Reservation outer) {
		this.outer = outer;
	}

	/**
	 * Opens a scope.
	 * @param reservation the reservation of the code
	 * @return the scope, which the same thread closes
	 */
	public static ReservationScope open(Reservation reservation) {
		ReservationScope scope = new ReservationScope(CURRENT.get());
		CURRENT.set(reservation);
		return scope;
	}

	static @Nullable Reservation current() {
		return CURRENT.get();
	}

	@Override
	public void close() {
		CURRENT.set(this.outer);
	}

}
