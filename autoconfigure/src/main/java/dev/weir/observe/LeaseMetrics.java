package dev.weir.observe;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LossReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;

/**
 * Counts and times the leases of this instance, per policy. {@code docs/metrics.md} lists
 * the meters. No tag contains a key or data of a user.
 */
public final class LeaseMetrics implements LeaseListener {

	private final PolicyTags<Meters> locks;

	private final PolicyTags<Meters> semaphores;

	/**
	 * Creates metrics.
	 * @param registry the registry of the meters
	 */
	public LeaseMetrics(MeterRegistry registry) {
		this.locks = meters(registry, LeaseKind.LOCK);
		this.semaphores = meters(registry, LeaseKind.SEMAPHORE);
	}

	private static PolicyTags<Meters> meters(MeterRegistry registry, LeaseKind kind) {
		return new PolicyTags<>(
				(policy) -> new Meters(registry, Tags.of("policy", policy, "kind", PolicyTags.text(kind))));
	}

	@Override
	public Call asked(LeaseRequest request) {
		Meters policy = of(request);
		policy.waiters.incrementAndGet();
		return policy;
	}

	@Override
	public void released(LeaseRequest request, Duration held) {
		Meters policy = of(request);
		policy.holders.decrementAndGet();
		policy.released.record(held);
	}

	@Override
	public void lost(LeaseRequest request, LossReason reason, Duration held) {
		Meters policy = of(request);
		policy.holders.decrementAndGet();
		policy.lostAfter.record(held);
		policy.lost.of(reason).increment();
	}

	@Override
	public void renewed(LeaseRequest request, Duration lag, boolean renewed) {
		Meters policy = of(request);
		(renewed ? policy.renewed : policy.notRenewed).record(lag);
	}

	@Override
	public void unavailable(LeaseRequest request, OnUnavailable policy) {
		of(request).unavailable.of(policy).increment();
	}

	@Override
	public void skipped(LeaseKind kind, String policy) {
		of(kind, policy).skipped.increment();
	}

	private Meters of(LeaseRequest request) {
		return of(request.key().kind(), request.name());
	}

	private Meters of(LeaseKind kind, String policy) {
		PolicyTags<Meters> ofKind = switch (kind) {
			case LOCK -> this.locks;
			case SEMAPHORE -> this.semaphores;
		};
		return ofKind.of(policy);
	}

	/**
	 * The meters of one policy. All meters exist from the first call of the policy on, so
	 * a query need not treat a missing meter as zero.
	 */
	private static final class Meters implements Call {

		private final AtomicInteger holders = new AtomicInteger();

		private final AtomicInteger waiters = new AtomicInteger();

		private final Timer acquired;

		private final EachOf<Failure, Timer> failed;

		private final Counter handOffs;

		private final Timer released;

		private final Timer lostAfter;

		private final EachOf<LossReason, Counter> lost;

		private final Timer renewed;

		private final Timer notRenewed;

		private final EachOf<OnUnavailable, Counter> unavailable;

		private final Counter skipped;

		Meters(MeterRegistry registry, Tags tags) {
			Gauge.builder("weir.lease.holders", this.holders, AtomicInteger::get)
				.description("Leases that callers of this instance hold now")
				.tags(tags)
				.strongReference(true)
				.register(registry);
			Gauge.builder("weir.lease.waiters", this.waiters, AtomicInteger::get)
				.description("Callers of this instance that have asked for a lease and have no answer yet")
				.tags(tags)
				.strongReference(true)
				.register(registry);
			Function<String, Timer> acquire = (outcome) -> Timer.builder("weir.lease.acquire")
				.description("Time from the call to its answer")
				.tags(tags)
				.tag("outcome", outcome)
				.register(registry);
			this.acquired = acquire.apply("acquired");
			this.failed = new EachOf<>(Failure.class, acquire);
			this.handOffs = Counter.builder("weir.lease.handoffs")
				.description("Leases that went from one caller of this instance to the next without asking the store")
				.tags(tags)
				.register(registry);
			Function<String, Timer> hold = (end) -> Timer.builder("weir.lease.hold")
				.description("Time for which a lease was held, counted as its timeout is")
				.tags(tags)
				.tag("end", end)
				.register(registry);
			this.released = hold.apply("released");
			this.lostAfter = hold.apply("lost");
			this.lost = new EachOf<>(LossReason.class,
					(reason) -> Counter.builder("weir.lease.lost")
						.description("Leases that were lost while their holder needed them")
						.tags(tags)
						.tag("reason", reason)
						.register(registry));
			Function<String, Timer> renewal = (outcome) -> Timer.builder("weir.lease.renewal.lag")
				.description("Renewals, and the time from when one was due to the answer of the store")
				.tags(tags)
				.tag("outcome", outcome)
				.register(registry);
			this.renewed = renewal.apply("renewed");
			this.notRenewed = renewal.apply("unavailable");
			this.skipped = Counter.builder("weir.lease.skipped")
				.description("Calls that did not run because the lease was busy, as their policy requires")
				.tags(tags)
				.register(registry);
			this.unavailable = new EachOf<>(OnUnavailable.class,
					(policy) -> Counter.builder("weir.lease.unavailable")
						.description("Calls for which the store did not answer, by the action of their policy")
						.tags(tags)
						.tag("action", policy)
						.register(registry));
		}

		@Override
		public void acquired(Duration took, boolean handedOn) {
			this.waiters.decrementAndGet();
			this.holders.incrementAndGet();
			this.acquired.record(took);
			if (handedOn) {
				this.handOffs.increment();
			}
		}

		@Override
		public void failed(Duration took, Failure failure) {
			this.waiters.decrementAndGet();
			this.failed.of(failure).record(took);
		}

	}

	/**
	 * One meter for each value of a tag.
	 *
	 * @param <E> the values
	 * @param <M> the type of the meter
	 */
	private static final class EachOf<E extends Enum<E>, M> {

		private final Map<E, M> all;

		EachOf(Class<E> values, Function<String, M> meter) {
			this.all = new EnumMap<>(values);
			for (E value : values.getEnumConstants()) {
				this.all.put(value, meter.apply(PolicyTags.text(value)));
			}
		}

		M of(E value) {
			M meter = this.all.get(value);
			if (meter == null) {
				throw new IllegalArgumentException(value + " has no meter");
			}
			return meter;
		}

	}

}
