package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;

import dev.weir.core.Listeners;
import dev.weir.core.OnUnavailable;
import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.ratelimit.Decision.Source;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.remote.MutableBucketEntry;
import io.github.bucket4j.distributed.remote.RemoteBucketState;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether calls may go on, with token buckets that all instances share.
 * Thread-safe, and never blocks: stages complete within the timeout of the store, on any
 * thread, so code that depends on them must not block.
 * <p>
 * Either all charges of one call are taken or none, in one step of the store. If their
 * buckets are in several slots of a Redis cluster, one step cannot contain all of them.
 * Then they are charged one slot after the other, and a denial gives back the tokens that
 * were taken before. In between, another call may be denied because it lacks tokens that
 * are given back a moment later.
 */
public final class RateLimiter {

	/**
	 * A bucket expires once it is full. The second allows for the precision of the
	 * clocks.
	 */
	private static final ExpirationAfterWriteStrategy EXPIRATION = ExpirationAfterWriteStrategy
		.basedOnTimeForRefillingBucketUpToMax(Duration.ofSeconds(1));

	/** How many buckets are remembered: about 4 MB at most. */
	private static final int MAX_KNOWN = 10_000;

	private static final Logger logger = LoggerFactory.getLogger(RateLimiter.class);

	private final BucketStore store;

	private final StoreClock clock;

	private final Buckets shared;

	private final Buckets local;

	private final Listeners<RateLimitListener> listeners;

	private final Duration tolerance;

	private final AtomicBoolean available = new AtomicBoolean(true);

	/**
	 * Creates a rate limiter.
	 * @param store the store of the shared buckets
	 * @param local the store that is used while the shared one does not answer
	 * @param timeout how long the store may take to answer
	 * @param listeners receive the decisions
	 */
	public RateLimiter(BucketStore store, BucketStore local, Duration timeout, List<RateLimitListener> listeners) {
		this(store, local, timeout, listeners, new StoreClock());
	}

	RateLimiter(BucketStore store, BucketStore local, Duration timeout, List<RateLimitListener> listeners,
			StoreClock clock) {
		this.store = store;
		this.clock = clock;
		this.shared = new Buckets(store, this.clock, timeout, MAX_KNOWN);
		this.local = new Buckets(local, new StoreClock(), timeout, MAX_KNOWN);
		this.listeners = new Listeners<>(listeners);
		// The store refuses a step that is late by more than the timeout.
		this.tolerance = timeout.plusSeconds(1);
	}

	/**
	 * Takes the tokens of a call, from all of its buckets or from none.
	 * @param charges the charges of the call, each of another bucket
	 * @return completes with the decisions of the buckets; with
	 * {@link RateLimitUnavailableException} if the store did not answer and the policy of
	 * one of the charges is {@link OnUnavailable#FAIL}; with
	 * {@link IllegalStateException} if a key holds something other than a bucket
	 */
	public CompletableFuture<Decisions> tryConsume(List<Charge> charges) {
		if (charges.isEmpty()) {
			return CompletableFuture.completedFuture(Decisions.NONE);
		}
		return decide(charges, true).whenComplete((decisions, failure) -> {
			noticeAnswer(decisions);
			report(charges, decisions, failure);
		});
	}

	/**
	 * Returns the decisions that {@link #tryConsume} would make, and takes no tokens.
	 * @param charges the charges, each of another bucket
	 * @return completes as {@link #tryConsume} does
	 */
	public CompletableFuture<Decisions> peek(List<Charge> charges) {
		return decide(charges, false).whenComplete((decisions, failure) -> noticeAnswer(decisions));
	}

	/**
	 * Gives back tokens that were taken in vain. A bucket never gets more tokens than it
	 * can hold.
	 * @param charges the charges to give back
	 * @return completes when the tokens are given back, or with
	 * {@link RateLimitUnavailableException} if the store did not answer; then it is
	 * unknown whether they were given back
	 */
	public CompletableFuture<Void> refund(List<Charge> charges) {
		return CompletableFuture
			.allOf(bySlot(charges).stream().map(this::refundTogether).toArray(CompletableFuture[]::new));
	}

