package dev.weir.lease;

import java.time.DateTimeException;
import java.time.Instant;

import dev.weir.core.Printable;
import org.jspecify.annotations.Nullable;

/**
 * Describes the holder of a lease, and when the holder acquired it. The store keeps this
 * description together with the id of the acquisition, as
 * {@code id|since in ms since 1970|application|instance|purpose}, so that a waiter can
 * name the holder for which it waits. Contains no data of users.
 *
 * @param application the name of the application that has the lease
 * @param instance the name of the instance of that application
 * @param purpose the purpose of the lease, usually class and method
 * @param since the time at which the lease was acquired, by the clock of the holder
 */
public record Holder(String application, String instance, String purpose, Instant since) {

	/** Separates the parts of the text in the store. */
	public static final String SEPARATOR = "|";

	private static final int PARTS = 5;

	/**
	 * Parses the description from the text in the store, and makes it printable: every
	 * client that can write to the store can have written the text.
	 * @param owner the text in the store
	 * @return the holder, {@code null} if Weir did not write the text
	 */
	public static @Nullable Holder parse(String owner) {
		String[] parts = owner.split("\\" + SEPARATOR, PARTS + 1);
		if (parts.length != PARTS) {
			return null;
		}
		try {
			return new Holder(Printable.of(parts[2]), Printable.of(parts[3]), Printable.of(parts[4]),
					Instant.ofEpochMilli(Long.parseLong(parts[1])));
		}
		catch (NumberFormatException | DateTimeException ex) {
			return null;
		}
	}

	@Override
	public String toString() {
		return this.application + "@" + this.instance + " in " + this.purpose + " since " + this.since;
	}

}
