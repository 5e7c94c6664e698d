package dev.weir.lease.engine;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

import dev.weir.lease.Holder;

/**
 * Makes the owners of places in the store, each of which stands for one acquisition: an
 * id that no other acquisition of any instance has, a random number of this engine (RFC
 * 9562, version 4) and a counter, and who that is. Never a thread or process id: a lease
 * may be released from any thread, and a late answer to an earlier acquisition must not
 * be taken for this one. Thread-safe; needs no random bits for each owner.
 */
final class OwnerIds {

	private final String prefix = UUID.randomUUID() + "-";

	private final AtomicLong last = new AtomicLong();

	private final String place;

	/**
	 * Creates owners.
	 * @param settings say which application and instance this is
	 */
	OwnerIds(LeaseSettings settings) {
		this.place = Holder.SEPARATOR + plain(settings.application()) + Holder.SEPARATOR + plain(settings.instance())
				+ Holder.SEPARATOR;
	}

	/**
	 * Makes an owner.
	 * @param purpose what the lease is for
	 * @return the text that stands in the store
	 */
	String next(String purpose) {
		return this.prefix + this.last.incrementAndGet() + Holder.SEPARATOR + System.currentTimeMillis() + this.place
				+ plain(purpose);
	}

	private static String plain(String text) {
		return text.replace(Holder.SEPARATOR, "/");
	}

}
