package dev.weir.ratelimit;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import dev.weir.ratelimit.BucketStore.Action;
import dev.weir.ratelimit.BucketStore.Answer;
import dev.weir.ratelimit.BucketStore.Call;
import dev.weir.ratelimit.BucketStore.Level;
import dev.weir.ratelimit.BucketStore.Settled;
import dev.weir.ratelimit.BucketStore.Take;
import dev.weir.ratelimit.BucketStore.Use;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that every {@link BucketStore} must pass.
 */
@Timeout(60)
public abstract class BucketStoreContract {

	/** So long that no token is added while a test runs. */
	private static final RateLimit TEN = RateLimit.of(10, Duration.ofDays(365));

	private final String key = UUID.randomUUID().toString();

	private final String other = UUID.randomUUID().toString();

	protected abstract BucketStore store();

	@Test
	void aNewBucketIsFullAndACallTakesItsCost() {
		assertThat(tokens(take(this.key, 1))).isEqualTo(9);
		assertThat(tokens(take(this.key, 4))).isEqualTo(5);
		assertThat(tokens(take(this.key, 0))).isEqualTo(5);
	}

	@Test
	void aDenialTakesNothing() {
		tokens(take(this.key, 8));
		Level denied = decide(call(Action.TAKE, take(this.key, 3))).get(0);
		assertThat(denied).returns(false, Level::allowed).returns(2L, Level::tokens);
		assertThat(denied.retryAfter()).isBetween(Duration.ofDays(36), Duration.ofDays(37));
		assertThat(denied.nextToken()).isBetween(Duration.ofDays(36), Duration.ofDays(37));
		assertThat(tokens(take(this.key, 2))).isZero();
	}

	@Test
	void aFullBucketGetsNoNextToken() {
		Level full = decide(call(Action.PEEK, take(this.key, 1))).get(0);
		assertThat(full).returns(true, Level::allowed)
			.returns(10L, Level::tokens)
			.returns(Duration.ZERO, Level::retryAfter)
			.returns(Duration.ZERO, Level::nextToken);
	}

	@Test
	void aCallThatCostsMoreThanTheBurstIsDeniedUntilTheBucketIsFullAtMost() {
		assertThat(decide(call(Action.TAKE, take(this.key, 11))).get(0)).returns(false, Level::allowed)
			.returns(10L, Level::tokens)
			.returns(Duration.ZERO, Level::retryAfter);
		assertThat(decide(call(Action.TAKE, take(this.key, Long.MAX_VALUE))).get(0).allowed()).isFalse();
	}

	@Test
	void aRefundNeverExceedsTheBurst() {
		tokens(take(this.key, 5));
		assertThat(decide(call(Action.REFUND, take(this.key, 3))).get(0).tokens()).isEqualTo(8);
		assertThat(decide(call(Action.REFUND, take(this.key, 300))).get(0).tokens()).isEqualTo(10);
		decide(call(Action.REFUND, take(this.other, 3)));
		assertThat(tokens(take(this.other, 1))).isEqualTo(9);
	}

	@Test
	void aCallTakesFromAllBucketsOrFromNone() {
		tokens(take(this.other, 10));
		List<Level> denied = decide(call(Action.TAKE, take(this.key, 1), take(this.other, 1)));
		assertThat(denied).extracting(Level::allowed).containsExactly(true, false);
		assertThat(denied).extracting(Level::tokens).containsExactly(10L, 0L);
		assertThat(tokens(take(this.key, 1))).isEqualTo(9);
	}

	@Test
	void aShadowBucketDeniesNoCall() {
		tokens(take(this.other, 10));
		List<Level> levels = decide(call(Action.TAKE, take(this.key, 1), new Take(this.other, TEN, 1, true, 10)));
		assertThat(levels).extracting(Level::allowed).containsExactly(true, false);
		assertThat(levels).extracting(Level::tokens).containsExactly(9L, 0L);
	}

