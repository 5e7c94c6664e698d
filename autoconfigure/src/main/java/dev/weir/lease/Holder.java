package dev.weir.lease;

import java.time.DateTimeException;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Who has a lease and since when. Stands in the store with the id of the acquisition, as
 * {@code id|since in ms since 1970|application|instance|purpose}, so that a waiter can
 * say who it waits for. Holds no data of any user.
 *
 * @param application the name of the application that has the lease
 * @param instance the instance of that application
 * @param purpose what the lease is for, usually class and method
 * @param since when the lease was acquired, by the clock of the holder
 */
public record Holder(String application, String instance, String purpose, Instant since) {

	/** Separates the parts of the text in the store. */
	public static final String SEPARATOR = "|";

	/**
	 * Reads the description back from the text in the store.
	 * @param owner the text in the store
	 * @return the holder, or {@code null} if somebody else than Weir wrote the text
	 */
	public static @Nullable Holder parse(String owner) {
		String[] parts = owner.split("\\" + SEPARATOR, -1);
		if (parts.length != 5) {
			return null;
		}
		try {
			return new Holder(parts[2], parts[3], parts[4], Instant.ofEpochMilli(Long.parseLong(parts[1])));
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
