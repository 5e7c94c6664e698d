package dev.weir.actuate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Rejects messages that are too old, or that were received before: an attacker can record
 * a message and send it again. Thread-safe.
 */
public final class RecentMessages {

	/**
	 * The longest time between the clock of the sender and the clock of this instance.
	 */
	static final Duration MAX_AGE = Duration.ofMinutes(1);

	/** How many messages are remembered. Far more than operators send in two minutes. */
	static final int MAX = 1000;

	private final Clock clock;

	/** When each message can be forgotten, by its id, in the order of arrival. */
	private final Map<String, Instant> known = new LinkedHashMap<>();

	/**
	 * Creates a memory.
	 * @param clock the clock of this instance
	 */
	public RecentMessages(Clock clock) {
		this.clock = clock;
	}

	/**
	 * Remembers a message.
	 * @param message the message
	 * @throws IllegalArgumentException if the message is not new
	 */
	public synchronized void add(ChangeMessage message) {
		Instant now = this.clock.instant();
		this.known.values().removeIf((until) -> until.isBefore(now));
		Duration age = Duration.between(message.sent(), now).abs();
		if (age.compareTo(MAX_AGE) > 0) {
			throw new IllegalArgumentException("The clock of its sender differs by " + age.toSeconds()
					+ " s from the clock of this instance, or the message was recorded and sent again");
		}
		if (this.known.size() >= MAX) {
			throw new IllegalArgumentException("This instance received more than " + MAX + " changes in two minutes");
		}
		// A message from the future is acceptable for the longest time.
		if (this.known.putIfAbsent(message.id(), now.plus(MAX_AGE.multipliedBy(2))) != null) {
			throw new IllegalArgumentException("The message was sent again");
		}
	}

}
