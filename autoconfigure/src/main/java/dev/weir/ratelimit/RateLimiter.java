package dev.weir.ratelimit;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;

import dev.weir.core.Listeners;
import dev.weir.core.Log;
import dev.weir.core.OnUnavailable;
import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.ratelimit.BucketStore.Action;
import dev.weir.ratelimit.BucketStore.Call;
import dev.weir.ratelimit.BucketStore.Level;
import dev.weir.ratelimit.BucketStore.PauseChange;
import dev.weir.ratelimit.BucketStore.Result;
import dev.weir.ratelimit.Decision.Source;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether calls may go on, with token buckets that all instances share.
 * Thread-safe, and never blocks: stages complete within the timeout of the store, which
 * begins when the store is connected, on any thread. So code that depends on them must
 * not block.
 * <p>
 * Either all charges of one call are taken or none, in one step of the store. If their
 * buckets are in several slots of a Redis cluster, one step cannot contain all of them.
 * Then they are charged one slot after the other, each within the timeout, and a denial
 * gives back the tokens that were taken before. In between, another call may be denied
 * because it lacks tokens that are given back a moment later.
 */
public final class RateLimiter {

	/** How many buckets of each class are remembered: about 2 MB for each. */
	private static final int MAX_KNOWN = 10_000;

	private static final Log logger = Log.of(RateLimiter.class);

	private final BucketStore store;

	private final BucketStore local;

	private final Batches batches;

	private final Settlements settlements;

	private final Waits waits;

	private final LastLevels lastLevels = new LastLevels(MAX_KNOWN, System::nanoTime);

	private final Listeners<RateLimitListener> listeners;

	private final AtomicLong skewMicros = new AtomicLong();

	private final AtomicBoolean available = new AtomicBoolean(true);

	/**
	 * Creates a rate limiter.
	 * @param store the store of the shared buckets
	 * @param local the store that is used while the shared one does not answer
	 * @param timeout how long the store may take to answer
	 * @param listeners receive the decisions
	 */
	public RateLimiter(BucketStore store, BucketStore local, Duration timeout, List<RateLimitListener> listeners) {
		this.store = store;
		this.local = local;
		this.batches = new Batches(store, timeout, this::learnClock);
		this.listeners = new Listeners<>(listeners);
		this.waits = new Waits((denied) -> this.listeners.forEach((listener) -> listener.deniedByPause(denied)));
		local.watchPauses((change) -> this.waits.move(change, Source.LOCAL));
		this.settlements = new Settlements(store, local, this.batches,
				(settlement) -> this.listeners.forEach((listener) -> listener.settled(settlement)));
	}

	/**
	 * Takes the tokens of a call, from all of its buckets or from none.
	 * @param charges the charges of the call, each of another bucket, at most 128
	 * @return completes with the decisions of the buckets; with
	 * {@link RateLimitUnavailableException} if the store did not answer and the policy of
	 * one of the charges is {@link OnUnavailable#FAIL}; with
	 * {@link IllegalStateException} if a key holds something other than a bucket
	 */
	public CompletableFuture<Decisions> tryConsume(List<Charge> charges) {
		if (charges.isEmpty()) {
			return CompletableFuture.completedFuture(Decisions.NONE);
		}
		return decide(charges, Action.TAKE).whenComplete((decisions, failure) -> {
			noticeAnswer(decisions);
			report(charges, decisions, failure);
		});
	}

	/**
	 * Takes the tokens of a call as {@link #tryConsume} does, some of them by estimate,
	 * and waits for them if the charges allow this.
	 * @param charges the charges of the call, each of another bucket, at most 128
	 * @return completes when the tokens are there, with the reservation, whose decisions
	 * may be denials, or as {@link #tryConsume} does. If the stage is cancelled before
	 * that, the tokens are given back
	 */
	public CompletableFuture<Reservation> reserve(List<Charge> charges) {
		CompletableFuture<Decisions> decided = tryConsume(charges);
		if (waits(charges)) {
			this.store.watchPauses(this::pauseChanged);
			return this.waits.until(charges, decided, (decisions) -> this.settlements.reservation(charges, decisions),
					(decisions) -> this.settlements.giveBack(charges, decisions));
		}
		CompletableFuture<Reservation> result = new CompletableFuture<>();
		decided.whenComplete((decisions, failure) -> {
			if (failure != null) {
				result.completeExceptionally(Stages.unwrap(failure));
			}
			else if (!result.complete(this.settlements.reservation(charges, decisions)) && decisions.isAllowed()) {
				// The caller has cancelled the call before the answer.
				this.settlements.giveBack(charges, decisions);
			}
		});
		return result;
	}

