package dev.weir.lease.engine;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.core.Log;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseStore;

/**
 * Releases places that a claim or a release without an answer may have left behind. The
 * claim may still be on its way, in a buffer of a frozen server for instance, and may
 * arrive after the first release. Therefore a release is repeated until the store
 * answers. If the store answers "not held", the release is repeated once more some time
 * later: by then the server has processed everything that was sent before.
 */
final class AbandonedClaims {

	private static final long FIRST_DELAY = TimeUnit.MILLISECONDS.toNanos(100);

	private static final long LAST_DELAY = TimeUnit.SECONDS.toNanos(2);

	/**
	 * Limits the memory that is used while the store is unavailable. The other places
	 * expire by themselves.
	 */
	private static final int LIMIT = 10_000;

	private static final Log logger = Log.of(AbandonedClaims.class);

	private final EngineContext engine;

	private final AtomicInteger pending = new AtomicInteger();

	AbandonedClaims(EngineContext engine) {
		this.engine = engine;
	}

	/**
	 * Releases the place of an owner, and repeats the release in the background if the
	 * store does not answer.
	 * @param key the key
	 * @param owner the owner
	 * @param keptUntil until when the place must be kept, by the clock of the engine
	 * @param waitingLimit the limit of the callers that still wait here, 0 if none waits
	 * @return the answer to the first release
	 */
	CompletionStage<LeaseStore.Release> release(LeaseKey key, String owner, long keptUntil, int waitingLimit) {
		return this.engine.release(key, owner, keptUntil, waitingLimit).whenComplete((release, failure) -> {
			if (failure != null) {
				add(key, owner, keptUntil);
			}
		});
	}

	/**
	 * Releases the place of an owner in the background, if the owner has a place.
	 * @param key the key
	 * @param owner the owner
	 * @param keptUntil until when the place must be kept, by the clock of the engine
	 */
	void add(LeaseKey key, String owner, long keptUntil) {
		if (this.pending.incrementAndGet() > LIMIT) {
			this.pending.decrementAndGet();
			logger.debug("{} releases already wait for the store. Another place is not released and expires by itself.",
					LIMIT);
			return;
		}
		repeat(key, owner, keptUntil, FIRST_DELAY, false);
	}

	int pending() {
		return this.pending.get();
	}

	private void repeat(LeaseKey key, String owner, long keptUntil, long delay, boolean confirmed) {
		this.engine.release(key, owner, keptUntil, 0).whenComplete((release, failure) -> {
			boolean notHeld = (release == LeaseStore.Release.NOT_HELD);
			if (failure == null && (!notHeld || confirmed)) {
				this.pending.decrementAndGet();
				return;
			}
			long next = Math.min(LAST_DELAY, delay * 2);
			this.engine.after(delay, () -> repeat(key, owner, keptUntil, next, notHeld));
		});
	}

}