	@Test
	void decidesTheCallsOfABatchInOrder() {
		Answer answer = store()
			.decide(List.of(call(Action.TAKE, take(this.key, 7)), call(Action.TAKE, take(this.key, 7)),
					call(Action.PEEK, take(this.key, 3)), call(Action.TAKE, take(this.key, 3)),
					call(Action.REFUND, take(this.key, 1)), call(Action.TAKE, take(this.key, 1), take(this.other, 1)),
					call(Action.TAKE, take(this.key, 1))))
			.toCompletableFuture()
			.join();
		// Whether a refund is allowed means nothing.
		assertThat(List.of(0, 1, 2, 3, 5, 6)).extracting((call) -> answer.results().get(call).get(0).allowed())
			.containsExactly(true, false, true, true, true, false);
		assertThat(answer.results()).extracting((levels) -> levels.get(0).tokens())
			.containsExactly(3L, 3L, 3L, 0L, 1L, 0L, 0L);
	}

	@Test
	void decidesEqualCallsThatFollowEachOtherOneByOne() {
		Take shadow = new Take(this.other, RateLimit.of(4, Duration.ofDays(365)), 2, true, 4);
		Call call = call(Action.TAKE, take(this.key, 3), shadow);
		Answer answer = store().decide(List.of(call, call, call, call, call)).toCompletableFuture().join();
		assertThat(answer.results()).extracting((levels) -> levels.get(0).allowed())
			.containsExactly(true, true, true, false, false);
		assertThat(answer.results()).extracting((levels) -> levels.get(0).tokens()).containsExactly(7L, 4L, 1L, 1L, 1L);
		assertThat(answer.results()).extracting((levels) -> levels.get(1).allowed())
			.containsExactly(true, true, false, false, false);
		assertThat(answer.results()).extracting((levels) -> levels.get(1).tokens()).containsExactly(2L, 0L, 0L, 0L, 0L);
		assertThat(answer.results().get(3).get(0).retryAfter()).isBetween(Duration.ofDays(72), Duration.ofDays(73));
		Call refund = call(Action.REFUND, take(this.key, 2));
		assertThat(
				store().decide(List.of(refund, refund)).toCompletableFuture().join().results().get(1).get(0).tokens())
			.isEqualTo(5);
		Call free = call(Action.TAKE, take(this.key, 0));
		assertThat(store().decide(List.of(free, free)).toCompletableFuture().join().results())
			.allSatisfy((levels) -> assertThat(levels.get(0).allowed()).isTrue());
	}

	@Test
	void aChangedLimitKeepsTheProportion() {
		tokens(take(this.key, 4));
		RateLimit hundred = RateLimit.of(100, Duration.ofDays(365));
		assertThat(decide(call(Action.TAKE, new Take(this.key, hundred, 10, false, 100))).get(0).tokens())
			.isEqualTo(50);
		assertThat(tokens(take(this.key, 1))).isEqualTo(4);
	}

	@Test
	void aDeniedCallChangesTheLimitSoThatItsRetryAfterIsTrue() {
		tokens(take(this.key, 10));
		Take raised = new Take(this.key, new RateLimit(100, Duration.ofMillis(200), 100), 50, false, 100);
		Level denied = decide(call(Action.TAKE, raised)).get(0);
		assertThat(denied.allowed()).isFalse();
		assertThat(denied.retryAfter()).isLessThanOrEqualTo(Duration.ofMillis(100));
		await().atMost(10, TimeUnit.SECONDS).until(() -> decide(call(Action.TAKE, raised)).get(0).allowed());
	}

	@Test
	void aPeekDoesNotChangeTheLimit() {
		tokens(take(this.key, 10));
		Take raised = new Take(this.key, new RateLimit(100, Duration.ofMillis(1), 100), 50, false, 100);
		assertThat(decide(call(Action.PEEK, raised)).get(0).allowed()).isFalse();
		assertThat(decide(call(Action.PEEK, take(this.key, 1))).get(0).allowed()).isFalse();
	}

