package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import dev.weir.core.Log;
import dev.weir.core.Stages;
import dev.weir.ratelimit.BucketStore.Call;
import dev.weir.ratelimit.BucketStore.Level;
import dev.weir.ratelimit.BucketStore.Settled;
import dev.weir.ratelimit.BucketStore.Take;
import dev.weir.ratelimit.BucketStore.Use;
import dev.weir.ratelimit.Settlement.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Settles reservations. A settlement has an id, so that the store applies it once,
 * however often it is sent. Thread-safe.
 */
final class Settlements {

	/**
	 * The pauses before a settlement without an answer is sent again, about six seconds
	 * in all.
	 */
	private static final List<Duration> PAUSES = List.of(Duration.ofMillis(100), Duration.ofSeconds(1),
			Duration.ofSeconds(5));

	/** The store remembers ids for twice as long. */
	private static final Duration LONGEST_REPEAT = Duration.ofMinutes(5);

	private static final Log logger = Log.of(Settlements.class);

	private final BucketStore store;

	private final BucketStore local;

	private final Batches batches;

	private final Consumer<Settlement> listener;

	/** The policies and reasons with a logged warning. */
	private final Set<String> reported = ConcurrentHashMap.newKeySet();

	/**
	 * Creates settlements.
	 * @param store the store of the shared buckets
	 * @param local the store of the buckets of this JVM
	 * @param batches sends calls to the store of the shared buckets
	 * @param listener receives the settlements
	 */
	Settlements(BucketStore store, BucketStore local, Batches batches, Consumer<Settlement> listener) {
		this.store = store;
		this.local = local;
		this.batches = batches;
		this.listener = listener;
	}

	/**
	 * Creates the reservation of a call that was allowed.
	 * @param charges the charges of the call
	 * @param decisions the decisions of these charges
	 * @return the reservation; only estimates that were taken can be settled
	 */
	Reservation reservation(List<Charge> charges, Decisions decisions) {
		List<Part> parts = new ArrayList<>();
		for (int i = 0; i < charges.size(); i++) {
			Decision decision = decisions.all().get(i);
			if (charges.get(i).estimate() && decisions.isAllowed() && decision.allowed()
					&& decision.source() != Decision.Source.NOBODY) {
				parts.add(new Part(charges.get(i), decision));
			}
		}
		return new Reservation(decisions, List.copyOf(parts), this);
	}

	/**
	 * Gives all tokens of a call back, also those that are no estimate.
	 * @param charges the charges of the call
	 * @param decisions the decisions of these charges
	 */
	void giveBack(List<Charge> charges, Decisions decisions) {
		reservation(charges.stream().map(Charge::asEstimate).toList(), decisions).cancel();
	}

	/**
	 * Returns whether a settlement may be sent again.
	 * @param settlement the settlement
	 * @param result the result of the attempt before
	 * @return whether the store did not answer, and remembers the id for long enough
	 */
	boolean mayRepeat(Pending settlement, CompletableFuture<Boolean> result) {
		return result.isDone() && settlement.unanswered
				&& System.nanoTime() - settlement.begun < LONGEST_REPEAT.toNanos();
	}

	/**
	 * Settles the parts of a reservation.
	 * @param settlement the settlement
	 * @param parts the parts
	 * @param used how many tokens were used, by the name of the policy
	 * @return completes with whether all buckets contain what was used; never fails
	 */
	CompletableFuture<Boolean> settle(Pending settlement, List<Part> parts,
			Map<String, ? extends @Nullable Long> used) {
		settlement.unanswered = false;
		List<Part> known = new ArrayList<>();
		boolean complete = true;
		for (Part part : parts) {
			Long tokens = used.get(part.charge.policy());
			if (tokens != null && tokens >= 0) {
				known.add(part);
			}
			else if (used.containsKey(part.charge.policy())) {
				unknown(part, (tokens != null) ? "the number of used tokens is negative"
						: "the number of used tokens is unknown");
				complete = false;
			}
		}
		Map<Object, List<Part>> together = known.stream()
			.collect(Collectors.groupingBy(this::destination, LinkedHashMap::new, Collectors.toList()));
		CompletableFuture<Boolean> settled = CompletableFuture.completedFuture(complete);
		for (List<Part> group : together.values()) {
			settled = settled.thenCombine(send(settlement, call(settlement, group, used), group, 0),
					Boolean::logicalAnd);
		}
		return settled;
	}

	// The master of each slot has a clock of its own.
	private Object destination(Part part) {
		return (part.decision.source() == Decision.Source.LOCAL) ? part.decision.source()
				: this.store.slot(part.charge.key());
	}

