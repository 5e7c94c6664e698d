package dev.weir.redis;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Broadcast}.
 */
@Timeout(60)
class BroadcastTests {

	@Test
	void processesMessagesInTheOrderOfRedisEvenIfOneIsSlowOrFails() {
		List<String> received = new CopyOnWriteArrayList<>();
		CountDownLatch overtaken = new CountDownLatch(1);
		try (TestRedis redis = new TestRedis();
				TestRedis.Instance instance = redis.connect();
				Broadcast broadcast = new Broadcast(instance.scripts(), "weir:changes", instance.executor())) {
			broadcast.listen((message) -> {
				if (message.equals("slow")) {
					waitFor(overtaken);
				}
				received.add(message);
				if (message.equals("fast")) {
					overtaken.countDown();
				}
				if (message.equals("slow")) {
					throw new IllegalStateException("cannot be taken over");
				}
			});
			await().until(() -> broadcast.publish("hello").toCompletableFuture().get(20, TimeUnit.SECONDS) == 1);
			await().until(() -> received.contains("hello"));
			received.clear();
			// Redis has the first message before the second one is sent, because each may
			// use another connection.
			broadcast.publish("slow").toCompletableFuture().join();
			broadcast.publish("fast").toCompletableFuture().join();
			await().until(() -> received.size() == 2);
			assertThat(received).containsExactly("slow", "fast");
		}
	}

	private static void waitFor(CountDownLatch overtaken) {
		try {
			overtaken.await(300, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