	@Test
	void aBucketIsRefilledOverTheWindow() {
		RateLimit fast = new RateLimit(100, Duration.ofSeconds(1), 5);
		assertThat(decide(call(Action.TAKE, new Take(this.key, fast, 5, false, 5))).get(0).tokens()).isZero();
		await().atMost(10, TimeUnit.SECONDS)
			.until(() -> decide(call(Action.PEEK, new Take(this.key, fast, 5, false, 5))).get(0).allowed());
	}

	@Test
	void returnsItsTime() {
		long first = micros();
		assertThat(first).isBetween(TimeUnit.SECONDS.toMicros(1_700_000_000),
				TimeUnit.SECONDS.toMicros(9_000_000_000L));
		await().atMost(10, TimeUnit.SECONDS).until(() -> micros() > first);
	}

	@Test
	void aRemovedBucketIsFullAgain() {
		tokens(take(this.key, 10));
		store().remove(this.key).toCompletableFuture().join();
		store().remove(this.key).toCompletableFuture().join();
		assertThat(tokens(take(this.key, 1))).isEqualTo(9);
	}

	@Test
	void aSettlementGivesBackTheRest() {
		tokens(take(this.key, 7));
		assertThat(settle("a", micros(), take(this.key, 7), 3)).isEqualTo(Level.settled(7, settled(4, 0)));
		assertThat(tokens(take(this.key, 1))).isEqualTo(6);
	}

	@Test
	void whatWasUsedBeyondTheEstimateIsADebtOfAtMostTheBurst() {
		tokens(take(this.key, 2));
		assertThat(settle("a", micros(), take(this.key, 2), 15)).isEqualTo(Level.settled(-5, settled(-13, 0)));
		Level denied = decide(call(Action.TAKE, take(this.key, 1))).get(0);
		assertThat(denied).returns(false, Level::allowed).returns(-5L, Level::tokens);
		assertThat(denied.retryAfter()).isBetween(Duration.ofDays(218), Duration.ofDays(219));
		assertThat(decide(call(Action.TAKE, take(this.key, 0))).get(0).allowed()).isTrue();
		assertThat(settle("b", micros(), take(this.key, 1), 100)).isEqualTo(Level.settled(-10, settled(-5, 94)));
		assertThat(settle("c", micros(), take(this.key, 1), 100)).isEqualTo(Level.settled(-10, settled(0, 99)));
		assertThat(settle("d", micros(), take(this.key, 9), 0)).isEqualTo(Level.settled(-1, settled(9, 0)));
	}

	@Test
	void aRepeatedSettlementChangesNothing() {
		tokens(take(this.key, 7));
		settle("a", micros(), take(this.key, 7), 3);
		assertThat(settle("a", micros(), take(this.key, 7), 3)).isEqualTo(Level.settled(7, Settled.REPEATED));
		assertThat(settle("a", micros(), take(this.key, 7), 30)).isEqualTo(Level.settled(7, Settled.REPEATED));
		assertThat(settle("b", micros(), take(this.key, 7), 3)).isEqualTo(Level.settled(10, settled(3, 0)));
	}

	@Test
	void aSettlementAfterTheBucketIsRefilledGivesNothingBackButTakesWhatWasUsedBeyond() {
		tokens(take(this.key, 7));
		long longAgo = micros() - TimeUnit.DAYS.toMicros(366);
		assertThat(settle("a", longAgo, take(this.key, 7), 3)).isEqualTo(Level.settled(3, Settled.LATE));
		assertThat(settle("b", longAgo, take(this.key, 7), 8)).isEqualTo(Level.settled(2, settled(-1, 0)));
		assertThat(settle("c", longAgo, take(this.other, 0), 4)).isEqualTo(Level.settled(6, settled(-4, 0)));
	}

	@Test
	void aSettlementOfAFullBucketGivesNothingBack() {
		assertThat(settle("a", micros(), take(this.key, 7), 3)).isEqualTo(Level.settled(10, settled(0, 0)));
		assertThat(tokens(take(this.key, 1))).isEqualTo(9);
	}