	/**
	 * Fills a bucket.
	 * @param charge the bucket; its cost has no effect
	 * @return completes when the bucket is full, or with
	 * {@link RateLimitUnavailableException} if the store did not answer
	 */
	public CompletableFuture<Void> reset(Charge charge) {
		this.local.remove(charge.key());
		return orUnavailable(charge, this.shared.remove(charge.key()).toCompletableFuture());
	}

	/**
	 * Returns by how much the clock of the store is ahead of the clock of this machine.
	 * Decisions do not depend on it.
	 * @return the difference, negative if the store is behind; zero before the first
	 * answer of the store
	 */
	public Duration clockSkew() {
		return this.clock.skew();
	}

	/**
	 * Returns whether the store answered when it was last asked.
	 * @return whether the shared buckets decide
	 */
	public boolean isStoreAvailable() {
		return this.available.get();
	}

	private CompletableFuture<Decisions> decide(List<Charge> charges, boolean take) {
		if (charges.isEmpty()) {
			return CompletableFuture.completedFuture(Decisions.NONE);
		}
		List<List<Charge>> groups = bySlot(charges);
		CompletableFuture<Decisions> decisions = (groups.size() == 1) ? together(charges, take)
				: oneAfterTheOther(groups, List.of(), take);
		return decisions.exceptionallyCompose((failure) -> without(Stages.unwrap(failure), charges, take));
	}

	private List<List<Charge>> bySlot(List<Charge> charges) {
		if (charges.size() == 1) {
			return List.of(charges);
		}
		if (keys(charges).stream().distinct().count() < charges.size()) {
			throw new IllegalArgumentException("A call must not take from the same bucket twice: "
					+ charges.stream().map(Charge::policy).toList());
		}
		return List.copyOf(charges.stream()
			.collect(Collectors.groupingBy((charge) -> this.store.slot(charge.key()), LinkedHashMap::new,
					Collectors.toList()))
			.values());
	}

	private CompletableFuture<Decisions> together(List<Charge> charges, boolean take) {
		return this.shared.take(keys(charges), EXPIRATION,
				new Consumption(charges, take, (charge) -> charge.limit().burst(), Source.SHARED, this.tolerance));
	}

	private CompletableFuture<Decisions> oneAfterTheOther(List<List<Charge>> groups, List<Decision> before,
			boolean take) {
		List<Charge> first = groups.get(0);
		return together(first, take).thenCompose((decisions) -> {
			List<Decision> all = new ArrayList<>(before);
			all.addAll(decisions.all());
			if (groups.size() == 1 || take && !decisions.isAllowed()) {
				return CompletableFuture.completedFuture(new Decisions(all));
			}
			CompletableFuture<Decisions> outcome = oneAfterTheOther(groups.subList(1, groups.size()), all, take);
			return take ? outcome
				.handle((value, failure) -> (failure != null || !value.isAllowed()) ? giveBack(first, decisions)
						: CompletableFuture.<Void>completedFuture(null))
				.thenCompose(Function.identity())
				.thenCompose((done) -> outcome) : outcome;
		});
	}

	/**
	 * Gives back the tokens that a call has taken from the buckets of one slot.
	 * @param charges the charges of these buckets
	 * @param decisions the decisions of these buckets
	 * @return completes when the tokens are given back; also completes if they cannot be
	 * given back, because this changes nothing for the call
	 */
	private CompletableFuture<Void> giveBack(List<Charge> charges, Decisions decisions) {
		List<Charge> taken = new ArrayList<>();
		for (int i = 0; i < charges.size(); i++) {
			if (decisions.all().get(i).allowed()) {
				taken.add(charges.get(i));
			}
		}
		return taken.isEmpty() ? CompletableFuture.completedFuture(null)
				: refundTogether(taken).exceptionally((failure) -> {
					logger.warn("The tokens that a denied or failed call took of {} could not be given back: {}",
							taken.stream().map(Charge::policy).toList(), Stages.unwrap(failure).getMessage());
					return null;
				});
	}

	private CompletableFuture<Void> refundTogether(List<Charge> charges) {
		return orUnavailable(charges.get(0),
				this.shared.take(keys(charges), EXPIRATION, refunding(charges)).thenAccept((refunded) -> {
				}));
	}

