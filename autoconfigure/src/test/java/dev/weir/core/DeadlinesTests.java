package dev.weir.core;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.lease.engine.Durations;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Deadlines}.
 */
class DeadlinesTests {

	private static final Duration TIMEOUT = Duration.ofMillis(200);

	private final List<CompletableFuture<?>> late = new CopyOnWriteArrayList<>();

	private final CompletableFuture<?> answered = new CompletableFuture<>();

	private final Deadlines deadlines = new Deadlines(TIMEOUT, (call) -> {
		this.late.add(call);
		this.answered.complete(null);
		call.cancel(false);
	});

	@Test
	void aCallWithoutAnAnswerIsFoundInTime() throws Exception {
		Duration goodEnough = TIMEOUT.multipliedBy(2);
		assertThat(Durations.best(goodEnough, () -> {
			CompletableFuture<?> call = new CompletableFuture<>();
			Duration time = Durations.of(() -> {
				this.deadlines.start(call);
				assertThat(call).failsWithin(Duration.ofSeconds(20));
			});
			assertThat(time).isGreaterThanOrEqualTo(TIMEOUT);
			assertThat(this.late).last().isSameAs(call);
			return time;
		})).isLessThan(goodEnough);
	}

	@Test
	void anAnsweredCallIsNotFoundAndHidesNoOther() {
		CompletableFuture<?> first = new CompletableFuture<>();
		CompletableFuture<?> second = new CompletableFuture<>();
		this.deadlines.start(first);
		// This call is answered when the first one is found, before it is checked itself.
		this.deadlines.start(this.answered);
		this.deadlines.start(second);
		await().until(() -> this.late.size() >= 2);
		assertThat(this.late).containsExactly(first, second);
	}

	@Test
	void startsAgainAfterItHadNothingToDo() {
		for (int i = 0; i < 3; i++) {
			CompletableFuture<?> call = new CompletableFuture<>();
			this.deadlines.start(call);
			await().until(call::isCancelled);
		}
		assertThat(this.late).hasSize(3);
	}

	@Test
	void goesOnAfterAnError() {
		AtomicInteger found = new AtomicInteger();
		Deadlines failing = new Deadlines(TIMEOUT, (call) -> {
			found.incrementAndGet();
			throw new NoSuchMethodError("expected");
		});
		failing.start(new CompletableFuture<>());
		failing.start(new CompletableFuture<>());
		await().until(() -> found.get() == 2);
		failing.start(new CompletableFuture<>());
		await().until(() -> found.get() == 3);
	}

}
