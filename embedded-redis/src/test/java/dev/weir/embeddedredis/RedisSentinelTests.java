package dev.weir.embeddedredis;

import java.time.Duration;
import java.util.List;

import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

@Timeout(120)
class RedisSentinelTests {

	private static final Duration LIMIT = Duration.ofSeconds(40);

	@Test
	void theReplicaFollowsTheMaster() {
		try (RedisSentinel set = RedisSentinel.start()) {
			assertThat(set.masterName()).isEqualTo("mymaster");
			assertThat(set.addresses()).hasSize(3).doesNotHaveDuplicates();
			set.master().command("SET", "key", "value");
			await().atMost(LIMIT).until(() -> "value".equals(set.replica().command("GET", "key")));
			for (RedisServer sentinel : set.sentinels()) {
				assertThat(sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"))
					.isEqualTo(List.of("127.0.0.1", String.valueOf(set.master().port())));
			}
		}
	}

	@Test
	void theReplicaTakesOverFromAKilledMaster() {
		try (RedisSentinel set = RedisSentinel.start()) {
			RedisServer master = set.master();
			RedisServer replica = set.replica();
			master.command("SET", "key", "value");
			await().atMost(LIMIT).until(() -> "value".equals(replica.command("GET", "key")));
			master.kill();
			await().atMost(LIMIT).until(() -> set.master() == replica);
			assertThat(replica.command("GET", "key")).isEqualTo("value");
			assertThat(replica.command("SET", "key", "changed")).isEqualTo("OK");
			master.restart();
			awaitReplica().until(() -> "changed".equals(master.command("GET", "key")));
			assertThat(set.master()).isSameAs(replica);
			assertThat(set.replica()).isSameAs(master);
		}
	}

	@Test
	void theReplicaTakesOverFromAPausedMaster() {
		try (RedisSentinel set = RedisSentinel.start()) {
			RedisServer master = set.master();
			master.pause();
			await().atMost(LIMIT).until(() -> set.master() != master);
			master.resume();
			awaitReplica().until(() -> master.text("INFO", "replication").contains("role:slave"));
		}
	}

	@Test
	void aRestartedSentinelWatchesAgain() {
		try (RedisSentinel set = RedisSentinel.start()) {
			set.sentinels().get(0).kill();
			assertThat(set.master().command("PING")).isEqualTo("PONG");
			set.sentinels().get(0).restart();
			set.sentinels().get(1).kill();
			set.sentinels().get(2).kill();
			assertThat(set.master().text("INFO", "replication")).contains("role:master");
		}
	}

	@Test
	void closeEndsAll() {
		RedisSentinel set = RedisSentinel.start();
		RedisServer master = set.master();
		RedisServer replica = set.replica();
		set.close();
		assertThat(set.sentinels()).noneMatch(RedisServer::isRunning);
		assertThat(List.of(master, replica)).noneMatch(RedisServer::isRunning);
		set.close();
	}

	private static ConditionFactory awaitReplica() {
		// Sentinel ends the connections of a master that it makes a replica.
		return await().atMost(LIMIT).ignoreExceptionsInstanceOf(EmbeddedRedisException.class);
	}

}
