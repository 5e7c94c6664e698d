package dev.weir.lease.engine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

import dev.weir.core.Log;
import dev.weir.core.Stages;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LossReason;
import org.jspecify.annotations.Nullable;

/**
 * Renews the leases of one {@link Gate} while they are held, and detects that one is
 * lost: its deadline has passed, or the store no longer knows its owner. Its state is
 * guarded by the mutex of the gate.
 */
final class Renewals {

	private static final Log logger = Log.of(Renewals.class);

	private final EngineContext engine;

	private final LeaseKey key;

	private final Effects.Events events;

	private final AbandonedClaims abandoned;

	private final BiConsumer<StorePlace, Effects> whenLost;

	/**
	 * Creates renewals.
	 * @param engine the engine
	 * @param key the key of the gate
	 * @param events runs events under the mutex of the gate
	 * @param abandoned repeats releases that get no answer
	 * @param whenLost removes a lost place from the gate
	 */
	Renewals(EngineContext engine, LeaseKey key, Effects.Events events, AbandonedClaims abandoned,
			BiConsumer<StorePlace, Effects> whenLost) {
		this.engine = engine;
		this.key = key;
		this.events = events;
		this.abandoned = abandoned;
		this.whenLost = whenLost;
	}

	/**
	 * Checks a place again when its lease can next expire or must be renewed.
	 * @param place the place
	 * @param now the time
	 */
	void watch(StorePlace place, long now) {
		place.startTimer(now, () -> this.events.on((effects) -> check(place, effects)));
	}

	private void check(StorePlace place, Effects effects) {
		HeldLease lease = place.lease();
		if (place.hasEnded() || lease == null) {
			return;
		}
		long now = this.engine.now();
		if (lease.deadline() - now <= 0) {
			lose(place, lease.expiry(), effects);
			return;
		}
		if (place.isRenewalDue(now)) {
			renew(place, lease, Duration.ofNanos(lease.timeoutAt() - now), place.renewAt(), effects);
		}
		watch(place, now);
	}

	/**
	 * Renews a place, due or not.
	 * @param place the place
	 * @param effects sends the renewal
	 */
	void renewNow(StorePlace place, Effects effects) {
		HeldLease lease = place.lease();
		long now = this.engine.now();
		if (lease != null && !place.isLocal() && !place.hasEnded() && !place.isRenewing()
				&& lease.deadline() - now > 0) {
			renew(place, lease, Duration.ofNanos(lease.timeoutAt() - now), now, effects);
		}
	}

	/**
	 * Lets a place live on in the store.
	 * @param place the place
	 * @param lease the lease of its holder
	 * @param allowed the longest that its holder may still hold it
	 * @param due when the renewal was due
	 * @param effects sends the renewal
	 */
	void renew(StorePlace place, HeldLease lease, Duration allowed, long due, Effects effects) {
		place.renewing();
		Duration ttl = this.engine.ttl(lease.request(), Nanos.of(allowed), lease.atLeastUntil() - this.engine.now());
		effects.add(() -> {
			long sentAt = this.engine.now();
			CompletionStage<Boolean> renewal = Stages
				.call(() -> this.engine.store().renew(this.key, place.owner(), ttl));
			renewal.whenComplete((renewed, failure) -> this.events.on((following) -> answered(place,
					new Renewal(ttl, due, sentAt, (failure != null) ? null : renewed), following)));
		});
	}

	private void answered(StorePlace place, Renewal renewal, Effects effects) {
		HeldLease lease = place.lease();
		if (place.hasEnded() || lease == null) {
			return;
		}
		long now = this.engine.now();
		if (lease.deadline() - now <= 0) {
			// Too late: the holder may have seen already that its lease is over.
			lose(place, lease.expiry(), effects);
			return;
		}
		Boolean renewed = renewal.renewed();
		if (Boolean.FALSE.equals(renewed)) {
			lose(place, LossReason.TAKEN, effects);
			return;
		}
		Duration lag = Duration.ofNanos(now - renewal.due());
		effects.add(() -> this.engine.listener().renewed(lease.request(), lag, renewed != null));
		if (renewed != null) {
			place.renewed(renewal.sentAt(), renewal.ttl().toNanos());
		}
		else {
			place.renewalFailed(now);
		}
		watch(place, now);
	}

	/**
	 * Ends a place whose lease is lost.
	 * @param place the place
	 * @param reason why
	 * @param effects notifies the holder and releases the place
	 */
	void lose(StorePlace place, LossReason reason, Effects effects) {
		HeldLease lease = place.lease();
		place.end();
		if (lease != null) {
			List<Runnable> callbacks = lease.lost(reason);
			Duration held = lease.heldUntil(this.engine.now());
			effects.add(() -> callbacks.forEach(this.engine.callbacks()::execute));
			effects.addNotice(() -> this.engine.listener().lost(lease.request(), reason, held));
			effects.addNotice(() -> logger.warn("The {} '{}' of {} was lost: {}", this.key.kind(), lease.name(),
					lease.request().purpose(), reason.text()));
		}
		// The deadline of this JVM is earlier than the store's. The store may have the
		// place a little longer, or much longer if the holder's timeout has passed.
		if (!place.isLocal()) {
			effects.add(() -> this.abandoned.release(this.key, place.owner(), this.engine.now(), 0));
		}
		this.whenLost.accept(place, effects);
	}

	/**
	 * A renewal that the store has answered.
	 *
	 * @param ttl the time to live that was asked for
	 * @param due when the renewal was due
	 * @param sentAt when it was sent
	 * @param renewed whether the owner still had its place, {@code null} if the store
	 * gave no answer
	 */
	private record Renewal(Duration ttl, long due, long sentAt, @Nullable Boolean renewed) {

	}

}
