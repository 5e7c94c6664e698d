package dev.weir.redis;

import java.util.List;
import java.util.stream.Stream;

import dev.weir.embeddedredis.RedisCluster;
import dev.weir.embeddedredis.RedisSentinel;
import dev.weir.embeddedredis.RedisServer;
import org.jspecify.annotations.Nullable;

/**
 * Where the client of a test finds Redis.
 *
 * @param kind what is there
 * @param addresses host and port of each node
 * @param master the name by which Sentinel knows the master
 * @param user the user, whose password is {@value #PASSWORD}
 * @param connections number of connections of a client that can have several
 */
public record RedisAddress(Kind kind, List<String> addresses, @Nullable String master, @Nullable String user,
		int connections) {

	static final String PASSWORD = "secret";

	private static final int SOME = 64;

	public static RedisAddress of(int port) {
		return new RedisAddress(Kind.SINGLE, List.of("127.0.0.1:" + port), null, null, SOME);
	}

	public static RedisAddress of(String uri) {
		return of(Integer.parseInt(uri.substring(uri.lastIndexOf(':') + 1)));
	}

	public static RedisAddress of(RedisCluster cluster) {
		Stream<RedisServer> nodes = cluster.nodes().stream();
		return new RedisAddress(Kind.CLUSTER, nodes.map(RedisServer::address).toList(), null, null, SOME);
	}

	public static RedisAddress of(RedisSentinel sentinel) {
		return new RedisAddress(Kind.SENTINEL, sentinel.addresses(), sentinel.masterName(), null, SOME);
	}

	RedisAddress as(String user) {
		return new RedisAddress(this.kind, this.addresses, this.master, user, this.connections);
	}

	RedisAddress overOneConnection() {
		return new RedisAddress(this.kind, this.addresses, this.master, this.user, 1);
	}

	/**
	 * What is at an address.
	 */
	public enum Kind {

		/** A server. */
		SINGLE,

		/** The nodes of a cluster. */
		CLUSTER,

		/** The Sentinels of a master. */
		SENTINEL

	}

}
