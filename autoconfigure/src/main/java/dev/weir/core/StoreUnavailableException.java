package dev.weir.core;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a store that gave no answer: it could not be reached, it did not answer in
 * time, or it refuses to work. The store may or may not have done the requested work,
 * unless it certainly {@linkplain #wasAsked() was not asked}.
 */
public class StoreUnavailableException extends RuntimeException {

	/** The store does not work again unless an operator repairs it. */
	public static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();

	private final boolean asked;

	private final Duration awayFor;

	public StoreUnavailableException(String message) {
		this(message, null, true, Duration.ZERO);
	}

	public StoreUnavailableException(String message, Throwable cause) {
		this(message, cause, true, Duration.ZERO);
	}

	private StoreUnavailableException(String message, @Nullable Throwable cause, boolean asked, Duration awayFor) {
		super(message, cause);
		this.asked = asked;
		this.awayFor = awayFor;
	}

	/**
	 * Creates an exception for a store that was not asked, or that refused without doing
	 * anything.
	 * @param message the known reason
	 * @param cause the refusal, {@code null} if the store was not asked
	 * @param awayFor for how long the store has been known to be away
	 * @return the exception
	 */
	public static StoreUnavailableException withoutAsking(String message, @Nullable Throwable cause, Duration awayFor) {
		return new StoreUnavailableException(message, cause, false, awayFor);
	}

	/**
	 * Creates an exception for a store that was not asked.
	 * @param message the known reason
	 * @return the exception
	 */
	public static StoreUnavailableException withoutAsking(String message) {
		return withoutAsking(message, null, Duration.ZERO);
	}

	/**
	 * Adds what is known about the outage.
	 * @param message the message, with the place of the outage
	 * @param time for how long the store has been known to be away
	 * @return a copy
	 */
	public StoreUnavailableException with(String message, Duration time) {
		return new StoreUnavailableException(message, getCause(), this.asked, time);
	}

	/**
	 * Returns whether the store was asked. If so, it may have done the requested work, or
	 * may still do it.
	 * @return {@code false} if the store has certainly not done the work and never will
	 */
	public boolean wasAsked() {
		return this.asked;
	}

	/**
	 * Returns for how long the store has been known to be away.
	 * @return the time, {@link Duration#ZERO} if the store may answer the next call,
	 * {@link #FOREVER} if waiting does not help
	 */
	public Duration awayFor() {
		return this.awayFor;
	}

}
