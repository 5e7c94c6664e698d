package dev.weir.lease.engine;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

import dev.weir.lease.Holder;

/**
 * Creates the owners of places in the store. Each owner represents one acquisition, and
 * consists of an id and a description of the holder. The id is a random number of this
 * engine (RFC 9562, version 4) and a counter, so no other acquisition of any instance has
 * the same id. An owner never is a thread or process id: any thread may release a lease,
 * and a late answer to an earlier acquisition must not be taken for the answer to this
 * one. Thread-safe. A new owner needs no random bits.
 */
final class OwnerIds {

	private final String prefix = UUID.randomUUID() + "-";

	private final AtomicLong last = new AtomicLong();

	private final String place;

	/**
	 * Creates a source of owners.
	 * @param settings name this application and instance
	 */
	OwnerIds(LeaseSettings settings) {
		this.place = Holder.SEPARATOR + plain(settings.application()) + Holder.SEPARATOR + plain(settings.instance())
				+ Holder.SEPARATOR;
	}

	/**
	 * Creates an owner.
	 * @param purpose the purpose of the lease
	 * @return the text for the store
	 */
	String next(String purpose) {
		return this.prefix + this.last.incrementAndGet() + Holder.SEPARATOR + System.currentTimeMillis() + this.place
				+ plain(purpose);
	}

	private static String plain(String text) {
		return text.replace(Holder.SEPARATOR, "/");
	}

}
