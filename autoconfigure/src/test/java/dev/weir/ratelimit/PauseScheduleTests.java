package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.BucketStore.Action;
import dev.weir.ratelimit.BucketStore.PauseChange;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Plays histories of calls that wait for tokens while their bucket is paused: messages
 * and answers in each order.
 */
@Timeout(60)
class PauseScheduleTests {

	/** The time until the next token. A busy machine is less late than that. */
	private static final Duration TOKEN = Duration.ofMillis(500);

	private static final RateLimit TWO = new RateLimit(2, Duration.ofSeconds(1), 1);

	/** No token while a test runs. */
	private static final RateLimit SLOW = new RateLimit(1, Duration.ofHours(1), 1);

	private static final Duration PAUSE = Duration.ofSeconds(1);

	private static final Duration LONG = Duration.ofSeconds(20);

	private RateLimit limit = TWO;

	@AutoClose
	private final ScriptedBucketStore store = new ScriptedBucketStore();

	private final List<Decisions> denied = new CopyOnWriteArrayList<>();

	private final List<Duration> pauses = new CopyOnWriteArrayList<>();

	private final RateLimiter limiter = new RateLimiter(this.store, LocalBucketStore.standIn(), Duration.ofSeconds(30),
			List.of(new RateLimitListener() {

				@Override
				public void decided(Decisions decisions) {
				}

				@Override
				public void deniedByPause(Decisions decisions) {
					PauseScheduleTests.this.denied.add(decisions);
				}

				@Override
				public void paused(String policy, Duration length) {
					PauseScheduleTests.this.pauses.add(length);
				}

			}));

	@Test
	void aCallThatWaitsWaitsLongerByThePause() {
		long begin = System.nanoTime();
		reserve("a", Duration.ZERO);
		CompletableFuture<Reservation> waiting = reserve("a", LONG);
		PauseChange change = pause("a", PAUSE);
		assertThat(change.shift()).isEqualTo(PAUSE);
		this.store.deliver(change);
		assertThat(due(waiting)).isBetween(PAUSE, PAUSE.plus(TOKEN));
		assertThat(since(begin)).isGreaterThan(PAUSE.plus(TOKEN).minusMillis(10));
		assertThat(this.store.isIdle()).isTrue();
		assertThat(this.pauses).containsExactly(PAUSE);
	}

	@Test
	void anAnswerThatArrivesAfterThePauseIsHeldBack() {
		reserve("a", Duration.ZERO);
		CompletableFuture<Reservation> waiting = this.limiter.reserve(List.of(charge("a", LONG)));
		Runnable answer = this.store.next().decide();
		this.store.deliver(pause("a", PAUSE));
		answer.run();
		assertThat(due(waiting)).isBetween(PAUSE, PAUSE.plus(TOKEN));
	}

	@Test
	void aCallWithATokenIsHeldBackIfItsAnswerArrivesAfterThePause() {
		CompletableFuture<Reservation> ready = this.limiter.reserve(List.of(charge("a", LONG)));
		Runnable answer = this.store.next().decide();
		this.store.deliver(pause("a", PAUSE));
		answer.run();
		assertThat(ready).isNotDone();
		assertThat(due(ready)).isGreaterThanOrEqualTo(PAUSE);
	}

	@Test
	void aMessageThatArrivesAfterTheAnswerCountsOnce() {
		reserve("a", Duration.ZERO);
		PauseChange change = pause("a", PAUSE);
		CompletableFuture<Reservation> waiting = reserve("a", LONG);
		this.store.deliver(change);
		this.store.deliver(change);
		assertThat(due(waiting)).isBetween(TOKEN, PAUSE.plus(TOKEN));
	}

