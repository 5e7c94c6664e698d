package dev.weir.sample;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.header.HeaderWriterFilter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the chat on two instances.
 */
@ExtendWith(Cluster.Extension.class)
class ChatTests {

	private static final Pattern TEXT = Pattern.compile("event:text\ndata:(.*)");

	private final Cluster cluster;

	ChatTests(Cluster cluster) {
		this.cluster = cluster;
	}

	@Test
	void answerIsAStreamOfEventsWithSourcesAndDescription() {
		HttpResponse<String> response = chat(this.cluster.one(), "alice", "Who makes the lithography machines?").join();
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream");
		assertThat(response.body()).startsWith("event:notes\n").contains("event:end\n").contains("No language model");
		assertThat(answer(response)).startsWith("ASML builds the lithography machines that").contains(" [ASML]");
	}

	@Test
	void writesHeadersBeforeAStreamBeginsOnAnotherThread() throws Exception {
		Filter filter = this.cluster.one()
			.context()
			.getBean("securityFilterChain", SecurityFilterChain.class)
			.getFilters()
			.stream()
			.filter(HeaderWriterFilter.class::isInstance)
			.findFirst()
			.orElseThrow();
		List<String> written = new ArrayList<>();
		filter.doFilter(new MockHttpServletRequest(), new MockHttpServletResponse(),
				(request, response) -> written.addAll(((HttpServletResponse) response).getHeaderNames()));
		assertThat(written).contains("X-Content-Type-Options", "Cache-Control");
	}

	@Test
	void doesNotInventAnAnswerThatTheNotesDoNotContain() {
		assertThat(answer(chat(this.cluster.one(), null, "How do I bake an apple pie?").join()))
			.isEqualTo("The notes do not contain an answer.");
	}

	@Test
	void deniesOnlyTheUserWhoAsksThirtyOneQuestionsWithinAMinute() {
		List<CompletableFuture<HttpResponse<String>>> answers = ask("alice", 35);
		assertThat(count(answers, 200)).isBetween(30L, 33L);
		assertThat(answers.stream().filter((answer) -> answer.join().statusCode() == 429)).isNotEmpty()
			.allSatisfy((denied) -> {
				assertThat(denied.join().headers().firstValueAsLong("Retry-After").orElse(-1)).isBetween(1L, 2L);
				assertThat(denied.join().headers().firstValue("Content-Type")).hasValue("application/problem+json");
				assertThat(denied.join().body()).contains("\"violated-policies\":[\"chat:user\"]");
			});
		assertThat(chat(this.cluster.two(), "bob", "chips").join().statusCode()).isEqualTo(200);
	}

	@Test
	void allUsersTogetherMayAskSixtyQuestionsWithinAMinute() {
		long start = System.nanoTime();
		List<CompletableFuture<HttpResponse<String>>> alice = ask("alice", 29);
		List<CompletableFuture<HttpResponse<String>>> bob = ask("bob", 29);
		List<CompletableFuture<HttpResponse<String>>> anonymous = ask(null, 25);
		long allowed = count(alice, 200) + count(bob, 200) + count(anonymous, 200);
		long seconds = 1 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
		assertThat(allowed).isBetween(60L, 60 + seconds);
		assertThat(anonymous.stream().filter((answer) -> answer.join().statusCode() == 429)).isNotEmpty()
			.allSatisfy(
					(denied) -> assertThat(denied.join().body()).contains("\"violated-policies\":[\"chat:stream\"]"));
	}

	@Test
	void rejectsAWrongPassword() {
		assertThat(chat(this.cluster.one(), "mallory", "chips").join().statusCode()).isEqualTo(401);
	}

	private List<CompletableFuture<HttpResponse<String>>> ask(String user, int times) {
		return IntStream.range(0, times).mapToObj((i) -> chat(this.cluster.get(i), user, "chips")).toList();
	}

	private static long count(List<CompletableFuture<HttpResponse<String>>> answers, int status) {
		return answers.stream().filter((answer) -> answer.join().statusCode() == status).count();
	}

	private static CompletableFuture<HttpResponse<String>> chat(Instance instance, String user, String question) {
		return instance.send(user, "/api/chat", "{\"question\": \"" + question + "\"}");
	}

	private static String answer(HttpResponse<String> response) {
		Matcher pieces = TEXT.matcher(response.body());
		return pieces.results()
			.map((piece) -> Instance.json(piece.group(1)).get("text").asString())
			.collect(Collectors.joining());
	}

}
