package dev.weir.redis;

import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;

import dev.weir.lease.StoreUnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.client.RedisConnectionException;
import org.redisson.client.RedisException;
import org.redisson.client.RedisResponseTimeoutException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisFailures}.
 */
class RedisFailuresTests {

	@Test
	void noAnswerInTimeIsSaidInFewWordsWhoeverNoticesIt() {
		RuntimeException redisson = new RedisResponseTimeoutException(
				"Redis server response timeout (300 ms) occurred after 0 of 0 retry attempts, command: (EVALSHA), "
						+ "params: [sha, 2, weir:chat:alice]");
		assertThat(RedisFailures.translate(redisson)).isInstanceOf(StoreUnavailableException.class)
			.hasMessage("Redis did not answer in time")
			.hasCause(redisson);
		assertThat(RedisFailures.translate(new CompletionException(new TimeoutException())))
			.isInstanceOf(StoreUnavailableException.class)
			.hasMessage("Redis did not answer in time");
	}

	@ParameterizedTest
	@ValueSource(strings = {
			"OOM command not allowed. channel: [id: 0x1] command: (EVALSHA), params: [weir:chat:alice]",
			"Unable to acquire connection! Node source: NodeSource [slot=1], command: (EVALSHA), params: [weir:alice]",
			"Unable to write command into connection! command: (GET), params: [weir:chat:alice]" })
	void whatRedissonAddsOfTheCommandIsLeftOut(String message) {
		assertThat(RedisFailures.translate(new RedisConnectionException(message)))
			.isInstanceOf(StoreUnavailableException.class)
			.hasMessageStartingWith("Redis gave no usable answer: " + message.substring(0, 20))
			.hasMessageNotContaining("alice");
	}

	@Test
	void aWrongUseOfRedisIsNoOutage() {
		assertThat(RedisFailures.translate(new RedisException("WRONGTYPE Operation against a key")))
			.isInstanceOf(IllegalStateException.class);
	}

}