	@Test
	void settlesAllBucketsOfACallInOneStepAndInOrderWithOtherCalls() {
		tokens(take(this.key, 5));
		tokens(take(this.other, 5));
		Call settlement = Call.settling(List.of(take(this.key, 5), take(this.other, 5)),
				new Use(UUID.randomUUID().toString(), micros(), List.of(2L, 6L)));
		Answer answer = store()
			.decide(List.of(call(Action.TAKE, take(this.key, 1)), settlement, call(Action.TAKE, take(this.key, 1))))
			.toCompletableFuture()
			.join();
		assertThat(answer.results().get(0).get(0).tokens()).isEqualTo(4);
		assertThat(answer.results().get(1)).containsExactly(Level.settled(7, settled(3, 0)),
				Level.settled(4, settled(-1, 0)));
		assertThat(answer.results().get(2).get(0).tokens()).isEqualTo(6);
	}

	@Test
	void aQuotaCountsUntilThePeriodEnds() {
		Quota day = new Quota(Quota.Period.DAY, ZoneOffset.UTC);
		RateLimit perDay = RateLimit.of(10, day);
		assertThat(quota(Action.PEEK, perDay, 1)).returns(Duration.ZERO, Level::nextToken);
		assertThat(quota(Action.TAKE, perDay, 8).tokens()).isEqualTo(2);
		Level denied = quota(Action.TAKE, perDay, 3);
		assertThat(denied).returns(false, Level::allowed).returns(2L, Level::tokens);
		Duration untilMidnight = Duration.between(at(micros()), day.end(at(micros())));
		assertThat(denied.retryAfter()).isCloseTo(untilMidnight, Duration.ofSeconds(10));
		assertThat(denied.nextToken()).isEqualTo(denied.retryAfter());
		assertThat(quota(Action.REFUND, perDay, 1).tokens()).isEqualTo(3);
		assertThat(quota(Action.REFUND, perDay, 100).tokens()).isEqualTo(10);
	}

	@Test
	void aChangedQuotaKeepsWhatIsUsedAndAnotherKindOfLimitTheProportion() {
		RateLimit perDay = RateLimit.of(10, new Quota(Quota.Period.DAY, ZoneOffset.UTC));
		quota(Action.TAKE, perDay, 8);
		assertThat(quota(Action.TAKE, RateLimit.of(20, perDay.quota()), 2).tokens()).isEqualTo(10);
		assertThat(quota(Action.TAKE, perDay, 1).tokens()).isZero();
		assertThat(quota(Action.TAKE, RateLimit.of(20, perDay.quota()), 10).allowed()).isTrue();
		assertThat(quota(Action.REFUND, perDay, 10).tokens()).isZero();
		quota(Action.REFUND, perDay, 5);
		assertThat(quota(Action.TAKE, RateLimit.of(100, Duration.ofDays(365)), 10).tokens()).isEqualTo(40);
		assertThat(quota(Action.TAKE, perDay, 1).tokens()).isEqualTo(3);
		assertThat(quota(Action.TAKE, RateLimit.of(100, new Quota(Quota.Period.MONTH, ZoneOffset.UTC)), 1).tokens())
			.isEqualTo(29);
	}

	@Test
	void aQuotaAndABucketAreOneStep() {
		RateLimit perMonth = RateLimit.of(10, new Quota(Quota.Period.MONTH, ZoneOffset.UTC));
		Take month = new Take(this.other, perMonth, 4, false, 10);
		assertThat(decide(call(Action.TAKE, take(this.key, 4), month))).extracting(Level::tokens)
			.containsExactly(6L, 6L);
		tokens(take(this.key, 6));
		assertThat(decide(call(Action.TAKE, take(this.key, 1), month))).extracting(Level::tokens)
			.containsExactly(0L, 6L);
		Level settled = decide(Call.settling(List.of(month), new Use(this.key, micros(), List.of(24L)))).get(0);
		assertThat(settled).isEqualTo(Level.settled(-10, settled(-16, 4)));
	}

