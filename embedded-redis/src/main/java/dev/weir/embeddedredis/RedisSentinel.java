package dev.weir.embeddedredis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A master, its replica, and three sentinels of which two must agree. They take half a
 * second to declare the master down, and fail over within some seconds.
 * <p>
 * Each member can be paused, killed and restarted by itself: a restarted data server is
 * empty and follows the current master, a restarted sentinel watches the master again.
 * Thread-safe.
 */
public final class RedisSentinel implements AutoCloseable {

	private static final String MASTER_NAME = "mymaster";

	private static final int DATA_SERVERS = 2;

	private static final int SENTINELS = 3;

	private static final String QUORUM = "2";

	private static final Duration LIMIT = Duration.ofSeconds(30);

	private final List<RedisServer> dataServers = new ArrayList<>();

	private final List<RedisServer> sentinels = new ArrayList<>();

	private RedisSentinel() {
	}

	/**
	 * Starts all five servers and returns when each sentinel knows all the others.
	 * @return the running set
	 * @throws EmbeddedRedisException if a server does not start, or the servers do not
	 * find each other
	 */
	public static RedisSentinel start() {
		RedisSentinel set = new RedisSentinel();
		try {
			set.startDataServers();
			set.startSentinels();
			return set;
		}
		catch (RuntimeException ex) {
			set.close();
			throw ex;
		}
	}

	private void startDataServers() {
		// Otherwise a master waits five seconds for more replicas before it serves the
		// first one.
		List<String> arguments = List.of("--repl-diskless-sync-delay", "0");
		for (int i = 0; i < DATA_SERVERS; i++) {
			this.dataServers.add(RedisServer.start(() -> arguments, this::followMaster));
		}
		RedisServer master = this.dataServers.get(0);
		RedisServer replica = this.dataServers.get(1);
		replicate(replica, master);
		Poll.until(LIMIT, () -> replica + " does not replicate " + master,
				() -> replica.text("INFO", "replication").contains("master_link_status:up"));
	}

	private void startSentinels() {
		RedisServer master = this.dataServers.get(0);
		for (int i = 0; i < SENTINELS; i++) {
			this.sentinels.add(RedisServer.start(() -> List.of("--sentinel"), (sentinel) -> watch(sentinel, master())));
		}
		this.sentinels.forEach((sentinel) -> watch(sentinel, master));
		for (RedisServer sentinel : this.sentinels) {
			Poll.until(LIMIT, () -> "Sentinel " + sentinel.address() + " does not find the other servers",
					() -> seesAll(sentinel));
		}
	}

	private static void replicate(RedisServer replica, RedisServer master) {
		replica.command("REPLICAOF", master.host(), String.valueOf(master.port()));
	}

	private void followMaster(RedisServer restarted) {
		RedisServer master = master();
		if (master != restarted) {
			replicate(restarted, master);
		}
	}

	private static void watch(RedisServer sentinel, RedisServer master) {
		// By default, sentinels announce themselves every two seconds, and distrust their
		// clock for thirty seconds after a pause. Five ping periods must be longer than a
		// second: while its master is down, a replica is asked for its state once per
		// second. It is not promoted if that answer is older than five ping periods.
		if (RedisServer.executable().isRedis7OrLater()) {
			sentinel.command("SENTINEL", "DEBUG", "PING-PERIOD", "500", "ASK-PERIOD", "200", "INFO-PERIOD", "500",
					"PUBLISH-PERIOD", "200", "TILT-PERIOD", "2000");
		}
		sentinel.command("SENTINEL", "MONITOR", MASTER_NAME, master.host(), String.valueOf(master.port()), QUORUM);
		// An election without a winner is repeated after twice the failover timeout.
		sentinel.command("SENTINEL", "SET", MASTER_NAME, "down-after-milliseconds", "1000", "failover-timeout", "2000");
	}

	private static boolean seesAll(RedisServer sentinel) {
		List<?> master = sentinel.list("SENTINEL", "MASTER", MASTER_NAME);
		return String.valueOf(DATA_SERVERS - 1).equals(valueOf(master, "num-slaves"))
				&& String.valueOf(SENTINELS - 1).equals(valueOf(master, "num-other-sentinels"))
				&& "master".equals(valueOf(master, "flags"));
	}

	private static Object valueOf(List<?> namesAndValues, String name) {
		return namesAndValues.get(namesAndValues.indexOf(name) + 1);
	}

	/**
	 * Returns the name under which the sentinels know the master.
	 * @return always {@code mymaster}
	 */
	public String masterName() {
		return MASTER_NAME;
	}

	/**
	 * Returns the server that is the master now, as the first running sentinel sees it.
	 * It may be down.
	 * @return the master
	 * @throws EmbeddedRedisException if no sentinel answers and no data server reports
	 * that it is the master
	 */
	public RedisServer master() {
		return this.sentinels.stream()
			.flatMap(this::masterSeenBy)
			.findFirst()
			.or(() -> this.dataServers.stream().filter(RedisSentinel::callsItselfMaster).findFirst())
			.orElseThrow(() -> new EmbeddedRedisException("No sentinel runs, and no data server is a master"));
	}

	/**
	 * Returns the data server that is not the master now. It may be down.
	 * @return the replica
	 * @throws EmbeddedRedisException as {@link #master()}
	 */
	public RedisServer replica() {
		RedisServer master = master();
		return (master != this.dataServers.get(0)) ? this.dataServers.get(0) : this.dataServers.get(1);
	}

	private Stream<RedisServer> masterSeenBy(RedisServer sentinel) {
		if (!sentinel.isRunning()) {
			return Stream.empty();
		}
		// A sentinel that has just restarted replies with nil.
		Object address = sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME);
		return this.dataServers.stream()
			.filter((server) -> List.of(server.host(), String.valueOf(server.port())).equals(address));
	}

	private static boolean callsItselfMaster(RedisServer server) {
		return server.isRunning() && server.text("INFO", "replication").contains("role:master");
	}

	/**
	 * Returns the sentinels.
	 * @return all three, running or not
	 */
	public List<RedisServer> sentinels() {
		return List.copyOf(this.sentinels);
	}

	/**
	 * Returns the addresses of the sentinels, as {@code spring.data.redis.sentinel.nodes}
	 * takes them.
	 * @return {@code 127.0.0.1:<port>} of each
	 */
	public List<String> addresses() {
		return this.sentinels.stream().map(RedisServer::address).toList();
	}

	/**
	 * Ends all five servers, running or not. Does nothing when called again.
	 */
	@Override
	public void close() {
		this.sentinels.forEach(RedisServer::close);
		this.dataServers.forEach(RedisServer::close);
	}

}
