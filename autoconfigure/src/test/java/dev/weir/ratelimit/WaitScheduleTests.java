package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import dev.weir.core.OnUnavailable;
import dev.weir.core.Stages;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.BucketStore.Action;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Plays histories of calls that wait for tokens: interrupts, cancelled calls and answers
 * at each moment.
 */
@Timeout(60)
class WaitScheduleTests {

	/** One token per 100 ms. */
	private static final RateLimit TEN = new RateLimit(10, Duration.ofSeconds(1), 1);

	/** No token while a test runs. */
	private static final RateLimit SLOW = new RateLimit(1, Duration.ofHours(1), 1);

	@AutoClose
	private final ScriptedBucketStore store = new ScriptedBucketStore();

	private final RateLimiter limiter = new RateLimiter(this.store, LocalBucketStore.standIn(), Duration.ofSeconds(30),
			List.of());

	@Test
	void aCallWaitsUntilItsTokenIsThereAndAsksTheStoreOnce() {
		long begin = System.nanoTime();
		List<CompletableFuture<Reservation>> calls = new ArrayList<>();
		List<CompletableFuture<Void>> noted = new ArrayList<>();
		List<Integer> order = Collections.synchronizedList(new ArrayList<>());
		for (int i = 0; i < 5; i++) {
			int number = i;
			calls.add(this.limiter.reserve(List.of(charge(TEN, Duration.ofSeconds(10)))));
			noted.add(calls.get(i).thenRun(() -> order.add(number)));
		}
		this.store.next().answer();
		this.store.next().answer();
		assertThat(calls.get(0)).isDone();
		assertThat(calls.get(4)).isNotDone();
		noted.forEach(CompletableFuture::join);
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(390));
		assertThat(order).containsExactly(0, 1, 2, 3, 4);
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aCallThatWouldWaitLongerIsDeniedAtOnce() {
		CompletableFuture<Reservation> first = reserve(SLOW, Duration.ofMinutes(50));
		CompletableFuture<Reservation> denied = reserve(SLOW, Duration.ofMinutes(50));
		assertThat(first).isCompleted();
		assertThat(denied.join().decisions().isAllowed()).isFalse();
		assertThat(denied.join().decisions().retryAfter()).isGreaterThan(Duration.ofMinutes(59));
	}

	@Test
	void aCancelledCallGivesItsTokensBack() {
		reserve(SLOW, Duration.ofHours(2));
		CompletableFuture<Reservation> waiting = reserve(SLOW, Duration.ofHours(2));
		assertThat(waiting).isNotDone();
		waiting.cancel(false);
		assertThatTheTokenIsGivenBack();
	}

	@Test
	void aCallThatIsCancelledBeforeTheAnswerGivesItsTokensBack() {
		reserve(SLOW, Duration.ofHours(2));
		CompletableFuture<Reservation> waiting = this.limiter.reserve(List.of(charge(SLOW, Duration.ofHours(2))));
		waiting.cancel(false);
		this.store.next().answer();
		assertThatTheTokenIsGivenBack();
	}

