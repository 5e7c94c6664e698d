package dev.weir.redis;

import java.net.ConnectException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;

import dev.weir.core.StoreUnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.client.RedisConnectionException;
import org.redisson.client.RedisException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisFailures}.
 */
class RedisFailuresTests {

	@Test
	void translatesATimeoutToUnavailable() {
		assertThat(RedisFailures.translate(new CompletionException(new TimeoutException())))
			.isInstanceOf(StoreUnavailableException.class)
			.hasMessage("Redis did not answer in time");
	}

	@ParameterizedTest
	@ValueSource(strings = {
			"OOM command not allowed. channel: [id: 0x1] command: (EVALSHA), params: [weir:chat:alice]",
			"Unable to acquire connection! Node source: NodeSource [slot=1], command: (EVALSHA), params: [weir:alice]",
			"Unable to write command into connection! command: (GET), params: [weir:chat:alice]" })
	void omitsTheCommandThatRedissonAdds(String message) {
		assertThat(RedisFailures.translate(new RedisConnectionException(message)))
			.isInstanceOf(StoreUnavailableException.class)
			.hasMessageMatching("Redis (refused a call|is not reachable): .*")
			.hasMessageContaining(message.substring(0, 20))
			.hasMessageNotContaining("alice");
	}

	@Test
	void namesTheErrorOfRedisThatAFailedConnectionWraps() {
		Throwable refusal = new RedisException("WRONGPASS invalid username-password pair. channel: [id: 0x1]");
		Throwable wrapped = new RedisConnectionException("Unable to connect to Redis server: 127.0.0.1/127.0.0.1:6379",
				new CompletionException(new IllegalStateException("wrapped", refusal)));
		assertThat(RedisFailures.translate(wrapped)).isInstanceOf(StoreUnavailableException.class)
			.hasMessage("Redis refused a call: WRONGPASS invalid username-password pair");
	}

	@Test
	void namesTheRootCauseIfRedisReturnedNoError() {
		Throwable wrapped = new RedisConnectionException("Unable to connect to Redis server: 127.0.0.1/127.0.0.1:1",
				new CompletionException(new ConnectException("Connection refused: /127.0.0.1:1")));
		assertThat(RedisFailures.translate(wrapped))
			.hasMessage("Redis is not reachable: Connection refused: /127.0.0.1:1");
	}

	@ParameterizedTest
	@ValueSource(strings = { "WRONGTYPE Operation against a key", "ERR invalid cursor", "ERR value is not an integer",
			"ERR user_script:3: attempt to compare nil with number script: 1a2b", "ANYTHING else" })
	void aWrongUseOfRedisIsNoOutage(String error) {
		assertThat(RedisFailures.translate(new RedisException(error + ". channel: [id: 0x1] command: (EVAL)")))
			.isInstanceOf(IllegalStateException.class)
			.hasMessageNotContaining("EVAL");
	}

	@Test
	void aConnectionThatRedisEndsWithAnErrorIsAnOutage() {
		assertThat(RedisFailures.translate(new RedisConnectionException("Unable to connect",
				new RedisException("ERR max number of clients reached"))))
			.isInstanceOf(StoreUnavailableException.class);
		assertThat(RedisFailures
			.translate(new RedisConnectionException("Unable to connect", new RedisException("ERR unknown command"))))
			.isInstanceOf(StoreUnavailableException.class);
	}

}
