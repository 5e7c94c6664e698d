package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Deadlines}.
 */
class DeadlinesTests {

	private static final Duration TIMEOUT = Duration.ofMillis(200);

	private final List<CompletableFuture<?>> late = new CopyOnWriteArrayList<>();

	private final Deadlines deadlines = new Deadlines(TIMEOUT, (call) -> {
		this.late.add(call);
		call.cancel(false);
	});

	@Test
	void aCallWithoutAnAnswerIsFoundInTime() {
		long start = System.nanoTime();
		CompletableFuture<?> call = new CompletableFuture<>();
		this.deadlines.start(call);
		await().until(() -> !this.late.isEmpty());
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TIMEOUT, TIMEOUT.multipliedBy(3));
		assertThat(this.late).containsExactly(call);
	}

	@Test
	void anAnsweredCallIsNotFoundAndHidesNoOther() {
		CompletableFuture<?> answered = new CompletableFuture<>();
		CompletableFuture<?> first = new CompletableFuture<>();
		CompletableFuture<?> second = new CompletableFuture<>();
		this.deadlines.start(first);
		this.deadlines.start(answered);
		answered.complete(null);
		this.deadlines.start(second);
		await().until(() -> this.late.size() == 2);
		assertThat(this.late).containsExactly(first, second);
	}

	@Test
	void itStartsAgainAfterItHadNothingToDo() {
		for (int i = 0; i < 3; i++) {
			CompletableFuture<?> call = new CompletableFuture<>();
			this.deadlines.start(call);
			await().until(call::isCancelled);
		}
		assertThat(this.late).hasSize(3);
	}

}