	@Test
	void aReservationOfAFormerPeriodKeepsItsEstimate() {
		RateLimit perDay = RateLimit.of(10, new Quota(Quota.Period.DAY, ZoneOffset.UTC));
		quota(Action.TAKE, perDay, 5);
		Take five = new Take(this.key, perDay, 5, false, 10);
		long before = micros() - TimeUnit.DAYS.toMicros(1);
		assertThat(settle("a", before, five, 1)).isEqualTo(Level.settled(5, Settled.LATE));
		assertThat(settle("b", before, five, 9)).isEqualTo(Level.settled(5, Settled.LATE));
	}

	private Level quota(Action action, RateLimit limit, long cost) {
		return decide(call(action, new Take(this.key, limit, cost, false, limit.burst()))).get(0);
	}

	private static Instant at(long micros) {
		return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
	}

	@Test
	void aCallThatWaitsTakesTokensOfTheNearFuture() {
		RateLimit limit = new RateLimit(10, Duration.ofDays(100), 10);
		Take four = take(this.key, limit, 4);
		Call call = call(Action.TAKE, waiting(four, 65));
		List<List<Level>> levels = store().decide(List.of(call, call, call, call, call))
			.toCompletableFuture()
			.join()
			.results();
		assertThat(levels).extracting((all) -> all.get(0).allowed()).containsExactly(true, true, true, true, false);
		assertThat(levels).extracting((all) -> all.get(0).tokens()).containsExactly(6L, 2L, -2L, -6L, -6L);
		assertThat(levels).extracting((all) -> all.get(0).due().toDays())
			.satisfiesExactly((wait) -> assertThat(wait).isZero(), (wait) -> assertThat(wait).isZero(),
					(wait) -> assertThat(wait).isBetween(19L, 20L), (wait) -> assertThat(wait).isBetween(59L, 60L),
					(wait) -> assertThat(wait).isZero());
		assertThat(levels.get(4).get(0).retryAfter().toDays()).isBetween(99L, 100L);
		assertThat(decide(call(Action.TAKE, take(this.key, limit, 1))).get(0).allowed()).isFalse();
		assertThat(decide(call(Action.TAKE, waiting(take(this.key, limit, 11), 365))).get(0).allowed()).isFalse();
		decide(call(Action.REFUND, take(this.key, limit, 4)));
		assertThat(decide(call(Action.PEEK, four)).get(0).tokens()).isEqualTo(-2);
	}

	@Test
	void aCallThatWaitsForSeveralBucketsTakesFromAllOrNone() {
		RateLimit limit = new RateLimit(10, Duration.ofDays(100), 10);
		tokens(take(this.other, 10));
		Call wait = call(Action.TAKE, waiting(take(this.key, limit, 5), 40), waiting(take(this.other, 1), 40));
		assertThat(decide(wait)).extracting(Level::allowed).containsExactly(true, true);
		assertThat(decide(wait)).extracting(Level::allowed).containsExactly(true, false);
		assertThat(decide(call(Action.PEEK, take(this.key, limit, 1))).get(0).tokens()).isEqualTo(5);
	}

	@Test
	void aPausedBucketGrantsNothingUntilThePauseIsOverOrLifted() {
		Call pause = Call.pausing(List.of(take(this.key, 1)), Duration.ofHours(1));
		decide(pause);
		Level paused = decide(call(Action.TAKE, take(this.key, 1))).get(0);
		assertThat(paused).returns(false, Level::allowed).returns(10L, Level::tokens);
		assertThat(paused.retryAfter()).isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
		assertThat(decide(call(Action.TAKE, take(this.key, 0))).get(0).allowed()).isFalse();
		decide(Call.pausing(List.of(take(this.key, 1)), Duration.ofMinutes(1)));
		Level waits = decide(call(Action.TAKE, waiting(take(this.key, 1), 1))).get(0);
		assertThat(waits.allowed()).isTrue();
		assertThat(waits.due()).isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
		assertThat(decide(call(Action.TAKE, new Take(this.key, TEN, 1, false, 10, false, Duration.ofMinutes(5)))).get(0)
			.allowed()).isFalse();
		decide(Call.pausing(List.of(take(this.key, 1)), Duration.ZERO));
		assertThat(tokens(take(this.key, 1))).isEqualTo(8);
	}

