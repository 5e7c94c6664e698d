package dev.weir.ratelimit;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.weir.core.LogWatch;
import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.BucketStore.Action;
import dev.weir.ratelimit.Settlement.Outcome;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Plays histories of reservations: answers get lost, calls end twice, late or never.
 */
@Timeout(60)
class ReservationScheduleTests {

	private static final RateLimit HUNDRED = RateLimit.of(100, Duration.ofDays(365));

	@AutoClose
	private final ScriptedBucketStore store = new ScriptedBucketStore();

	private final List<Settlement> settlements = new CopyOnWriteArrayList<>();

	private final RateLimiter limiter = new RateLimiter(this.store, LocalBucketStore.standIn(), Duration.ofSeconds(30),
			List.of(new RateLimitListener() {

				@Override
				public void decided(Decisions decisions) {
				}

				@Override
				public void settled(Settlement settlement) {
					ReservationScheduleTests.this.settlements.add(settlement);
				}

			}));

	@Test
	void aSettlementWhoseAnswerIsLostIsRepeatedAndAppliedOnce() {
		Reservation reservation = reserve(tokens(40));
		CompletableFuture<Boolean> settled = reservation.settle(70);
		this.store.next().loseAnswer();
		ScriptedBucketStore.Batch repeat = this.store.next();
		assertThat(repeat.actions()).containsExactly(Action.SETTLE);
		repeat.answer();
		assertThat(settled.join()).isTrue();
		assertThat(remaining()).isEqualTo(30);
		assertThat(this.settlements).containsExactly(new Settlement("tokens", 40, 70, 0, 0, Outcome.SETTLED));
	}

