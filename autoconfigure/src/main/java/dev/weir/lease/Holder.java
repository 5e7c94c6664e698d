package dev.weir.lease;

import java.time.DateTimeException;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Who has a lease and since when. Written into the store beside the owner id so that a
 * waiter can say who it waits for. Holds no data of any user.
 *
 * @param application the name of the application that has the lease
 * @param instance the instance of that application
 * @param purpose what the lease is for, usually class and method
 * @param since when the lease was acquired, by the clock of the holder
 */
public record Holder(String application, String instance, String purpose, Instant since) {

	static final String SEPARATOR = "|";

	public Holder {
		application = plain(application);
		instance = plain(instance);
		purpose = plain(purpose);
	}

	/**
	 * Returns the text that stands in the store for one acquisition.
	 * @param id the random id of the acquisition
	 * @return the id followed by this description
	 */
	public String ownedBy(String id) {
		return id + SEPARATOR + this.since.toEpochMilli() + place(this.application, this.instance) + this.purpose;
	}

	/**
	 * Returns what is the same in the texts of all holders of one instance.
	 * @param application the name of the application
	 * @param instance the instance of that application
	 * @return a part of the text
	 */
	static String place(String application, String instance) {
		return SEPARATOR + plain(application) + SEPARATOR + plain(instance) + SEPARATOR;
	}

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

	/**
	 * Takes out of a text what would be taken for a separator.
	 * @param text the text
	 * @return a text that can be a part of that in the store
	 */
	static String plain(String text) {
		return text.replace(SEPARATOR, "/");
	}

	@Override
	public String toString() {
		return this.application + "@" + this.instance + " in " + this.purpose + " since " + this.since;
	}

}
