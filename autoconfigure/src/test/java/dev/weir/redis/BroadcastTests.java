package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

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
				Broadcast broadcast = new Broadcast(instance.scripts(), "weir:changes", 100, instance.executor())) {
			broadcast.listen(listener((message) -> {
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
			}, (reason) -> {
			}));
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

	@Test
	void dropsMessagesThatAreTooLongOrTooMany() {
		FakeRedisTransport transport = new FakeRedisTransport();
		RedisScripts scripts = new RedisScripts(transport, Duration.ofSeconds(30), Duration.ofSeconds(30), List.of());
		List<Runnable> tasks = new ArrayList<>();
		List<String> received = new ArrayList<>();
		List<String> dropped = new ArrayList<>();
		try (Broadcast broadcast = new Broadcast(scripts, "weir:changes", 10, tasks::add)) {
			broadcast.listen(listener(received::add, dropped::add));
			transport.subscriber.accept("x".repeat(11));
			assertThat(dropped).containsExactly("The message has more than 10 characters");
			assertThat(tasks).isEmpty();
			for (int i = 0; i < Broadcast.MAX_WAITING + 5; i++) {
				transport.subscriber.accept(Integer.toString(i));
			}
			assertThat(dropped).hasSize(6).last().isEqualTo("More than 100 messages arrived at once");
			runAll(tasks);
			assertThat(received).hasSize(Broadcast.MAX_WAITING).first().isEqualTo("0");
			transport.subscriber.accept("later");
			runAll(tasks);
			assertThat(received).last().isEqualTo("later");
		}
	}

	private static void runAll(List<Runnable> tasks) {
		while (!tasks.isEmpty()) {
			tasks.remove(0).run();
		}
	}

	static Broadcast.Listener listener(Consumer<String> received, Consumer<String> dropped) {
		return new Broadcast.Listener() {

			@Override
			public void received(String message) {
				received.accept(message);
			}

			@Override
			public void dropped(String reason) {
				dropped.accept(reason);
			}

		};
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
