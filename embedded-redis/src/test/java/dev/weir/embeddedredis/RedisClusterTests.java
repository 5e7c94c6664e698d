package dev.weir.embeddedredis;

import java.time.Duration;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

@Tag("long")
@Timeout(120)
class RedisClusterTests {

	@Test
	void nodesShareTheSlots() {
		try (RedisCluster cluster = RedisCluster.start()) {
			assertThat(cluster.addresses()).hasSize(3).doesNotHaveDuplicates();
			assertThat(cluster.nodes()).allSatisfy((node) -> assertThat(node.text("CLUSTER", "INFO"))
				.contains("cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:3"));
			IntStream.range(0, 50).mapToObj((number) -> "key" + number).forEach((key) -> {
				RedisServer owner = cluster.nodeOf(key);
				assertThat(owner.command("SET", key, "value")).isEqualTo("OK");
				RedisServer other = cluster.nodes().stream().filter((node) -> node != owner).findAny().orElseThrow();
				assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> other.command("GET", key))
					.withMessageStartingWith("MOVED ")
					.withMessageEndingWith(" " + owner.address());
			});
			assertThat(cluster.nodeOf("{tag}one")).isSameAs(cluster.nodeOf("{tag}two"));
		}
	}

	@Test
	void aRestartedNodeTakesItsSlotsBack() {
		try (RedisCluster cluster = RedisCluster.start()) {
			RedisServer owner = cluster.nodeOf("key");
			RedisServer other = cluster.nodes().stream().filter((node) -> node != owner).findAny().orElseThrow();
			owner.command("SET", "key", "value");
			owner.kill();
			await().atMost(Duration.ofSeconds(30))
				.until(() -> other.text("CLUSTER", "INFO").contains("cluster_state:fail"));
			owner.restart();
			assertThat(other.text("CLUSTER", "INFO")).contains("cluster_state:ok");
			assertThat(owner.command("GET", "key")).isNull();
			assertThat(owner.command("SET", "key", "value")).isEqualTo("OK");
		}
	}

	@Test
	void allNodesCanBeRestarted() {
		try (RedisCluster cluster = RedisCluster.start()) {
			cluster.nodes().forEach(RedisServer::kill);
			cluster.nodes().forEach(RedisServer::restart);
			assertThat(cluster.nodes())
				.allSatisfy((node) -> assertThat(node.text("CLUSTER", "INFO")).contains("cluster_state:ok"));
		}
	}

	@Test
	void closeEndsAll() {
		RedisCluster cluster = RedisCluster.start();
		cluster.close();
		assertThat(cluster.nodes()).noneMatch(RedisServer::isRunning);
	}

}