	@Test
	void aLongerPauseCountsFromTheEndOfTheFirstAndAShorterOneDoesNot() {
		reserve("a", Duration.ZERO);
		CompletableFuture<Reservation> waiting = reserve("a", LONG);
		this.store.deliver(pause("a", PAUSE));
		PauseChange longer = pause("a", PAUSE.multipliedBy(2));
		assertThat(longer.shift()).isBetween(PAUSE, PAUSE.multipliedBy(2));
		this.store.deliver(longer);
		this.store.deliver(longer);
		this.limiter.pause(charge("a", LONG), PAUSE);
		this.store.next().answer();
		assertThat(this.store.nextChange()).isNull();
		Duration expected = PAUSE.plus(longer.shift());
		assertThat(due(waiting)).isBetween(expected, expected.plus(TOKEN));
	}

	@Test
	void aLiftedPauseLetsCallsGoOnAtTheirTime() {
		reserve("a", Duration.ZERO);
		CompletableFuture<Reservation> first = reserve("a", Duration.ofHours(4));
		CompletableFuture<Reservation> second = reserve("a", Duration.ofHours(4));
		this.store.deliver(pause("a", Duration.ofHours(1)));
		CompletableFuture<Reservation> third = reserve("a", Duration.ofHours(4));
		long begin = System.nanoTime();
		PauseChange lifted = pause("a", Duration.ZERO);
		assertThat(lifted.shift()).isNegative();
		this.store.deliver(lifted);
		assertThat(due(first)).isLessThan(Duration.ofSeconds(10));
		assertThat(due(second)).isGreaterThan(due(first));
		assertThat(due(third)).isLessThan(Duration.ofSeconds(10));
		assertThat(since(begin)).isLessThan(Duration.ofSeconds(20));
	}

