package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.BucketStore.Action;
import dev.weir.ratelimit.BucketStore.Answer;
import dev.weir.ratelimit.BucketStore.Call;
import dev.weir.ratelimit.BucketStore.Level;
import dev.weir.ratelimit.BucketStore.Take;
import dev.weir.ratelimit.ScriptedBucketStore.Batch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Plays histories of calls and answers against {@link Batches}.
 */
@Timeout(60)
class BatchesScheduleTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final RateLimit TWO = RateLimit.of(2, Duration.ofDays(365));

	private final ScriptedBucketStore store = new ScriptedBucketStore();

	private final AtomicLong clock = new AtomicLong();

	private final Batches batches = new Batches(this.store, PATIENCE, this.clock::set);

	@Test
	void aLoneCallIsSentAtOnce() {
		CompletableFuture<BucketStore.Result> call = send("a");
		this.store.next().answer();
		assertThat(call.join().levels()).extracting(Level::allowed).containsExactly(true);
		assertThat(this.clock.get()).isPositive();
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void callsThatMeetGoTogetherInTheNextBatchInOrder() {
		send("first");
		Batch first = this.store.next();
		List<CompletableFuture<BucketStore.Result>> waiting = List.of(send("a"), send("b"), send("a"), send("a"));
		assertThat(this.store.isIdle()).isTrue();
		first.answer();
		Batch second = this.store.next();
		assertThat(second.keys()).containsExactly("a", "b", "a", "a");
		second.answer();
		assertThat(waiting).extracting((call) -> call.join().levels().get(0).allowed())
			.containsExactly(true, true, true, false);
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void callersAreAnsweredBeforeTheNextBatchLeavesAndGoWithIt() {
		CompletableFuture<BucketStore.Result> again = send("a").thenCompose((levels) -> send("again"));
		CompletableFuture<BucketStore.Result> waiting = send("b");
		this.store.next().answer();
		Batch second = this.store.next();
		assertThat(second.keys()).containsExactly("b", "again");
		second.answer();
		assertThat(List.of(again, waiting)).allSatisfy((call) -> assertThat(call).isCompleted());
	}

	@Test
	void aBatchIsBounded() {
		send("first");
		Batch first = this.store.next();
		// 128 buckets keep Redis busy for less than a millisecond.
		IntStream.range(0, 125).forEach((i) -> send("key" + i));
		this.batches.send(new Call(Action.TAKE, List.of(take("one"), take("two"))));
		this.batches.send(new Call(Action.TAKE, List.of(take("three"), take("four"))));
		first.answer();
		Batch second = this.store.next();
		assertThat(second.keys()).hasSize(127).startsWith("key0").endsWith("one", "two");
		second.answer();
		assertThat(this.store.next().keys()).containsExactly("three", "four");
	}

	@Test
	void fullBatchesDoNotWaitForEachOther() {
		send("first");
		Batch first = this.store.next();
		int full = Batches.MAX_ON_THE_WAY * Batches.MAX_BUCKETS;
		List<CompletableFuture<BucketStore.Result>> waiting = IntStream.range(0, full)
			.mapToObj((i) -> send("key" + i))
			.toList();
		List<Batch> sent = IntStream.range(1, Batches.MAX_ON_THE_WAY).mapToObj((i) -> this.store.next()).toList();
		assertThat(sent).allSatisfy((batch) -> assertThat(batch.keys()).hasSize(Batches.MAX_BUCKETS));
		assertThat(this.store.isIdle()).isTrue();
		sent.forEach(Batch::answer);
		this.store.next().answer();
		assertThat(waiting).allSatisfy((call) -> assertThat(call).isCompleted());
		// The first batch is still on its way, so the next call waits.
		CompletableFuture<BucketStore.Result> last = send("last");
		assertThat(this.store.isIdle()).isTrue();
		first.answer();
		this.store.next().answer();
		assertThat(last).isCompleted();
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void callsThatTheStoreCannotDecideTogetherAreSentAlone() {
		CompletableFuture<BucketStore.Result> first = send("first");
		CompletableFuture<BucketStore.Result> good = send("a");
		CompletableFuture<BucketStore.Result> bad = send("b");
		this.store.next().fail(new BucketStore.NotTogetherException(new IllegalStateException("alone")));
		assertThat(failure(first)).isInstanceOf(BucketStore.NotTogetherException.class);
		this.store.next().fail(new BucketStore.NotTogetherException(new IllegalStateException("together")));
		Batch alone = this.store.next();
		Batch other = this.store.next();
		assertThat(alone.keys()).containsExactly("a");
		alone.answer();
		other.fail(new IllegalStateException("a mistake"));
		assertThat(good.join().levels().get(0).tokens()).isEqualTo(1);
		assertThat(failure(bad)).hasMessage("a mistake");
		CompletableFuture<BucketStore.Result> next = send("c");
		this.store.next().answer();
		assertThat(next).isCompleted();
	}

	@Test
	void slotsDoNotWaitForEachOther() {
		this.store.slots(true);
		CompletableFuture<BucketStore.Result> slow = send("a");
		CompletableFuture<BucketStore.Result> fast = send("b");
		Batch first = this.store.next();
		Batch second = this.store.next();
		assertThat(first.keys()).containsExactly("a");
		second.answer();
		assertThat(fast).isCompleted();
		assertThat(slow).isNotDone();
		first.answer();
		assertThat(slow).isCompleted();
	}

	@Test
	void failsQueuedCallsAtOnceWhenTheStoreIsNotAsked() {
		CompletableFuture<BucketStore.Result> sent = send("a");
		CompletableFuture<BucketStore.Result> queued = send("b");
		this.store.next().fail(StoreUnavailableException.withoutAsking("away"));
		assertThat(List.of(sent, queued)).extracting(BatchesScheduleTests::failure)
			.allSatisfy((failure) -> assertThat(failure).isInstanceOf(StoreUnavailableException.class));
		CompletableFuture<BucketStore.Result> later = send("c");
		this.store.next().answer();
		assertThat(later).isCompleted();
	}

	@Test
	void failsQueuedCallsAtOnceWhenTheStoreWasSilentForLong() {
		Batches patient = new Batches(this.store, Duration.ofSeconds(2), this.clock::set);
		CompletableFuture<BucketStore.Result> sent = patient.send(call("a"));
		Batch first = this.store.next();
		await().during(Duration.ofMillis(1100)).until(() -> !sent.isDone());
		CompletableFuture<BucketStore.Result> queued = patient.send(call("b"));
		first.fail(new StoreUnavailableException("silent"));
		assertThat(List.of(sent, queued)).extracting(BatchesScheduleTests::failure)
			.allSatisfy((failure) -> assertThat(failure).hasMessage("silent"));
		assertThat(this.store.isIdle()).isTrue();
	}

	@Test
	void aFailureWithoutSilenceFailsItsOwnBatchOnly() {
		CompletableFuture<BucketStore.Result> reset = send("a");
		CompletableFuture<BucketStore.Result> queued = send("b");
		this.store.next().fail(new StoreUnavailableException("connection reset"));
		assertThat(failure(reset)).hasMessage("connection reset");
		this.store.next().answer();
		assertThat(queued).isCompleted();
	}

	@Test
	void aMistakeFailsItsOwnBatchOnly() {
		CompletableFuture<BucketStore.Result> wrong = send("a");
		CompletableFuture<BucketStore.Result> queued = send("b");
		this.store.next().fail(new IllegalStateException("a mistake"));
		assertThat(failure(wrong)).hasMessage("a mistake");
		this.store.next().answer();
		assertThat(queued).isCompleted();
	}

	@Test
	void anAnswerForAnotherNumberOfCallsFailsTheBatch() {
		CompletableFuture<BucketStore.Result> call = send("a");
		this.store.next().answerWith(new Answer(1, List.of()));
		assertThat(failure(call)).isInstanceOf(IllegalStateException.class);
	}

	@Test
	void noCallIsSentTwice() {
		CompletableFuture<BucketStore.Result> lost = send("a");
		this.store.next().loseAnswer();
		assertThat(failure(lost)).isInstanceOf(StoreUnavailableException.class);
		assertThat(this.store.isIdle()).isTrue();
		CompletableFuture<BucketStore.Result> next = send("a");
		this.store.next().answer();
		// The lost call took its token.
		assertThat(next.join().levels().get(0).tokens()).isZero();
	}

	@Test
	void aCallWhoseTimeIsOverIsNotSent() {
		Batches impatient = new Batches(this.store, Duration.ofMillis(30), this.clock::set);
		CompletableFuture<BucketStore.Result> sent = impatient.send(call("a"));
		CompletableFuture<BucketStore.Result> queued = impatient.send(call("b"));
		Batch first = this.store.next();
		await().until(() -> sent.isDone() && queued.isDone());
		assertThat(failure(queued)).isInstanceOf(StoreUnavailableException.class);
		first.answer();
		assertThat(this.store.isIdle()).isTrue();
		assertThat(failure(sent)).isInstanceOf(StoreUnavailableException.class);
	}

	@Test
	void theTimeOfACallBeginsWhenTheStoreIsReady() {
		CompletableFuture<Void> connected = new CompletableFuture<>();
		this.store.readyAfter(connected);
		Batches impatient = new Batches(this.store, Duration.ofMillis(30), this.clock::set);
		CompletableFuture<BucketStore.Result> call = impatient.send(call("a"));
		await().during(Duration.ofMillis(100)).until(() -> !call.isDone());
		connected.complete(null);
		await().until(call::isDone);
		assertThat(failure(call)).isInstanceOf(StoreUnavailableException.class);
	}

	@Test
	void failsAtOnceAndProbesWithoutTakingWhileTheStoreIsAway() {
		this.store.away(true);
		assertThat(failure(send("a"))).isInstanceOf(StoreUnavailableException.class);
		assertThat(this.store.next().actions()).containsExactly(Action.PEEK);
	}

	@Test
	void aStoreThatThrowsFailsTheCallAndIsAskedAgain() {
		Batches broken = new Batches(new Throwing(), PATIENCE, this.clock::set);
		assertThat(failure(broken.send(call("a")))).hasMessage("broken");
		assertThat(failure(broken.send(call("b")))).hasMessage("broken");
	}

	@Test
	void callsOfAStoreThatAnswersAtOnceDoNotWaitForEachOther() throws Exception {
		Batches local = new Batches(new LocalBucketStore(), PATIENCE, this.clock::set);
		ExecutorService threads = Executors.newFixedThreadPool(8);
		try {
			List<Future<Boolean>> allowed = new ArrayList<>();
			for (int i = 0; i < 1_000; i++) {
				allowed.add(threads.submit(() -> {
					CompletableFuture<BucketStore.Result> call = local.send(call("a"));
					assertThat(call).isCompleted();
					return call.join().levels().get(0).allowed();
				}));
			}
			int count = 0;
			for (Future<Boolean> call : allowed) {
				count += call.get(30, TimeUnit.SECONDS) ? 1 : 0;
			}
			assertThat(count).isEqualTo(2);
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void manyThreadsAreAllAnsweredOnce() throws Exception {
		LocalBucketStore buckets = new LocalBucketStore();
		Batches shared = new Batches(new Elsewhere(buckets), PATIENCE, this.clock::set);
		ExecutorService threads = Executors.newFixedThreadPool(16);
		try {
			List<Future<Integer>> callers = new ArrayList<>();
			for (int thread = 0; thread < 16; thread++) {
				callers.add(threads.submit(() -> {
					int allowed = 0;
					for (int i = 0; i < 2_000; i++) {
						List<Level> levels = shared.send(call("key" + i)).get(30, TimeUnit.SECONDS).levels();
						allowed += levels.get(0).allowed() ? 1 : 0;
					}
					return allowed;
				}));
			}
			int allowed = 0;
			for (Future<Integer> caller : callers) {
				allowed += caller.get(30, TimeUnit.SECONDS);
			}
			assertThat(allowed).isEqualTo(2 * 2_000);
		}
		finally {
			threads.shutdownNow();
		}
	}

	private CompletableFuture<BucketStore.Result> send(String key) {
		return this.batches.send(call(key));
	}

	private static Call call(String key) {
		return new Call(Action.TAKE, List.of(take(key)));
	}

	private static Take take(String key) {
		return new Take(key, TWO, 1, false, 2);
	}

	private static Throwable failure(CompletableFuture<?> call) {
		assertThat(call).isCompletedExceptionally();
		return call.handle((value, failure) -> Stages.unwrap(failure)).join();
	}

	/**
	 * A store that decides on another thread.
	 *
	 * @param buckets the buckets
	 */
	private record Elsewhere(BucketStore buckets) implements BucketStore {

		@Override
		public CompletionStage<Answer> decide(List<Call> calls) {
			return CompletableFuture.supplyAsync(() -> this.buckets.decide(calls).toCompletableFuture().join());
		}

		@Override
		public CompletionStage<Void> remove(String key) {
			return this.buckets.remove(key);
		}

	}

	/** A store that throws. */
	private static final class Throwing implements BucketStore {

		@Override
		public CompletableFuture<Answer> decide(List<Call> calls) {
			throw new StackOverflowError("broken");
		}

		@Override
		public CompletableFuture<Void> remove(String key) {
			throw new IllegalStateException("broken");
		}

	}

}
