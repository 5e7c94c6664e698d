package dev.weir.redis.redisson;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;

import dev.weir.core.StoreUnavailableException;
import org.junit.jupiter.api.Test;
import org.redisson.api.RedissonClient;
import org.redisson.client.RedisResponseTimeoutException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link RedissonTransport}, without a Redis.
 */
class RedissonTransportTests {

	private final Deque<Runnable> connector = new ArrayDeque<>();

	private final Deque<RuntimeException> failures = new ArrayDeque<>();

	private int attempts;

	private final RedissonTransport transport = new RedissonTransport(new RedissonSource() {

		@Override
		public boolean isCluster() {
			return false;
		}

		@Override
		public String location() {
			return "nowhere";
		}

		@Override
		public RedissonClient connect() {
			RedissonTransportTests.this.attempts++;
			if (!RedissonTransportTests.this.failures.isEmpty()) {
				throw RedissonTransportTests.this.failures.remove();
			}
			return mock(RedissonClient.class);
		}

		@Override
		public void close() {
			// There is nothing to close.
		}

	}, Duration.ofSeconds(1), this.connector::add);

	@Test
	void connectsOnceForAllCallers() {
		var first = this.transport.connect().toCompletableFuture();
		var second = this.transport.connect().toCompletableFuture();
		assertThat(first).isNotDone();
		this.connector.remove().run();
		assertThat(this.connector).isEmpty();
		assertThat(first).isCompleted();
		assertThat(second).isCompleted();
		assertThat(this.attempts).isOne();
	}

	@Test
	void connectsAgainAfterAFailure() {
		this.failures.add(new IllegalStateException("Connection refused"));
		var first = this.transport.connect().toCompletableFuture();
		this.connector.remove().run();
		assertThat(first).isCompletedExceptionally();
		var second = this.transport.connect().toCompletableFuture();
		this.connector.remove().run();
		assertThat(second).isCompleted();
		assertThat(this.attempts).isEqualTo(2);
	}

	@Test
	void failsWhenTheConnectorTakesNoTask() {
		RedissonTransport closed = new RedissonTransport(RedissonSource.of(mock(RedissonClient.class)),
				Duration.ofSeconds(1), (task) -> {
					throw new RejectedExecutionException("This application shuts down");
				});
		assertThat(closed.connect().toCompletableFuture()).isCompletedExceptionally();
	}

	@Test
	void translatesATimeoutOfRedissonWithoutItsCommand() {
		RuntimeException redisson = new RedisResponseTimeoutException(
				"Redis server response timeout (300 ms) occurred after 0 of 0 retry attempts, command: (EVALSHA), "
						+ "params: [sha, 2, weir:chat:alice]");
		assertThat(this.transport.translate(new CompletionException(redisson)))
			.isInstanceOf(StoreUnavailableException.class)
			.hasMessage("Redis did not answer in time")
			.hasCause(redisson);
	}

	@Test
	void translatesOtherFailuresAsAllTransportsDo() {
		assertThat(this.transport.translate(new IllegalCallerException("WRONGTYPE Operation against a key")))
			.isInstanceOf(IllegalStateException.class);
	}

}
