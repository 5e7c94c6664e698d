package dev.weir.sample.load;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import dev.weir.sample.load.Answer.Kind;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the verdict on a load detects all violations.
 */
class LoadTests {

	private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

	@Test
	void detectsWorkThatOverlapsTooMuch() {
		List<Answer> answers = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			answers.add(answer(Kind.BATCH, 200, work(i, 10)));
		}
		answers.add(answer(Kind.BATCH, 200, work(10, 12)));
		assertThat(verdict(answers, 0).violations()).isEmpty();
		answers.add(answer(Kind.BATCH, 200, work(9, 10)));
		assertThat(verdict(answers, 0).violations())
			.containsExactly("4 batches of embeddings at the same time, but the limit is 3");
		answers.clear();
		for (int i = 0; i < 3; i++) {
			answers.add(answer(Kind.UPLOAD, 201, work(i, 10)));
		}
		assertThat(verdict(answers, 0).violations()).containsExactly("3 uploads at the same time, but the limit is 2");
	}

	@Test
	void detectsCallsThatAreAllowedBeyondTheBucket() {
		List<Answer> answers = new ArrayList<>();
		for (int i = 0; i < 35; i++) {
			answers.add(answer(Kind.CHAT, 200, null));
		}
		answers.add(answer(Kind.CHAT, 429, null));
		// Five tokens come back in ten seconds.
		assertThat(verdict(answers, 0).violations()).isEmpty();
		answers.add(answer(Kind.CHAT, 200, null));
		assertThat(verdict(answers, 0).violations()).containsExactly("36 chats of alice, but the limit is 35");
	}

	@Test
	void detectsATextThatIsComputedTwice() {
		Answer computed = new Answer(Kind.EMBEDDING, "alice", Map.of("a", true), 200, Duration.ZERO, null, null);
		Answer cached = new Answer(Kind.EMBEDDING, "alice", Map.of("a", false), 200, Duration.ZERO, null, null);
		assertThat(verdict(List.of(computed, cached), 1).violations()).isEmpty();
		assertThat(verdict(List.of(computed, computed), 1).violations())
			.containsExactly("2 computations of 'a', but the limit is 1");
		assertThat(verdict(List.of(computed, cached), 2).violations())
			.containsExactly("2 computations for 1 texts, but the limit is 1");
		assertThat(verdict(List.of(computed, cached), 0).violations())
			.containsExactly("0 computations for 1 answered texts, but at least 1 are necessary");
	}

	@Test
	void detectsFailures() {
		assertThat(verdict(List.of(answer(Kind.UPLOAD, 503, null), answer(Kind.BATCH, 429, null)), 0).violations())
			.containsExactly("UPLOAD was answered with status 503", "BATCH was answered with status 429");
	}

	@Test
	void detectsAConnectionThatWasCut() {
		assertThat(verdict(List.of(answer(Kind.CHAT, Answer.CUT, null)), 0).violations())
			.containsExactly("CHAT was cut");
	}

	@Test
	void allowsOnlyUnavailableAnswersDuringAnOutageOfRedis() {
		List<Answer> answers = List.of(answer(Kind.UPLOAD, 503, null), answer(Kind.UPLOAD, 500, null));
		assertThat(new Verdict(answers, Duration.ofSeconds(10), 0, true, true).violations())
			.containsExactly("UPLOAD was answered with status 500");
	}

	@Test
	void detectsThatAKnownTextIsComputedAgain() {
		Answer computed = new Answer(Kind.EMBEDDING, "alice", Map.of("a", true), 200, Duration.ZERO, null, null);
		assertThat(new Verdict(List.of(computed), Duration.ofSeconds(10), 1, true, true).violations()).containsExactly(
				"1 computations of 'a', but the limit is 0", "1 computations of known texts, but the limit is 0");
	}

	private static Verdict verdict(List<Answer> answers, long computed) {
		return new Verdict(answers, Duration.ofSeconds(10), computed, false, false);
	}

	private static Answer answer(Kind kind, int status, Work work) {
		return new Answer(kind, "alice", Map.of(), status, Duration.ofMillis(1), (kind != Kind.UPLOAD) ? work : null,
				(kind == Kind.UPLOAD) ? work : null);
	}

	private static Work work(int from, int to) {
		return new Work(START.plusSeconds(from), START.plusSeconds(to));
	}

}
