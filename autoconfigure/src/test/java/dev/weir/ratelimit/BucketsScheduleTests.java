package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.BucketStore.Swap;
import dev.weir.ratelimit.ScriptedBucketStore.Call;
import io.github.bucket4j.BucketState;
import io.github.bucket4j.MathType;
import io.github.bucket4j.distributed.remote.MutableBucketEntry;
import io.github.bucket4j.distributed.remote.RemoteBucketState;
import io.github.bucket4j.distributed.remote.RemoteStat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Buckets} with a store whose answers the test controls one by one.
 */
@Timeout(60)
class BucketsScheduleTests {

	private static final RateLimit LIMIT = RateLimit.of(1000, Duration.ofDays(1));

	private final ScriptedBucketStore store = new ScriptedBucketStore();

	private final Buckets buckets = new Buckets(this.store, clock(), Duration.ofSeconds(30), 100);

	@Test
	void stepsThatArriveDuringACallShareTheNextOne() {
		CompletableFuture<Long> first = take("a");
		List<CompletableFuture<Long>> others = IntStream.range(0, 10).mapToObj((i) -> take("a")).toList();
		this.store.next().answer();
		assertThat(first).isCompletedWithValue(999L);
		this.store.next().answer();
		assertThat(others.stream().map(CompletableFuture::join)).containsExactly(998L, 997L, 996L, 995L, 994L, 993L,
				992L, 991L, 990L, 989L);
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aStepThatFollowsAtOnceJoinsTheNextCall() {
		CompletableFuture<Long> again = take("a").thenCompose((remaining) -> take("a"));
		CompletableFuture<Long> waiting = take("a");
		this.store.next().answer();
		this.store.next().answer();
		assertThat(waiting).isCompletedWithValue(998L);
		assertThat(again).isCompletedWithValue(997L);
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void unrelatedBucketsDoNotWaitForEachOther() {
		CompletableFuture<Long> a = take("a");
		CompletableFuture<Long> b = take("b");
		Call callOfA = this.store.next();
		this.store.next().answer();
		assertThat(b).isCompletedWithValue(999L);
		assertThat(a).isNotDone();
		callOfA.answer();
		assertThat(a).isCompletedWithValue(999L);
	}

	@Test
	void aRefusedStepContinuesFromTheStateOfAnotherInstance() {
		CompletableFuture<Long> first = take("a");
		this.store.next().answer();
		first.join();
		CompletableFuture<Long> second = take("a");
		Call call = this.store.next();
		this.store.byAnother(new Swap("a", null, tokens(500), 60_000));
		call.answer();
		this.store.next().answer();
		assertThat(second).isCompletedWithValue(499L);
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aWaitingStepJoinsACallThatMustBeSentAgain() {
		CompletableFuture<Long> first = take("a");
		Call call = this.store.next();
		CompletableFuture<Long> second = take("a");
		this.store.byAnother(new Swap("a", null, tokens(500), 60_000));
		call.answer();
		this.store.next().answer();
		assertThat(first).isCompletedWithValue(499L);
		assertThat(second).isCompletedWithValue(498L);
	}

	@Test
	void oneCallTakesABoundedNumberOfSteps() {
		take("a");
		Call first = this.store.next();
		List<CompletableFuture<Long>> waiting = new ArrayList<>();
		for (int i = 0; i < 300; i++) {
			waiting.add(take("a"));
		}
		first.answer();
		this.store.next().answer();
		assertThat(waiting).filteredOn(CompletableFuture::isDone).hasSize(250);
		this.store.next().answer();
		assertThat(waiting).allMatch(CompletableFuture::isDone);
	}

	@Test
	void aStepWhoseAnswerIsLostIsNotAppliedAgain() {
		CompletableFuture<Long> lost = take("a");
		CompletableFuture<Long> waiting = take("a");
		this.store.next().loseAnswer();
		assertUnavailable(lost);
		// A step that waited behind it would fail too late, and another call would not
		// help.
		assertThat(waiting).isDone();
		assertUnavailable(waiting);
		CompletableFuture<Long> next = take("a");
		this.store.next().answer();
		this.store.next().answer();
		assertThat(next).isCompletedWithValue(998L);
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void stepsOverSeveralBucketsWaitForTheCallsOfAllOfThem() {
		CompletableFuture<Long> a = take("a");
		CompletableFuture<Long> b = take("b");
		Call callOfA = this.store.next();
		Call callOfB = this.store.next();
		CompletableFuture<Long> both = take("a", "b");
		callOfA.answer();
		assertThat(a).isCompletedWithValue(999L);
		assertThat(this.store.isIdle()).isTrue();
		// This step waits, too: b is now part of the same lane.
		CompletableFuture<Long> another = take("b");
		callOfB.answer();
		assertThat(b).isCompletedWithValue(999L);
		Call together = this.store.next();
		assertThat(together.keys()).containsExactly("a", "b");
		together.answer();
		assertThat(both).isCompletedWithValue(998L);
		assertThat(another).isCompletedWithValue(997L);
	}

	@Test
	void aRepeatedCallOfAMergedLaneTakesNoOtherStepsAlong() {
		CompletableFuture<Long> a = take("a");
		CompletableFuture<Long> b = take("b");
		Call callOfA = this.store.next();
		Call callOfB = this.store.next();
		CompletableFuture<Long> both = take("a", "b");
		this.store.byAnother(new Swap("a", null, tokens(500), 60_000));
		callOfA.answer();
		Call again = this.store.next();
		assertThat(again.keys()).containsExactly("a");
		callOfB.answer();
		again.answer();
		assertThat(a).isCompletedWithValue(499L);
		assertThat(b).isCompletedWithValue(999L);
		this.store.next().answer();
		assertThat(both).isCompletedWithValue(498L);
	}

	@Test
	void aValueThatIsNoBucketFailsOnlyTheStepsThatNeedIt() {
		this.store.byAnother(new Swap("bad", null, StoredBucket.of(new byte[] { 1, 2, 3 }), 0));
		CompletableFuture<Long> both = take("a", "bad");
		CompletableFuture<Long> good = take("a");
		CompletableFuture<Long> bad = take("bad");
		// The value is not known yet.
		this.store.next().answer();
		Call all = this.store.next();
		assertThat(all.keys()).containsExactly("a", "bad");
		all.answer();
		assertThat(good).isCompletedWithValue(999L);
		assertMistake(both);
		assertMistake(bad);
		CompletableFuture<Long> next = take("a");
		this.store.next().answer();
		assertThat(next).isCompletedWithValue(998L);
		CompletableFuture<Long> mended = take("bad");
		this.store.remove("bad");
		this.store.next().answer();
		this.store.next().answer();
		assertThat(mended).isCompletedWithValue(999L);
	}

	@Test
	void aStepThatFailedForAnOutdatedBucketIsTriedAgain() {
		CompletableFuture<Long> first = take("a");
		this.store.next().answer();
		first.join();
		CompletableFuture<Boolean> full = this.buckets.take(List.of("a"), null, (entries, nanos) -> {
			if (entries.get(0).exists()) {
				throw new IllegalArgumentException("there is one");
			}
			return true;
		});
		this.store.remove("a");
		this.store.next().answer();
		this.store.next().answer();
		assertThat(full).isCompletedWithValue(true);
	}

	@Test
	void aFailedCallFailsItsStepsAndNoOthers() {
		CompletableFuture<Long> failing = take("a");
		CompletableFuture<Long> waiting = take("a");
		this.store.next().fail(new IllegalStateException("not permitted"));
		assertMistake(failing);
		this.store.next().answer();
		assertThat(waiting).isCompletedWithValue(999L);
	}

	@Test
	void noStepWaitsForAStoreThatIsAway() {
		CompletableFuture<Long> onItsWay = take("a");
		Call lost = this.store.next();
		this.store.away(true);
		CompletableFuture<Long> refused = take("a");
		assertUnavailable(refused);
		assertThat(onItsWay).isNotDone();
		// The store lets one probe through, for which no caller waits.
		this.store.next().answer();
		lost.loseAnswer();
		assertUnavailable(onItsWay);
		this.store.away(false);
		CompletableFuture<Long> back = take("a");
		this.store.next().answer();
		this.store.next().answer();
		assertThat(back).isCompletedWithValue(998L);
	}

	@Test
	void aStepThatWaitsForOthersFailsInTimeAndTakesNothing() {
		Buckets impatient = new Buckets(this.store, clock(), Duration.ofMillis(50), 100);
		CompletableFuture<Long> slow = impatient.take(List.of("a"), null, BucketsScheduleTests::takeOne);
		Call call = this.store.next();
		CompletableFuture<Long> waiting = impatient.take(List.of("a"), null, BucketsScheduleTests::takeOne);
		await().until(() -> slow.isDone() && waiting.isDone());
		assertUnavailable(slow);
		assertUnavailable(waiting);
		assertThat(impatient.lastSeen("a")).isNull();
		call.answer();
		assertThat(this.store.isIdle()).isTrue();
		// Only the step that was on its way may have been applied, not the step that
		// waited.
		CompletableFuture<Long> next = take("a");
		while (!next.isDone()) {
			this.store.next().answer();
		}
		assertThat(next.join()).isGreaterThanOrEqualTo(998L);
	}

	@Test
	void eachSlotHasItsOwnClock() {
		this.store.slots(true);
		CompletableFuture<Long> a = take("a");
		Call callOfA = this.store.next();
		long time = callOfA.time().micros();
		callOfA.answer();
		assertThat(a).isCompleted();
		long behind = time - TimeUnit.HOURS.toMicros(1);
		take("b");
		this.store.next().refuse(behind);
		assertThat(this.store.next().time().micros()).isBetween(behind, behind + TimeUnit.MINUTES.toMicros(1));
		take("a");
		assertThat(this.store.next().time().micros()).isGreaterThanOrEqualTo(time);
	}

	@Test
	void aStepThatFailsHalfWayWritesNothing() {
		CompletableFuture<Long> first = take("a");
		CompletableFuture<Object> failing = this.buckets.take(List.of("a"), null, (entries, nanos) -> {
			RemoteBucketState state = entries.get(0).get();
			state.consume(100);
			entries.get(0).set(state);
			throw new IllegalArgumentException("half-way");
		});
		CompletableFuture<Long> last = take("a");
		this.store.next().answer();
		this.store.next().answer();
		assertThat(first).isCompletedWithValue(999L);
		assertThatExceptionOfType(CompletionException.class).isThrownBy(failing::join)
			.withCauseInstanceOf(IllegalArgumentException.class);
		assertThat(last).isCompletedWithValue(998L);
	}

	@Test
	void aStepThatIsAheadOfTheStoreAdoptsItsTime() {
		CompletableFuture<Long> ahead = take("a");
		Call first = this.store.next();
		long storeTime = first.time().micros() - TimeUnit.HOURS.toMicros(1);
		first.refuse(storeTime);
		Call second = this.store.next();
		assertThat(second.time().micros()).isBetween(storeTime, storeTime + TimeUnit.SECONDS.toMicros(30));
		assertThat(ahead).isNotDone();
	}

	@Test
	void aStepThatIsAlwaysOvertakenFailsInTime() {
		Buckets impatient = new Buckets(this.store, clock(), Duration.ofMillis(20), 100);
		CompletableFuture<Long> overtaken = impatient.take(List.of("a"), null, BucketsScheduleTests::takeOne);
		int calls = 0;
		while (!overtaken.isDone() || !this.store.isIdle()) {
			Call call = this.store.next();
			this.store.byAnother(new Swap("a", null, tokens(500 + calls++ % 100), 60_000));
			call.answer();
		}
		assertUnavailable(overtaken);
	}

	@Test
	void forgetsUnusedBucketsButNoBucketInUse() {
		CompletableFuture<Long> used = take("used");
		Call callOfUsed = this.store.next();
		for (int i = 0; i < 150; i++) {
			CompletableFuture<Long> other = take("other" + i);
			this.store.next().answer();
			other.join();
		}
		assertThat(this.buckets.lastSeen("other0")).isNull();
		assertThat(this.buckets.lastSeen("other149")).isNotNull();
		callOfUsed.answer();
		assertThat(used).isCompletedWithValue(999L);
		assertThat(this.buckets.lastSeen("used")).isNotNull();
	}

	@Test
	void aStoreThatAnswersAtOnceDoesNotOverflowTheStack() {
		Buckets local = new Buckets(new LocalBucketStore(), new StoreClock(), Duration.ofSeconds(30), 100);
		AtomicInteger left = new AtomicInteger(100_000);
		CompletableFuture<Void> done = new CompletableFuture<>();
		for (int i = 0; i < 100_000; i++) {
			local.take(List.of("a"), null, BucketsScheduleTests::takeOne).thenRun(() -> {
				if (left.decrementAndGet() == 0) {
					done.complete(null);
				}
			});
		}
		assertThat(done).succeedsWithin(30, TimeUnit.SECONDS);
	}

	@Test
	void aStepOverTwoBucketsIsNotOvertakenForEver() throws Exception {
		// Two buckets are busy all the time, each by itself, and one caller needs both.
		ExecutorService answering = Executors.newFixedThreadPool(2);
		ExecutorService busy = Executors.newFixedThreadPool(4);
		AtomicBoolean stop = new AtomicBoolean();
		BucketStore slow = new BucketStore() {

			private final LocalBucketStore target = new LocalBucketStore();

			@Override
			public CompletionStage<Answer> swap(List<Swap> swaps, AssumedTime time) {
				return CompletableFuture.supplyAsync(() -> this.target.swap(swaps, time), answering)
					.thenCompose((answer) -> answer);
			}

			@Override
			public CompletionStage<Void> remove(String key) {
				return this.target.remove(key);
			}

		};
		try {
			Buckets contended = new Buckets(slow, new StoreClock(), Duration.ofSeconds(30), 100);
			for (String key : List.of("a", "b", "a", "b")) {
				busy.execute(() -> {
					while (!stop.get()) {
						contended.take(List.of(key), null, BucketsScheduleTests::takeOne).join();
					}
				});
			}
			for (int i = 0; i < 200; i++) {
				assertThat(contended.take(List.of("a", "b"), null, BucketsScheduleTests::takeOne)).succeedsWithin(10,
						TimeUnit.SECONDS);
			}
		}
		finally {
			stop.set(true);
			busy.shutdown();
			assertThat(busy.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
			answering.shutdown();
		}
	}

	/** Creates a clock that has received an answer. */
	private static StoreClock clock() {
		StoreClock clock = new StoreClock();
		clock.answered(TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis()), clock.nanos());
		return clock;
	}

	private CompletableFuture<Long> take(String... keys) {
		return this.buckets.take(List.of(keys), null, BucketsScheduleTests::takeOne);
	}

	private static long takeOne(List<MutableBucketEntry> entries, long nanos) {
		long left = Long.MAX_VALUE;
		for (MutableBucketEntry entry : entries) {
			RemoteBucketState state = entry.exists() ? entry.get() : state(1000);
			state.consume(1);
			entry.set(state);
			left = Math.min(left, state.getAvailableTokens());
		}
		return left;
	}

	private static RemoteBucketState state(long tokens) {
		RemoteBucketState state = new RemoteBucketState(
				BucketState.createInitialState(LIMIT.toConfiguration(), MathType.INTEGER_64_BITS, 0), new RemoteStat(0),
				null);
		state.consume(1000 - tokens);
		return state;
	}

	private static StoredBucket tokens(long tokens) {
		return StoredBucket.of(state(tokens));
	}

	private static void assertMistake(CompletableFuture<?> result) {
		assertThatExceptionOfType(CompletionException.class).isThrownBy(result::join)
			.withCauseInstanceOf(IllegalStateException.class);
	}

	private static void assertUnavailable(CompletableFuture<?> result) {
		assertThatExceptionOfType(CompletionException.class).isThrownBy(result::join)
			.withCauseInstanceOf(StoreUnavailableException.class);
	}

}
