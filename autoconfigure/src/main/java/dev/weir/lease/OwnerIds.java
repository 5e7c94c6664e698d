package dev.weir.lease;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes ids that no other acquisition of any instance has: a random number of this engine
 * (RFC 9562, version 4) and a counter. Thread-safe; needs no random bits for each id.
 */
final class OwnerIds {

	private final String prefix = UUID.randomUUID() + "-";

	private final AtomicLong last = new AtomicLong();

	String next() {
		return this.prefix + this.last.incrementAndGet();
	}

}
