package dev.weir.sample;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.context.support.GenericApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests answers of the chat that run while the instance stops.
 */
@Timeout(60)
class ChatShutdownTests {

	@Test
	void anAnswerThatIsTooLongEndsWithAFailureForTheClient() throws Exception {
		try (StubProvider provider = new StubProvider()) {
			Instance instance = Instance.start(provider.properties("sample.chat.shutdown-grace=500ms",
					"spring.lifecycle.timeout-per-shutdown-phase=20s"));
			CompletableFuture<HttpResponse<String>> answer = instance.send("alice", "/api/chat",
					"{\"question\": \"endless\"}");
			await().atMost(20, TimeUnit.SECONDS).until(() -> provider.streams() > 0);
			try (GenericApplicationContext child = new GenericApplicationContext()) {
				child.setParent(instance.context());
				child.refresh();
			}
			long start = System.nanoTime();
			instance.close();
			assertThat(answer.get(1, TimeUnit.SECONDS).body()).contains("event:text")
				.contains("event:failure")
				.doesNotContain("event:end");
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(400),
					Duration.ofSeconds(10));
			assertThat(provider.closed().tryAcquire(20, TimeUnit.SECONDS)).isTrue();
		}
	}

}
