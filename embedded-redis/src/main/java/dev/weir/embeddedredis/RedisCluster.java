package dev.weir.embeddedredis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A cluster of three masters without replicas, each with a third of the slots. A node
 * counts as failed after two seconds.
 * <p>
 * Each node can be paused, killed and restarted by itself: a restarted node is empty and
 * takes back its slots. Thread-safe.
 */
public final class RedisCluster implements AutoCloseable {

	private static final int NODES = 3;

	private static final int SLOTS = 16_384;

	private static final Duration LIMIT = Duration.ofSeconds(30);

	private final List<RedisServer> nodes = new ArrayList<>();

	private final Map<RedisServer, String> ids = new ConcurrentHashMap<>();

	private final AtomicInteger epoch = new AtomicInteger();

	private RedisCluster() {
	}

	/**
	 * Starts the nodes and returns when each of them reports {@code cluster_state:ok}.
	 * @return the running cluster
	 * @throws EmbeddedRedisException if a node does not start, or the nodes do not find
	 * each other
	 */
	public static RedisCluster start() {
		RedisCluster cluster = new RedisCluster();
		try {
			for (int i = 0; i < NODES; i++) {
				cluster.nodes.add(RedisServer.start(RedisCluster::arguments, cluster::rejoin));
			}
			cluster.nodes.forEach(cluster::takeSlots);
			RedisServer first = cluster.nodes.get(0);
			cluster.nodes.stream().skip(1).forEach((node) -> meet(first, node));
			cluster.awaitAgreement();
			return cluster;
		}
		catch (RuntimeException ex) {
			cluster.close();
			throw ex;
		}
	}

	private static List<String> arguments() {
		List<String> arguments = new ArrayList<>(List.of("--cluster-enabled", "yes", "--cluster-node-timeout", "2000"));
		if (RedisServer.executable().isRedis7OrLater()) {
			// By default, the nodes communicate over port + 10000, which may be taken.
			arguments.addAll(List.of("--cluster-port", String.valueOf(FreePort.find())));
		}
		return arguments;
	}

	private void takeSlots(RedisServer node) {
		int index = this.nodes.indexOf(node);
		node.command(Stream
			.concat(Stream.of("CLUSTER", "ADDSLOTS"),
					IntStream.range(firstSlot(index), firstSlot(index + 1)).mapToObj(String::valueOf))
			.toArray(String[]::new));
		node.command("CLUSTER", "SET-CONFIG-EPOCH", String.valueOf(this.epoch.incrementAndGet()));
		this.ids.put(node, node.text("CLUSTER", "MYID"));
	}

	private static int firstSlot(int index) {
		return index * SLOTS / NODES;
	}

	private static void meet(RedisServer node, RedisServer other) {
		String port = String.valueOf(other.port());
		if (RedisServer.executable().isRedis7OrLater()) {
			String busPort = String.valueOf(other.list("CONFIG", "GET", "cluster-port").get(1));
			node.command("CLUSTER", "MEET", other.host(), port, busPort);
		}
		else {
			node.command("CLUSTER", "MEET", other.host(), port);
		}
	}

	private void rejoin(RedisServer restarted) {
		String formerId = Objects.requireNonNull(this.ids.get(restarted));
		takeSlots(restarted);
		List<RedisServer> others = this.nodes.stream().filter((node) -> node != restarted && node.isRunning()).toList();
		others.stream()
			.filter((node) -> node.text("CLUSTER", "NODES").contains(formerId))
			.forEach((node) -> node.command("CLUSTER", "FORGET", formerId));
		others.forEach((node) -> meet(node, restarted));
		if (others.size() == NODES - 1) {
			awaitAgreement();
		}
	}

	private void awaitAgreement() {
		for (RedisServer node : this.nodes) {
			Poll.until(LIMIT, () -> node + " does not find the other nodes: " + node.text("CLUSTER", "NODES"), () -> {
				String info = node.text("CLUSTER", "INFO");
				return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:" + NODES + "\r\n");
			});
		}
	}

	/**
	 * Returns the nodes.
	 * @return all three, running or not
	 */
	public List<RedisServer> nodes() {
		return List.copyOf(this.nodes);
	}

	/**
	 * Returns the node that holds the slot of a key.
	 * @param key the key, with or without a {@code {tag}}
	 * @return its node, running or not
	 * @throws EmbeddedRedisException if no node answers
	 */
	public RedisServer nodeOf(String key) {
		RedisServer running = this.nodes.stream()
			.filter(RedisServer::isRunning)
			.findFirst()
			.orElseThrow(() -> new EmbeddedRedisException("No node of the cluster runs"));
		long slot = running.number("CLUSTER", "KEYSLOT", key);
		int index = 0;
		while (firstSlot(index + 1) <= slot) {
			index++;
		}
		return this.nodes.get(index);
	}

	/**
	 * Returns the addresses of the nodes, as {@code spring.data.redis.cluster.nodes}
	 * takes them.
	 * @return {@code 127.0.0.1:<port>} of each
	 */
	public List<String> addresses() {
		return this.nodes.stream().map(RedisServer::address).toList();
	}

	/**
	 * Ends all nodes, running or not. Does nothing when called again.
	 */
	@Override
	public void close() {
		this.nodes.forEach(RedisServer::close);
	}

}