	private static Step<Integer> refunding(List<Charge> charges) {
		return (buckets, nanos) -> {
			for (int i = 0; i < buckets.size(); i++) {
				MutableBucketEntry bucket = buckets.get(i);
				// A bucket that does not exist is full.
				if (bucket.exists()) {
					RemoteBucketState state = bucket.get();
					state.refillAllBandwidth(nanos);
					state.addTokens(charges.get(i).cost());
					bucket.set(state);
				}
			}
			return buckets.size();
		};
	}

	private static <T> CompletableFuture<T> orUnavailable(Charge charge, CompletableFuture<T> answer) {
		return answer.handle((value, failure) -> {
			Throwable cause = (failure != null) ? Stages.unwrap(failure) : null;
			if (cause instanceof StoreUnavailableException) {
				return CompletableFuture.<T>failedFuture(new RateLimitUnavailableException(charge.policy(), cause));
			}
			return answer;
		}).thenCompose(Function.identity());
	}

	/**
	 * Decides without the store.
	 * @param failure the reason why the store did not answer
	 * @param charges the charges of the call
	 * @param take whether to take the tokens
	 * @return completes with the decisions, or fails
	 */
	private CompletableFuture<Decisions> without(Throwable failure, List<Charge> charges, boolean take) {
		if (!(failure instanceof StoreUnavailableException)) {
			return CompletableFuture.failedFuture(failure);
		}
		this.available.set(false);
		for (Charge charge : charges) {
			if (charge.onUnavailable() == OnUnavailable.FAIL && !charge.shadow()) {
				return CompletableFuture.failedFuture(new RateLimitUnavailableException(charge.policy(), failure));
			}
		}
		List<Charge> decidedHere = charges.stream()
			.filter((charge) -> charge.onUnavailable() == OnUnavailable.LOCAL)
			.toList();
		if (decidedHere.isEmpty()) {
			return CompletableFuture.completedFuture(new Decisions(charges.stream().map(Decision::open).toList()));
		}
		return this.local
			.take(keys(decidedHere), EXPIRATION,
					new Consumption(decidedHere, take, this::tokensLastSeen, Source.LOCAL, this.tolerance))
			.thenApply((decisions) -> withOpen(charges, decisions));
	}

	/**
	 * Returns the last known number of tokens of a shared bucket. A new bucket in this
	 * JVM starts with them.
	 * @param charge the charge of the bucket
	 * @return the number of tokens
	 */
	private long tokensLastSeen(Charge charge) {
		RemoteBucketState state = this.shared.lastSeen(charge.key());
		if (state == null || !charge.limit().matches(state.getConfiguration())) {
			return charge.limit().burst();
		}
		state.refillAllBandwidth(TimeUnit.MICROSECONDS.toNanos(this.clock.micros()));
		return Math.max(0, state.getAvailableTokens());
	}

	private static Decisions withOpen(List<Charge> charges, Decisions decidedHere) {
		List<Decision> all = new ArrayList<>();
		int next = 0;
		for (Charge charge : charges) {
			all.add((charge.onUnavailable() == OnUnavailable.LOCAL) ? decidedHere.all().get(next++)
					: Decision.open(charge));
		}
		return new Decisions(all);
	}

	private void noticeAnswer(@Nullable Decisions decisions) {
		if (!this.available.get() && decisions != null
				&& decisions.all().stream().anyMatch((decision) -> decision.source() == Source.SHARED)) {
			this.available.set(true);
		}
	}

	private void report(List<Charge> charges, @Nullable Decisions decisions, @Nullable Throwable failure) {
		if (decisions != null) {
			this.listeners.forEach((listener) -> listener.decided(decisions));
		}
		else if (failure != null && Stages.unwrap(failure) instanceof RateLimitUnavailableException) {
			this.listeners.forEach((listener) -> listener.unavailable(charges));
		}
	}

	private static List<String> keys(List<Charge> charges) {
		return (charges.size() == 1) ? List.of(charges.get(0).key()) : charges.stream().map(Charge::key).toList();
	}

}