	/**
	 * Takes the tokens of a call as {@link #reserve} does, and blocks until they are
	 * there.
	 * @param charges the charges of the call, each of another bucket, at most 128
	 * @return the reservation, whose decisions may be denials
	 * @throws RateLimitInterruptedException if the thread was interrupted while it waited
	 * for tokens; they are given back. An interrupt does not end a call that may not wait
	 */
	public Reservation awaitReservation(List<Charge> charges) {
		if (waits(charges)) {
			return Waits.await(charges.get(0).policy(), reserve(charges));
		}
		return this.settlements.reservation(charges, Stages.await(tryConsume(charges)));
	}

	/**
	 * Gives all tokens of a call back that did not run after all.
	 * @param charges the charges of the call
	 * @param reservation its reservation
	 */
	public void giveBack(List<Charge> charges, Reservation reservation) {
		this.settlements.giveBack(charges, reservation.decisions());
	}

	private static boolean waits(List<Charge> charges) {
		for (Charge charge : charges) {
			if (!charge.waitTime().isZero()) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Returns the decisions that {@link #tryConsume} would make, and takes no tokens.
	 * @param charges the charges, each of another bucket
	 * @return completes as {@link #tryConsume} does
	 */
	public CompletableFuture<Decisions> peek(List<Charge> charges) {
		return decide(charges, Action.PEEK).whenComplete((decisions, failure) -> noticeAnswer(decisions));
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
		this.lastLevels.forget(charge.key());
		return orUnavailable(charge, this.store.remove(charge.key()).toCompletableFuture());
	}

	/**
	 * Pauses a bucket in all instances: it grants nothing for a time, and gets no tokens.
	 * Calls that wait for its tokens wait longer by the length of the pause; those that
	 * would wait longer than they may are denied. Calls that do not wait any more go on.
	 * @param charge the bucket; its cost has no effect
	 * @param length the length of the pause, zero to lift it; a pause is not made shorter
	 * otherwise
	 * @return completes when the bucket is paused, or with
	 * {@link RateLimitUnavailableException} if the store did not answer; if the policy is
	 * {@link OnUnavailable#LOCAL}, the bucket of this JVM is paused then
	 */
	public CompletableFuture<Void> pause(Charge charge, Duration length) {
		Call call = Call.pausing(StoreCalls.call(Action.PAUSE, List.of(charge), (any) -> any.limit().burst()).takes(),
				length);
		CompletableFuture<Void> paused = this.batches.send(call)
			.thenAccept((result) -> StoreCalls.decisions(List.of(charge), result, Source.SHARED));
		paused.whenComplete((done, failure) -> {
			boolean silent = failure != null && Stages.unwrap(failure) instanceof StoreUnavailableException;
			if (silent && charge.onUnavailable() == OnUnavailable.LOCAL) {
				this.local.decide(List.of(call));
			}
			else if (failure == null && !length.isZero()) {
				this.listeners.forEach((listener) -> listener.paused(charge.policy(), length));
			}
		});
		return orUnavailable(charge, paused);
	}

	private void pauseChanged(PauseChange change) {
		this.waits.move(change, Source.SHARED);
	}

	/**
	 * Returns by how much the clock of the store is ahead of the clock of this machine.
	 * Decisions do not depend on it.
	 * @return the difference, negative if the store is behind; zero before the first
	 * answer of the store
	 */
	public Duration clockSkew() {
		return Duration.of(this.skewMicros.get(), ChronoUnit.MICROS);
	}

	private void learnClock(long storeMicros) {
		this.skewMicros.set(storeMicros - TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis()));
	}

	/**
	 * Returns whether the store answered when it was last asked.
	 * @return whether the shared buckets decide
	 */
	public boolean isStoreAvailable() {
		return this.available.get();
	}

	private CompletableFuture<Decisions> decide(List<Charge> charges, Action action) {
		if (charges.isEmpty()) {
			return CompletableFuture.completedFuture(Decisions.NONE);
		}
		List<List<Charge>> groups = bySlot(charges);
		CompletableFuture<Decisions> decisions = (groups.size() == 1) ? together(charges, action)
				: oneAfterTheOther(groups, List.of(), action);
		return decisions.exceptionallyCompose((failure) -> withoutStore(Stages.unwrap(failure), charges, action));
	}

	private List<List<Charge>> bySlot(List<Charge> charges) {
		if (charges.size() == 1) {
			return List.of(charges);
		}
		if (charges.size() > Batches.MAX_BUCKETS) {
			throw new IllegalArgumentException("A call must not take from more than " + Batches.MAX_BUCKETS
					+ " buckets, not from " + charges.size());
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

	private CompletableFuture<Decisions> together(List<Charge> charges, Action action) {
		return this.batches.send(StoreCalls.call(action, charges, (charge) -> charge.limit().burst()))
			.thenApply((result) -> {
				Decisions decisions = StoreCalls.decisions(charges, result, Source.SHARED);
				for (int i = 0; i < charges.size(); i++) {
					Charge charge = charges.get(i);
					Decision decision = decisions.all().get(i);
					if (charge.onUnavailable() == OnUnavailable.LOCAL && decision.source() == Source.SHARED) {
						this.lastLevels.remember(charge, tokens(result.levels().get(i)));
						this.local.remove(charge.key());
					}
				}
				return decisions;
			});
	}

	private static long tokens(@Nullable Level level) {
		return (level != null) ? level.tokens() : 0;
	}

	private CompletableFuture<Decisions> oneAfterTheOther(List<List<Charge>> groups, List<Decision> before,
			Action action) {
		List<Charge> first = groups.get(0);
		boolean takes = action == Action.TAKE;
		return together(first, action).thenCompose((decisions) -> {
			List<Decision> all = new ArrayList<>(before);
			all.addAll(decisions.all());
			if (groups.size() == 1 || takes && !decisions.isAllowed()) {
				return CompletableFuture.completedFuture(new Decisions(all));
			}
			CompletableFuture<Decisions> outcome = oneAfterTheOther(groups.subList(1, groups.size()), all, action);
			if (takes) {
				// No caller waits for this.
				outcome.whenComplete((value, failure) -> {
					if (failure != null || !value.isAllowed()) {
						giveBack(first, decisions);
					}
				});
			}
			return outcome;
		});
	}

	/**
	 * Gives back the tokens that a call has taken from the buckets of one slot.
	 * @param charges the charges of these buckets
	 * @param decisions the decisions of these buckets
	 */
	private void giveBack(List<Charge> charges, Decisions decisions) {
		List<Charge> taken = new ArrayList<>();
		for (int i = 0; i < charges.size(); i++) {
			if (decisions.all().get(i).allowed()) {
				taken.add(charges.get(i));
			}
		}
		if (!taken.isEmpty()) {
			refundTogether(taken).exceptionally((failure) -> {
				logger.warn("The tokens that a denied or failed call took of {} could not be given back: {}",
						taken.stream().map(Charge::policy).toList(), Stages.unwrap(failure).getMessage());
				return null;
			});
		}
	}

	private CompletableFuture<Void> refundTogether(List<Charge> charges) {
		CompletableFuture<Result> answer = this.batches
			.send(StoreCalls.call(Action.REFUND, charges, (charge) -> charge.limit().burst()));
		return orUnavailable(charges.get(0),
				answer.thenAccept((result) -> StoreCalls.decisions(charges, result, Source.SHARED)));
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
	 * @param failure why the store gave no answer
	 * @param charges the charges of the call
	 * @param action what the call does
	 * @return completes with the decisions, or fails
	 */
	private CompletableFuture<Decisions> withoutStore(Throwable failure, List<Charge> charges, Action action) {
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
		Call call = StoreCalls.call(action, decidedHere,
				(charge) -> this.lastLevels.tokens(charge.key(), charge.limit()));
		return this.local.decide(List.of(call))
			.thenApply((answer) -> withOpen(charges,
					StoreCalls.decisions(decidedHere, new Result(answer.micros(), answer.results().get(0)),
							Source.LOCAL)))
			.toCompletableFuture();
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
