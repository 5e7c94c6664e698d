package dev.weir.lease;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Releases what a request without an answer may have taken. The request may still be on
 * its way, in a buffer of a frozen server for instance, and may arrive after the first
 * release. So a release is repeated until the store answers, and once more some time
 * after it has first answered "not held": by then the server has worked through what was
 * sent before.
 */
final class AbandonedClaims {

	private static final long FIRST_DELAY = TimeUnit.MILLISECONDS.toNanos(100);

	private static final long LAST_DELAY = TimeUnit.SECONDS.toNanos(2);

	/** Keeps memory bounded while the store is away; the places expire by themselves. */
	private static final int LIMIT = 10_000;

	private static final Logger logger = LoggerFactory.getLogger(AbandonedClaims.class);

	private final Engine engine;

	private final AtomicInteger pending = new AtomicInteger();

	AbandonedClaims(Engine engine) {
		this.engine = engine;
	}

	/**
	 * Releases the place of an owner in the background, should it have one.
	 * @param key the key
	 * @param owner the owner
	 */
	void add(LeaseKey key, String owner) {
		if (this.pending.incrementAndGet() > LIMIT) {
			this.pending.decrementAndGet();
			logger.debug("Too many claims without an answer, one is left to expire");
			return;
		}
		release(key, owner, FIRST_DELAY, false);
	}

	int pending() {
		return this.pending.get();
	}

	private void release(LeaseKey key, String owner, long delay, boolean confirmed) {
		CompletionStage<LeaseStore.Release> answer;
		try {
			answer = this.engine.store().release(key, owner, false);
		}
		catch (RuntimeException ex) {
			answer = CompletableFuture.failedFuture(ex);
		}
		answer.whenComplete((release, failure) -> {
			boolean notHeld = (release == LeaseStore.Release.NOT_HELD);
			if (failure == null && (!notHeld || confirmed)) {
				this.pending.decrementAndGet();
				return;
			}
			long next = Math.min(LAST_DELAY, delay * 2);
			this.engine.after(delay, () -> release(key, owner, next, notHeld));
		});
	}

}