	@Test
	void theCallerMaySettleAgainAfterAllAnswersAreLost() {
		Reservation reservation = reserve(tokens(40));
		CompletableFuture<Boolean> settled = reservation.settle(10);
		this.store.next().loseAnswer();
		for (int i = 0; i < 3; i++) {
			this.store.next().fail(new StoreUnavailableException("away"));
		}
		assertThat(settled.join()).isFalse();
		CompletableFuture<Boolean> again = reservation.settle(10);
		this.store.next().answer();
		assertThat(again.join()).isTrue();
		assertThat(remaining()).isEqualTo(90);
		assertThat(reservation.settle(10).join()).isFalse();
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aSecondSettlementChangesNothingAndIsLogged() {
		try (LogWatch log = new LogWatch()) {
			Reservation reservation = reserve(tokens(40));
			CompletableFuture<Boolean> first = reservation.settle(10);
			assertThat(reservation.settle(99).join()).isFalse();
			this.store.next().answer();
			assertThat(first.join()).isTrue();
			assertThat(reservation.cancel().join()).isFalse();
			assertThat(this.store.isIdle()).isTrue();
			assertThat(remaining()).isEqualTo(90);
			assertThat(log.lines()).isOne();
		}
	}

	@Test
	void aCancelledReservationGivesAllBack() {
		Reservation reservation = reserve(tokens(40));
		CompletableFuture<Boolean> cancelled = reservation.cancel();
		this.store.next().answer();
		assertThat(cancelled.join()).isTrue();
		assertThat(remaining()).isEqualTo(100);
	}

	@Test
	void aCallThatIsCancelledBeforeTheAnswerGivesItsEstimateBack() {
		CompletableFuture<Reservation> reserved = this.limiter.reserve(List.of(tokens(40)));
		reserved.cancel(false);
		this.store.next().answer();
		ScriptedBucketStore.Batch givenBack = this.store.next();
		assertThat(givenBack.actions()).containsExactly(Action.SETTLE);
		givenBack.answer();
		assertThat(remaining()).isEqualTo(100);
	}

	@Test
	void aDenialInALaterSlotGivesBackAndLeavesNothingToSettle() {
		this.store.slots(true);
		CompletableFuture<Reservation> reserved = this.limiter.reserve(List.of(charge("month", 20), tokens(101)));
		this.store.next().answer();
		this.store.next().answer();
		ScriptedBucketStore.Batch givenBack = this.store.next();
		assertThat(givenBack.actions()).containsExactly(Action.REFUND);
		assertThat(givenBack.keys()).containsExactly("month");
		givenBack.answer();
		assertThat(reserved.join().decisions().isAllowed()).isFalse();
		assertThat(reserved.join().isPending()).isFalse();
		assertThat(this.store.isIdle()).isTrue();
		CompletableFuture<Decisions> month = this.limiter.peek(List.of(charge("month", 1)));
		this.store.next().answer();
		assertThat(month.join().all().get(0).remaining()).isEqualTo(100);
	}

	@Test
	void aReservationThatIsSettledAfterItsWindowGivesNothingBackAndThisIsLoggedOnce() {
		RateLimit fast = RateLimit.of(100, Duration.ofMillis(1));
		try (LogWatch log = new LogWatch()) {
			for (int i = 0; i < 2; i++) {
				Reservation reservation = reserve(
						new Charge("fast", "fast", fast, 40, OnUnavailable.FAIL, false).asEstimate());
				long taken = System.nanoTime();
				await().until(() -> System.nanoTime() - taken > Duration.ofMillis(3).toNanos());
				CompletableFuture<Boolean> settled = reservation.settle(10);
				this.store.next().answer();
				assertThat(settled.join()).isFalse();
			}
			assertThat(log.lines()).isOne();
		}
		assertThat(this.settlements).hasSize(2).containsOnly(new Settlement("fast", 40, 10, 0, 0, Outcome.LATE));
	}

	@Test
	void aSettlementWithoutAnyAnswerFailsNoCallAndIsLoggedOnce() {
		Reservation one = reserve(tokens(40));
		Reservation other = reserve(tokens(40));
		try (LogWatch log = new LogWatch()) {
			CompletableFuture<Boolean> first = one.settle(10);
			CompletableFuture<Boolean> second = other.settle(10);
			int attempts = 0;
			while (attempts < 8) {
				ScriptedBucketStore.Batch batch = this.store.next();
				attempts += batch.actions().size();
				batch.fail(new StoreUnavailableException("away"));
			}
			assertThat(first.join()).isFalse();
			assertThat(second.join()).isFalse();
			// The developers also get a line for each settlement.
			assertThat(log.lines()).isEqualTo(3);
		}
		assertThat(this.settlements).hasSize(2)
			.containsOnly(new Settlement("tokens", 40, 10, 0, 0, Outcome.UNAVAILABLE));
	}

	@Test
	void aSettlementAfterAResetTakesOnlyWhatWasUsedBeyond() {
		Reservation less = reserve(tokens(40));
		Reservation more = reserve(tokens(40));
		this.limiter.reset(tokens(0)).join();
		CompletableFuture<Boolean> settled = less.settle(10);
		this.store.next().answer();
		assertThat(settled.join()).isTrue();
		assertThat(remaining()).isEqualTo(100);
		settled = more.settle(70);
		this.store.next().answer();
		assertThat(settled.join()).isTrue();
		assertThat(remaining()).isEqualTo(70);
	}

	@Test
	void aReservationOfTheLocalBucketChangesNothingInTheSharedOneWhenTheStoreIsBack() {
		Charge local = new Charge("tokens", "tokens", HUNDRED, 40, OnUnavailable.LOCAL, false).asEstimate();
		CompletableFuture<Reservation> reserved = this.limiter.reserve(List.of(local));
		this.store.next().fail(new StoreUnavailableException("away"));
		assertThat(remaining()).isEqualTo(100);
		assertThat(reserved.join().settle(70).join()).isTrue();
		assertThat(this.store.isIdle()).isTrue();
		assertThat(remaining()).isEqualTo(100);
	}

	@Test
	void aNegativeNumberLeavesTheEstimate() {
		Reservation reservation = reserve(tokens(40));
		assertThat(reservation.settle(-1).join()).isFalse();
		assertThat(this.store.isIdle()).isTrue();
		assertThat(this.settlements).containsExactly(new Settlement("tokens", 40, 40, 0, 0, Outcome.UNKNOWN));
		assertThat(remaining()).isEqualTo(60);
	}

	@Test
	void settlesOnlyEstimatesAndOnlyTheNamedOnes() {
		Charge calls = new Charge("calls", "calls", HUNDRED, 1, OnUnavailable.FAIL, false);
		Charge month = charge("month", 20);
		Reservation reservation = reserve(calls, tokens(20), month);
		CompletableFuture<Boolean> settled = reservation.settle(Map.of("month", 50L, "calls", 9L));
		ScriptedBucketStore.Batch batch = this.store.next();
		assertThat(batch.keys()).containsExactly("month");
		batch.answer();
		assertThat(settled.join()).isTrue();
		assertThat(remaining()).isEqualTo(80);
	}

	@Test
	void aReservationInSeveralSlotsIsSettledInEachOfThem() {
		this.store.slots(true);
		Charge month = charge("month", 20);
		CompletableFuture<Reservation> reserved = this.limiter.reserve(List.of(tokens(20), month));
		this.store.next().answer();
		this.store.next().answer();
		CompletableFuture<Boolean> settled = reserved.join().settle(5);
		this.store.next().answer();
		assertThat(settled).isNotDone();
		this.store.next().loseAnswer();
		this.store.next().answer();
		assertThat(settled.join()).isTrue();
	}

	@Test
	void aCallThatCostsNothingDoesNotWaitForADebt() {
		Reservation reservation = reserve(tokens(40));
		CompletableFuture<Boolean> settled = reservation.settle(150);
		this.store.next().answer();
		assertThat(settled.join()).isTrue();
		CompletableFuture<Reservation> free = this.limiter.reserve(List.of(tokens(0)));
		this.store.next().answer();
		assertThat(free).isCompleted();
		assertThat(free.join().decisions().isAllowed()).isTrue();
		assertThat(free.join().decisions().due()).isZero();
	}

	@Test
	void aDeniedCallHasNothingToSettle() {
		Reservation denied = reserve(tokens(101));
		assertThat(denied.decisions().isAllowed()).isFalse();
		assertThat(denied.isPending()).isFalse();
		assertThat(denied.settle(5).join()).isTrue();
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aReservationOfTheLocalBucketIsSettledThere() {
		Charge local = new Charge("tokens", "tokens", HUNDRED, 40, OnUnavailable.LOCAL, false).asEstimate();
		CompletableFuture<Reservation> reserved = this.limiter.reserve(List.of(local));
		this.store.next().fail(new StoreUnavailableException("away"));
		assertThat(reserved.join().decisions().all().get(0).source()).isEqualTo(Decision.Source.LOCAL);
		assertThat(reserved.join().settle(70).join()).isTrue();
		CompletableFuture<Decisions> peeked = this.limiter.peek(List.of(local));
		this.store.next().fail(new StoreUnavailableException("away"));
		assertThat(peeked.join().all().get(0).remaining()).isEqualTo(30);
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aCallWithoutADecisionHasNothingToSettle() {
		Charge open = new Charge("tokens", "tokens", HUNDRED, 40, OnUnavailable.PROCEED, false).asEstimate();
		CompletableFuture<Reservation> reserved = this.limiter.reserve(List.of(open));
		this.store.next().fail(new StoreUnavailableException("away"));
		assertThat(reserved.join().decisions().isAllowed()).isTrue();
		assertThat(reserved.join().settle(70).join()).isTrue();
		assertThat(this.store.isIdle()).isTrue();
	}

	private static Charge tokens(long estimate) {
		return charge("tokens", estimate);
	}

	private static Charge charge(String policy, long estimate) {
		return new Charge(policy, policy, HUNDRED, estimate, OnUnavailable.FAIL, false).asEstimate();
	}

	private Reservation reserve(Charge... charges) {
		CompletableFuture<Reservation> reserved = this.limiter.reserve(List.of(charges));
		this.store.next().answer();
		return reserved.join();
	}

	private long remaining() {
		CompletableFuture<Decisions> peeked = this.limiter.peek(List.of(tokens(1)));
		this.store.next().answer();
		return peeked.join().all().get(0).remaining();
	}

}
