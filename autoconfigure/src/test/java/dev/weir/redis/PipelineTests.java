package dev.weir.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Pipeline}, on a transport whose answers the test gives.
 */
@Timeout(60)
class PipelineTests {

	private static final LuaScript<Long> SCRIPT = LuaScript.number("ping");

	private final List<List<PendingCall<?>>> batches = new ArrayList<>();

	private final Pipeline pipeline = new Pipeline(this.batches::add);

	@Test
	void aLoneCallLeavesAtOnce() {
		PendingCall<Long> call = send("a");
		assertThat(this.batches).containsExactly(List.of(call));
	}

	@Test
	void callsLeaveOneByOneWhileFewBatchesAreOnTheirWay() {
		fill();
		assertThat(this.batches).hasSize(Pipeline.MAX_ON_WAY).allSatisfy((batch) -> assertThat(batch).hasSize(1));
	}

	@Test
	void callsThatMeetLeaveTogetherInTheirOrderWhenABatchIsOver() {
		List<PendingCall<Long>> first = fill();
		List<PendingCall<Long>> later = List.of(send("a"), send("b"), send("c"));
		assertThat(this.batches).hasSize(Pipeline.MAX_ON_WAY);
		answer(first.get(2));
		assertThat(this.batches).hasSize(Pipeline.MAX_ON_WAY + 1);
		assertThat(this.batches.get(Pipeline.MAX_ON_WAY)).isEqualTo(later);
	}

	@Test
	void aBatchIsOverWhenEachOfItsCallsIs() {
		List<PendingCall<Long>> first = fill();
		List<PendingCall<Long>> together = List.of(send("a"), send("b"));
		answer(first.get(0));
		PendingCall<Long> waits = send("c");
		answer(together.get(0));
		assertThat(this.batches).hasSize(Pipeline.MAX_ON_WAY + 1);
		answer(together.get(1));
		assertThat(this.batches).last().isEqualTo(List.of(waits));
	}

	@Test
	void theFailureOfACallHarmsNoOther() {
		List<PendingCall<Long>> first = fill();
		List<PendingCall<Long>> together = List.of(send("a"), send("b"), send("c"));
		answer(first.get(0));
		together.get(1).answer().completeExceptionally(new IllegalCallerException("WRONGTYPE"));
		assertThat(together.get(0).isOver()).isFalse();
		assertThat(together.get(2).isOver()).isFalse();
	}

	@Test
	void aCallWhoseTimeIsOverBeforeItLeavesIsNotSent() {
		List<PendingCall<Long>> first = fill();
		PendingCall<Long> late = send("late");
		PendingCall<Long> intime = send("in time");
		late.answer().completeExceptionally(new IllegalCallerException("timed out"));
		answer(first.get(0));
		assertThat(this.batches).last().isEqualTo(List.of(intime));
	}

	@Test
	void aMasterThatDoesNotAnswerHoldsNothingUpForLongerThanTheTimeOfOneCall() {
		List<PendingCall<Long>> silent = fill();
		PendingCall<Long> next = send("next");
		silent.forEach((call) -> call.answer().completeExceptionally(new IllegalCallerException("timed out")));
		assertThat(this.batches).last().isEqualTo(List.of(next));
		answer(next);
		send("one more");
		assertThat(this.batches).hasSize(Pipeline.MAX_ON_WAY + 2);
	}

	@Test
	void aBatchHasABoundedSize() {
		List<PendingCall<Long>> first = fill();
		List<PendingCall<Long>> calls = IntStream.range(0, 2 * Pipeline.MAX_BATCH + 1)
			.mapToObj((number) -> send("" + number))
			.toList();
		first.forEach(PipelineTests::answer);
		List<List<PendingCall<?>>> sent = this.batches.subList(Pipeline.MAX_ON_WAY, this.batches.size());
		assertThat(sent).extracting(List::size).containsExactly(Pipeline.MAX_BATCH, Pipeline.MAX_BATCH, 1);
		assertThat(sent.stream().flatMap(List::stream).toList()).isEqualTo(calls);
	}

	@Test
	void aTransportThatThrowsFailsTheCallsOfItsBatchOnly() {
		AtomicInteger attempts = new AtomicInteger();
		Pipeline throwing = new Pipeline((batch) -> {
			if (attempts.incrementAndGet() == 1) {
				throw new IllegalCallerException("The client is closed");
			}
			this.batches.add(batch);
		});
		PendingCall<Long> failed = call("failed");
		throwing.send(failed);
		assertThat(failed.reply()).isCompletedExceptionally();
		PendingCall<Long> next = call("next");
		throwing.send(next);
		assertThat(this.batches).containsExactly(List.of(next));
	}

	@Test
	void noCallOfManyThreadsIsLostOrSentTwice() throws Exception {
		int threads = 16;
		int calls = 5000;
		LinkedBlockingQueue<PendingCall<?>> sent = new LinkedBlockingQueue<>();
		AtomicInteger received = new AtomicInteger();
		Pipeline busy = new Pipeline(sent::addAll);
		ExecutorService executor = Executors.newCachedThreadPool();
		CountDownLatch start = new CountDownLatch(1);
		try {
			Future<?> redis = executor.submit(() -> {
				while (received.get() < threads * calls) {
					PendingCall<?> next = sent.poll(20, TimeUnit.SECONDS);
					received.incrementAndGet();
					assertThat(next).isNotNull();
					assertThat(next.isOver()).isFalse();
					next.answer().complete(null);
				}
				return null;
			});
			List<Future<?>> callers = new ArrayList<>();
			for (int thread = 0; thread < threads; thread++) {
				callers.add(executor.submit(() -> {
					start.await();
					for (int i = 0; i < calls; i++) {
						PendingCall<Long> call = call("" + i);
						busy.send(call);
						if (i % 10 == 0) {
							call.answer().get(20, TimeUnit.SECONDS);
						}
					}
					return null;
				}));
			}
			start.countDown();
			for (Future<?> caller : callers) {
				caller.get(40, TimeUnit.SECONDS);
			}
			redis.get(40, TimeUnit.SECONDS);
			assertThat(received).hasValue(threads * calls);
			assertThat(sent).isEmpty();
		}
		finally {
			executor.shutdownNow();
		}
	}

	/**
	 * Sends as many calls as can be on their way.
	 */
	private List<PendingCall<Long>> fill() {
		return IntStream.range(0, Pipeline.MAX_ON_WAY).mapToObj((number) -> send("fill" + number)).toList();
	}

	private PendingCall<Long> send(String key) {
		PendingCall<Long> call = call(key);
		this.pipeline.send(call);
		return call;
	}

	private static PendingCall<Long> call(String key) {
		return new PendingCall<>(ScriptCall.of(SCRIPT, List.of(key)), new CompletableFuture<>(),
				new CompletableFuture<>());
	}

	private static void answer(PendingCall<Long> call) {
		call.answer().complete(1L);
	}

}