	@Test
	void aCallThatIsCancelledBeforeADenialGivesNothingBack() {
		reserve(SLOW, Duration.ZERO);
		CompletableFuture<Reservation> waiting = this.limiter.reserve(List.of(charge(SLOW, Duration.ofSeconds(1))));
		waiting.cancel(false);
		this.store.next().answer();
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aGiveBackWhoseAnswerIsLostIsAppliedOnce() {
		reserve(SLOW, Duration.ofHours(3));
		CompletableFuture<Reservation> waiting = reserve(SLOW, Duration.ofHours(3));
		reserve(SLOW, Duration.ofHours(3));
		waiting.cancel(false);
		this.store.next().loseAnswer();
		this.store.next().answer();
		assertThat(level()).isEqualTo(-1);
	}

	@Test
	void anInterruptedCallerGivesItsTokensBack() {
		reserve(SLOW, Duration.ofHours(2));
		AtomicReference<Throwable> failure = new AtomicReference<>();
		Thread caller = new Thread(() -> {
			try {
				this.limiter.awaitReservation(List.of(charge(SLOW, Duration.ofHours(2))));
			}
			catch (RuntimeException ex) {
				failure.set(Thread.currentThread().isInterrupted() ? ex : new AssertionError("not interrupted"));
			}
		});
		caller.start();
		this.store.next().answer();
		await().until(() -> caller.getState() == Thread.State.WAITING);
		caller.interrupt();
		assertThatTheTokenIsGivenBack();
		await().until(() -> !caller.isAlive());
		assertThat(failure.get()).isInstanceOf(RateLimitInterruptedException.class);
	}

	@Test
	void callsThatDoNotWaitDoNotOvertakeThoseThatDo() {
		reserve(TEN, Duration.ZERO);
		CompletableFuture<Reservation> waiting = reserve(TEN, Duration.ofSeconds(1));
		CompletableFuture<Reservation> impatient = reserve(TEN, Duration.ZERO);
		assertThat(impatient.join().decisions().isAllowed()).isFalse();
		assertThat(waiting.join().decisions().isAllowed()).isTrue();
	}

	@Test
	void aFailureOfTheStoreEndsTheWait() {
		CompletableFuture<Reservation> waiting = this.limiter.reserve(List.of(charge(SLOW, Duration.ofHours(2))));
		this.store.next().fail(new dev.weir.core.StoreUnavailableException("away"));
		assertThatExceptionOfType(RateLimitUnavailableException.class).isThrownBy(() -> Stages.await(waiting));
	}

	@Test
	void callsGoOnInTheOrderOfTheStoreAlthoughAnswersOvertakeEachOther() {
		Waits waits = new Waits((denied) -> {
		});
		List<String> order = Collections.synchronizedList(new ArrayList<>());
		List<CompletableFuture<Decisions>> answers = new ArrayList<>();
		List<CompletableFuture<Void>> ended = new ArrayList<>();
		for (String name : List.of("first", "second", "third")) {
			CompletableFuture<Decisions> answer = new CompletableFuture<>();
			answers.add(answer);
			ended.add(until(waits, answer, Duration.ofMinutes(1)).thenRun(() -> order.add(name)));
		}
		answers.get(1).complete(allowed(200, 2));
		answers.get(2).complete(allowed(201, 3));
		// Takes longer on its way than the tokens of a call.
		answers.get(0).complete(allowed(300, 1));
		ended.forEach(CompletableFuture::join);
		assertThat(order).containsExactly("first", "second", "third");
		assertThat(waits.size()).isZero();
	}

	@Test
	void aCallBehindOthersWaitsNoLongerThanItMay() {
		Waits waits = new Waits((denied) -> {
		});
		CompletableFuture<Reservation> patient = until(waits, CompletableFuture.completedFuture(allowed(3_600_000, 1)),
				Duration.ofHours(2));
		// The bucket was filled in between.
		until(waits, CompletableFuture.completedFuture(allowed(1, 2)), Duration.ofMillis(300))
			.orTimeout(20, TimeUnit.SECONDS)
			.join();
		assertThat(patient).isNotDone();
		patient.cancel(false);
		assertThat(waits.size()).isZero();
	}

	private static CompletableFuture<Reservation> until(Waits waits, CompletableFuture<Decisions> answer,
			Duration waitTime) {
		Reservation reservation = new Reservation(Decisions.NONE, List.of(), new Settlements(new ScriptedBucketStore(),
				LocalBucketStore.standIn(), new Batches(new ScriptedBucketStore(), waitTime, (micros) -> {
				}), (settlement) -> {
				}));
		return waits.until(List.of(charge(TEN, waitTime)), answer, (decisions) -> reservation, (decisions) -> {
		});
	}

	private static Decisions allowed(long dueMillis, long micros) {
		return new Decisions(List.of(new Decision("test", TEN, 1, true, 0, Duration.ZERO, Duration.ZERO, false,
				Decision.Source.SHARED, Duration.ofMillis(dueMillis), micros)));
	}

	private void assertThatTheTokenIsGivenBack() {
		ScriptedBucketStore.Batch batch = this.store.next();
		assertThat(batch.actions()).containsExactly(Action.SETTLE);
		batch.answer();
		assertThat(level()).isZero();
	}

	private long level() {
		CompletableFuture<Decisions> peeked = this.limiter.peek(List.of(charge(SLOW, Duration.ZERO)));
		this.store.next().answer();
		Duration next = peeked.join().all().get(0).retryAfter();
		// A debt of one hour for each token.
		return -TimeUnit.MILLISECONDS.toHours(next.toMillis());
	}

	private CompletableFuture<Reservation> reserve(RateLimit limit, Duration waitTime) {
		CompletableFuture<Reservation> reserved = this.limiter.reserve(List.of(charge(limit, waitTime)));
		this.store.next().answer();
		return reserved;
	}

	private static Charge charge(RateLimit limit, Duration waitTime) {
		return new Charge("wait", "wait", limit, 1, OnUnavailable.FAIL, false).withWaitTime(waitTime);
	}

}
