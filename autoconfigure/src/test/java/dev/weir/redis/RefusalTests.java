package dev.weir.redis;

import java.time.Duration;

import dev.weir.core.StoreUnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.redisson.client.RedisException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the table of {@link Refusal}, with the texts that the versions of Redis send.
 */
class RefusalTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
							MOVED 3999 127.0.0.1:6381 | MOVED | AGAIN
							ASK 3999 127.0.0.1:6381 | ASK | AGAIN
							TRYAGAIN Multiple keys request during rehashing of slot | TRYAGAIN | AGAIN
							NOSCRIPT No matching script. | NOSCRIPT | AGAIN
							LOADING Redis is loading the dataset in memory | LOADING | AWAY
							-LOADING Redis is loading the dataset in memory | LOADING | AWAY
							READONLY You can't write against a read only replica. | READONLY | AWAY
							MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'. | MASTERDOWN | AWAY
							CLUSTERDOWN The cluster is down | CLUSTERDOWN | AWAY
							CLUSTERDOWN Hash slot not served | CLUSTERDOWN | AWAY
							NOREPLICAS Not enough good replicas to write. | NOREPLICAS | AWAY
							BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE. | BUSY | AWAY
							OOM command not allowed when used memory > 'maxmemory'. | OOM | UNAVAILABLE
							ERR Error running script (call to f_0a): @user_script:3: @user_script: 3: -OOM not allowed | OOM | UNAVAILABLE
							@user_script: 193: -READONLY You can't write against a read only replica. | READONLY | AWAY
					@user_script: 183: -NOREPLICAS Not enough good replicas to write. | NOREPLICAS | AWAY
					MISCONF Errors writing to the AOF file: No space left on device | MISCONF | UNAVAILABLE
							NOAUTH Authentication required. | NOAUTH | UNAVAILABLE
							WRONGPASS invalid username-password pair or user is disabled. | WRONGPASS | UNAVAILABLE
							WRONGTYPE Operation against a key holding the wrong kind of value | WRONGTYPE | MISTAKE
							CROSSSLOT Keys in request don't hash to the same slot | CROSSSLOT | MISTAKE
							NOPERM User weir has no permissions to run the 'evalsha' command | NOPERM | MISTAKE
							ERR ACL failure in script: User weir has no permissions | NOPERM | MISTAKE
							""")
	void eachErrorHasOneEffect(String error, Refusal refusal, Refusal.Effect effect) {
		assertThat(Refusal.of(error)).isEqualTo(refusal);
		assertThat(refusal.effect()).isEqualTo(effect);
		RuntimeException translated = RedisFailures.translate(new RedisException(error));
		if (effect == Refusal.Effect.MISTAKE) {
			assertThat(translated).isInstanceOf(IllegalStateException.class);
			return;
		}
		assertThat(translated).isInstanceOfSatisfying(StoreUnavailableException.class, (unavailable) -> {
			assertThat(unavailable.wasAsked()).isFalse();
			assertThat(unavailable).hasMessageContaining(refusal.name());
			assertThat(unavailable.awayFor()).isEqualTo(switch (effect) {
				case AGAIN -> Duration.ZERO;
				case AWAY -> Duration.ofNanos(1);
				default -> StoreUnavailableException.FOREVER;
			});
		});
	}

	@Test
	void tooManyConnectionsAreAnOutage() {
		assertThat(Refusal.of("ERR max number of clients reached")).isEqualTo(Refusal.MAXCLIENTS);
	}

	@Test
	void anyOtherErrorIsNoRefusal() {
		assertThat(Refusal.of("ERR BUSYGROUP Consumer Group name already exists")).isNull();
		assertThat(Refusal.of("ERR value is not an integer or out of range")).isNull();
		assertThat(Refusal.of("Connection refused")).isNull();
	}

}