	@Test
	void noTokensBecomeDueInAPauseAndAllOthersLaterByItsLength() {
		RateLimit slow = new RateLimit(10, Duration.ofHours(1), 10);
		decide(call(Action.TAKE, take(this.key, slow, 10)));
		decide(Call.pausing(List.of(take(this.key, slow, 1)), Duration.ofMinutes(30)));
		Duration minute = Duration.ofMinutes(1);
		Level next = decide(call(Action.PEEK, take(this.key, slow, 1))).get(0);
		assertThat(next.retryAfter()).isBetween(Duration.ofMinutes(36).minus(minute), Duration.ofMinutes(36));
		decide(Call.pausing(List.of(take(this.key, slow, 1)), Duration.ofMinutes(90)));
		Level longer = decide(call(Action.PEEK, take(this.key, slow, 5))).get(0);
		assertThat(longer.retryAfter()).isBetween(Duration.ofMinutes(120).minus(minute), Duration.ofMinutes(120));
		// Another limit keeps the pause.
		RateLimit faster = new RateLimit(20, Duration.ofHours(1), 10);
		Level other = decide(call(Action.TAKE, take(this.key, faster, 5))).get(0);
		assertThat(other.retryAfter()).isBetween(Duration.ofMinutes(105).minus(minute), Duration.ofMinutes(105));
		decide(Call.pausing(List.of(take(this.key, faster, 1)), Duration.ZERO));
		Level lifted = decide(call(Action.PEEK, take(this.key, faster, 1))).get(0);
		assertThat(lifted.retryAfter()).isBetween(Duration.ofMinutes(2), Duration.ofMinutes(3));
		assertThat(lifted.tokens()).isZero();
	}

	@Test
	void aPauseThatIsLongerThanTheBucketTakesToFillKeepsItsTokensBack() {
		RateLimit fast = new RateLimit(10, Duration.ofSeconds(1), 10);
		decide(call(Action.TAKE, take(this.key, fast, 10)));
		decide(Call.pausing(List.of(take(this.key, fast, 1)), Duration.ofHours(1)));
		Level waits = decide(call(Action.TAKE, new Take(this.key, fast, 10, false, 10, false, Duration.ofHours(2))))
			.get(0);
		assertThat(waits.due()).isGreaterThan(Duration.ofMinutes(59));
		Level next = decide(call(Action.PEEK, take(this.key, fast, 10))).get(0);
		assertThat(next.retryAfter().minus(waits.due())).isBetween(Duration.ofMillis(500), Duration.ofSeconds(1));
	}

	private static Take waiting(Take take, long days) {
		return new Take(take.key(), take.limit(), take.cost(), false, take.initialTokens(), false,
				Duration.ofDays(days));
	}

	private static Take take(String key, RateLimit limit, long cost) {
		return new Take(key, limit, cost, false, limit.burst());
	}

	private Level settle(String id, long micros, Take take, long used) {
		return decide(Call.settling(List.of(take), new Use(this.key + id, micros, List.of(used)))).get(0);
	}

	private static Settled settled(long given, long dropped) {
		return new Settled(Settled.Outcome.SETTLED, given, dropped);
	}

	private long micros() {
		return store().decide(List.of(call(Action.PEEK, take(this.key, 1)))).toCompletableFuture().join().micros();
	}

	private Take take(String key, long cost) {
		return new Take(key, TEN, cost, false, TEN.burst());
	}

	private static Call call(Action action, Take... takes) {
		return new Call(action, List.of(takes));
	}

	private long tokens(Take take) {
		Level level = decide(call(Action.TAKE, take)).get(0);
		assertThat(level.allowed()).isTrue();
		return level.tokens();
	}

	private List<Level> decide(Call call) {
		return store().decide(List.of(call)).toCompletableFuture().join().results().get(0);
	}

}
