package dev.weir.embeddedredis;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds ports of 127.0.0.1 on which no process listens.
 * <p>
 * The ports are below the range from which the system takes the local ports of outgoing
 * connections. So a server that restarts finds its port free again, and a client that
 * reconnects to a port on which no process listens never gets connected to itself.
 */
final class FreePort {

	static final String HOST = "127.0.0.1";

	private static final int LOWEST = 20_000;

	private static final int BOUND = 32_000;

	private static final int ATTEMPTS = 1_000;

	private FreePort() {
	}

	/**
	 * Returns a port that was free a moment ago.
	 * @return the port
	 */
	static int find() {
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			int port = ThreadLocalRandom.current().nextInt(LOWEST, BOUND);
			if (isFree(port)) {
				return port;
			}
		}
		throw new EmbeddedRedisException("No free port of " + HOST + " between " + LOWEST + " and " + BOUND);
	}

	private static boolean isFree(int port) {
		try (ServerSocket socket = new ServerSocket()) {
			socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] { 127, 0, 0, 1 }), port));
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

}
