package dev.weir.redis.redisson;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.connection.ConnectionManager;
import org.redisson.connection.MasterSlaveEntry;

/**
 * Finds the master of a key in the routing table of the client, which has no public API.
 * Thread-safe.
 */
final class Routes {

	private final @Nullable ConnectionManager connections;

	private final Map<InetSocketAddress, String> names = new ConcurrentHashMap<>();

	/**
	 * Creates routes.
	 * @param redisson the client; if the application has wrapped it, all keys have the
	 * same route
	 */
	Routes(RedissonClient redisson) {
		this.connections = (redisson instanceof Redisson client) ? client.getCommandExecutor().getConnectionManager()
				: null;
	}

	/**
	 * Returns the master of a key.
	 * @param key the key
	 * @return its address, {@code null} if no master has the slot now
	 */
	@Nullable String master(String key) {
		if (this.connections == null) {
			return "cluster";
		}
		MasterSlaveEntry master = this.connections.getEntry(this.connections.calcSlot(key));
		return (master != null) ? name(master.getClient().getAddr()) : null;
	}

	private String name(InetSocketAddress address) {
		String known = this.names.get(address);
		return (known != null) ? known
				: this.names.computeIfAbsent(address, (added) -> added.getHostString() + ":" + added.getPort());
	}

}