	private static Call call(Pending settlement, List<Part> parts, Map<String, ? extends @Nullable Long> used) {
		return Call.settling(
				parts.stream()
					.map((part) -> new Take(part.charge.key(), part.charge.limit(), part.charge.cost(),
							part.charge.shadow(), part.charge.limit().burst(), part.charge.anonymous(), Duration.ZERO))
					.toList(),
				new Use(settlement.id, micros(parts),
						parts.stream().map((part) -> Objects.requireNonNull(used.get(part.charge.policy()))).toList()));
	}

	// A call that has waited has taken its tokens at the end of the wait.
	private static long micros(List<Part> parts) {
		return parts.stream()
			.mapToLong((part) -> part.decision.micros() + part.decision.due().toNanos() / 1000)
			.max()
			.orElseThrow();
	}

	private CompletableFuture<Boolean> send(Pending settlement, Call call, List<Part> parts, int repeats) {
		boolean here = parts.get(0).decision.source() == Decision.Source.LOCAL;
		CompletableFuture<List<@Nullable Level>> answer = here
				? this.local.decide(List.of(call)).toCompletableFuture().thenApply((all) -> all.results().get(0))
				: Stages.call(() -> this.batches.send(call).thenApply(BucketStore.Result::levels))
					.toCompletableFuture();
		return answer.handle((levels, failure) -> {
			if (failure == null) {
				return CompletableFuture.completedFuture(noticeAnswer(call, parts, levels));
			}
			if (repeats == PAUSES.size()) {
				settlement.unanswered = true;
				noticeSilence(call, parts);
				logger.debug("A settlement has no answer", Stages.unwrap(failure));
				return CompletableFuture.completedFuture(false);
			}
			return CompletableFuture
				.supplyAsync(() -> send(settlement, call, parts, repeats + 1), after(PAUSES.get(repeats)))
				.thenCompose((result) -> result);
		}).thenCompose((result) -> result);
	}

	private static Executor after(Duration pause) {
		return CompletableFuture.delayedExecutor(pause.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);
	}

	private boolean noticeAnswer(Call call, List<Part> parts, List<@Nullable Level> levels) {
		boolean complete = true;
		for (int i = 0; i < parts.size(); i++) {
			Part part = parts.get(i);
			Level level = levels.get(i);
			Settled settled = (level != null) ? level.settled() : null;
			if (settled == null) {
				unknown(part, "Redis holds something other than a bucket");
				complete = false;
				continue;
			}
			boolean late = settled.outcome() == Settled.Outcome.LATE;
			if (late) {
				report(part, "it comes so late that the bucket has been refilled since");
				complete = false;
			}
			notify(part, use(call).tokens().get(i), settled.given(), settled.dropped(),
					late ? Outcome.LATE : Outcome.SETTLED);
		}
		return complete;
	}

	private void noticeSilence(Call call, List<Part> parts) {
		for (int i = 0; i < parts.size(); i++) {
			report(parts.get(i), "the store did not answer");
			notify(parts.get(i), use(call).tokens().get(i), 0, 0, Outcome.UNAVAILABLE);
		}
	}

	private static Use use(Call call) {
		Use use = call.use();
		if (use == null) {
			throw new IllegalArgumentException("The call settles nothing");
		}
		return use;
	}

	private void unknown(Part part, String reason) {
		report(part, reason);
		notify(part, part.charge.cost(), 0, 0, Outcome.UNKNOWN);
	}

	/**
	 * Logs that a reservation cannot be settled.
	 * @param parts the parts of the reservation
	 * @param reason the reason
	 */
	void refuse(List<Part> parts, String reason) {
		parts.forEach((part) -> report(part, reason));
	}

	private void report(Part part, String reason) {
		if (this.reported.add(part.charge.policy() + ' ' + reason)) {
			logger.warn(
					"A reservation of the rate limit '{}' is not settled: {}. This is logged once for each rate limit "
							+ "and reason.",
					part.charge.policy(), reason);
		}
	}

	private void notify(Part part, long used, long given, long dropped, Outcome outcome) {
		this.listener.accept(new Settlement(part.charge.policy(), part.charge.cost(), used, given, dropped, outcome));
	}

	/**
	 * A part of a reservation: the estimate that was taken from one bucket.
	 *
	 * @param charge the charge
	 * @param decision its decision
	 */
	record Part(Charge charge, Decision decision) {

	}

	/**
	 * A settlement that the store may have applied or not.
	 */
	static final class Pending {

		private final String id = UUID.randomUUID().toString();

		private final long begun = System.nanoTime();

		private volatile boolean unanswered;

	}

}