	@Test
	void callsStayInOrder() {
		reserve("a", Duration.ZERO);
		List<Integer> order = Collections.synchronizedList(new ArrayList<>());
		List<CompletableFuture<Reservation>> calls = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			int number = i;
			calls.add(reserve("a", LONG));
			calls.get(i).thenRun(() -> order.add(number));
		}
		this.store.deliver(pause("a", PAUSE));
		calls.forEach(CompletableFuture::join);
		assertThat(order).containsExactly(0, 1, 2, 3, 4);
	}

	@Test
	void aCallThatWouldWaitTooLongIsDeniedAtOnceAndGivesItsTokensBack() {
		reserve("a", Duration.ZERO);
		CompletableFuture<Reservation> patient = reserve("a", Duration.ofHours(3));
		CompletableFuture<Reservation> waiting = reserve("a", Duration.ofSeconds(5));
		this.store.deliver(pause("a", Duration.ofHours(1)));
		Decisions decisions = waiting.join().decisions();
		assertThat(decisions.isAllowed()).isFalse();
		assertThat(decisions.retryAfter()).isBetween(Duration.ofMinutes(59), Duration.ofHours(1).plusSeconds(1));
		assertThat(this.denied).containsExactly(decisions);
		ScriptedBucketStore.Batch givenBack = this.store.next();
		assertThat(givenBack.actions()).containsExactly(Action.SETTLE);
		givenBack.answer();
		assertThat(patient).isNotDone();
		this.store.deliver(pause("a", Duration.ZERO));
		assertThat(patient.join().decisions().isAllowed()).isTrue();
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aCallThatIsCancelledInAPauseGivesItsTokensBack() {
		this.limit = SLOW;
		reserve("a", Duration.ZERO);
		CompletableFuture<Reservation> waiting = reserve("a", Duration.ofHours(4));
		this.store.deliver(pause("a", Duration.ofHours(1)));
		waiting.cancel(false);
		assertThat(this.store.next().actions()).containsExactly(Action.SETTLE);
		this.store.deliver(pause("a", Duration.ZERO));
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aCallThatIsInterruptedInAPauseGivesItsTokensBack() {
		this.limit = SLOW;
		reserve("a", Duration.ZERO);
		AtomicReference<Throwable> failure = new AtomicReference<>();
		Thread caller = new Thread(() -> {
			try {
				this.limiter.awaitReservation(List.of(charge("a", Duration.ofHours(4))));
			}
			catch (RuntimeException ex) {
				failure.set(ex);
			}
		});
		caller.start();
		this.store.next().answer();
		this.store.deliver(pause("a", Duration.ofHours(1)));
		await().until(() -> caller.getState() == Thread.State.WAITING);
		caller.interrupt();
		assertThat(this.store.next().actions()).containsExactly(Action.SETTLE);
		await().until(() -> !caller.isAlive());
		assertThat(failure.get()).isInstanceOf(RateLimitInterruptedException.class);
	}

	@Test
	void aPauseOfAnotherBucketHasNoEffect() {
		reserve("a", Duration.ZERO);
		CompletableFuture<Reservation> waiting = reserve("a", Duration.ofSeconds(1));
		this.store.deliver(pause("b", Duration.ofHours(1)));
		assertThat(due(waiting)).isLessThanOrEqualTo(TOKEN);
	}

	@Test
	void aPauseOfOneOfTwoBucketsHoldsTheCallBack() {
		reserve("a", Duration.ZERO);
		CompletableFuture<Reservation> waiting = this.limiter.reserve(List.of(charge("a", LONG), charge("b", LONG)));
		this.store.next().answer();
		this.store.deliver(pause("b", PAUSE));
		assertThat(due(waiting)).isGreaterThanOrEqualTo(PAUSE);
	}

	@Test
	void aPauseAtTheMomentWhenTheTokenIsThereLosesNoCall() {
		for (int i = 0; i < 10; i++) {
			String key = "key" + i;
			reserve(key, Duration.ZERO);
			CompletableFuture<Reservation> waiting = reserve(key, LONG);
			this.limiter.pause(charge(key, LONG), Duration.ofMillis(20));
			ScriptedBucketStore.Batch pause = this.store.next();
			long at = System.nanoTime() + TOKEN.minusMillis(2).toNanos();
			await().pollInterval(Duration.ofMillis(1)).until(() -> System.nanoTime() - at > 0);
			pause.answer();
			this.store.deliver(Objects.requireNonNull(this.store.nextChange()));
			assertThat(waiting.join().decisions().isAllowed()).isTrue();
		}
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aPauseWithoutTheStoreHoldsInThisInstance() {
		Charge local = new Charge("a", "a", TWO, 1, OnUnavailable.LOCAL, false).withWaitTime(LONG);
		this.limiter.reserve(List.of(local));
		this.store.next().fail(new StoreUnavailableException("away"));
		CompletableFuture<Reservation> waiting = this.limiter.reserve(List.of(local));
		this.store.next().fail(new StoreUnavailableException("away"));
		CompletableFuture<Void> paused = this.limiter.pause(local, PAUSE);
		this.store.next().fail(new StoreUnavailableException("away"));
		assertThatExceptionOfType(java.util.concurrent.CompletionException.class).isThrownBy(paused::join)
			.withCauseInstanceOf(RateLimitUnavailableException.class);
		assertThat(due(waiting)).isGreaterThanOrEqualTo(PAUSE);
		assertThat(this.pauses).isEmpty();
	}

	private PauseChange pause(String key, Duration length) {
		this.limiter.pause(charge(key, LONG), length);
		this.store.next().answer();
		return Objects.requireNonNull(this.store.nextChange());
	}

	private CompletableFuture<Reservation> reserve(String key, Duration waitTime) {
		CompletableFuture<Reservation> reserved = this.limiter.reserve(List.of(charge(key, waitTime)));
		this.store.next().answer();
		return reserved;
	}

	private static Duration due(CompletableFuture<Reservation> waiting) {
		return waiting.join().decisions().due();
	}

	private static Duration since(long begin) {
		return Duration.ofNanos(System.nanoTime() - begin);
	}

	private Charge charge(String key, Duration waitTime) {
		return new Charge(key, key, this.limit, 1, OnUnavailable.FAIL, false).withWaitTime(waitTime);
	}

}
