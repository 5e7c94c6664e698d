package dev.weir.embeddedredis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Proxy between clients and a server on 127.0.0.1 that can break as a network does: it
 * drops, holds, delays or cuts. Without a fault, it forwards everything. Thread-safe.
 */
public final class FaultyNetwork implements AutoCloseable {

	private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "faulty-network");
		thread.setDaemon(true);
		return thread;
	});

	private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

	private final ServerSocket listener;

	private final int target;

	private volatile boolean dropsAnswers;

	private volatile CountDownLatch held = new CountDownLatch(0);

	private volatile Duration delay = Duration.ZERO;

	private FaultyNetwork(ServerSocket listener, int target) {
		this.listener = listener;
		this.target = target;
	}

	/**
	 * Starts a proxy on a free port of 127.0.0.1.
	 * @param target the port of the server on 127.0.0.1
	 * @return the proxy
	 * @throws IOException if there is no free port
	 */
	public static FaultyNetwork start(int target) throws IOException {
		return start(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
	}

	/**
	 * Starts a proxy on a socket.
	 * @param listener the socket; closed together with the proxy
	 * @param target the port of the server on 127.0.0.1
	 * @return the proxy
	 */
	public static FaultyNetwork start(ServerSocket listener, int target) {
		FaultyNetwork network = new FaultyNetwork(listener, target);
		network.threads.execute(network::accept);
		return network;
	}

	/**
	 * Returns the port to which clients connect.
	 * @return the port on 127.0.0.1
	 */
	public int port() {
		return this.listener.getLocalPort();
	}

	/**
	 * Drops all answers from now on. The server receives and executes the commands.
	 */
	public void dropAnswers() {
		this.dropsAnswers = true;
	}

	/**
	 * Drops no more answers, and cuts the connections that lack some.
	 */
	public void cutWhatLacksAnswers() {
		this.dropsAnswers = false;
		this.connections.stream().filter((connection) -> connection.lacksAnswers).forEach(Connection::close);
	}

	/**
	 * Drops all packets of the present connections from now on, without closing them, as
	 * a firewall or a load balancer does that has forgotten them. New connections work.
	 */
	public void dropPresentConnections() {
		this.connections.forEach((connection) -> connection.dead = true);
	}

	/**
	 * Holds all commands from now on.
	 */
	public void holdCommands() {
		this.held = new CountDownLatch(1);
	}

	/**
	 * Forwards the commands that were held, in their order.
	 */
	public void letCommandsGo() {
		this.held.countDown();
	}

	/**
	 * Delays each command from now on.
	 * @param time the delay, zero for none
	 */
	public void delayCommands(Duration time) {
		this.delay = time;
	}

	/**
	 * Cuts all connections. New connections work.
	 */
	public void cut() {
		this.connections.forEach(Connection::close);
	}

	private void accept() {
		try {
			while (true) {
				connect(this.listener.accept());
			}
		}
		catch (IOException ex) {
			// closed
		}
	}

	private void connect(Socket client) throws IOException {
		Socket server;
		try {
			server = new Socket(InetAddress.getLoopbackAddress(), this.target);
		}
		catch (IOException ex) {
			// The server is down, and the client learns it in this way.
			client.close();
			return;
		}
		Connection connection = new Connection(client, server);
		this.connections.add(connection);
		this.threads.execute(() -> pump(connection, client, server, false));
		this.threads.execute(() -> pump(connection, server, client, true));
	}

	private void pump(Connection connection, Socket from, Socket to, boolean answers) {
		try (from; to) {
			from.setTcpNoDelay(true);
			InputStream in = from.getInputStream();
			OutputStream out = to.getOutputStream();
			byte[] buffer = new byte[8192];
			for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
				if (answers) {
					connection.lacksAnswers |= this.dropsAnswers;
				}
				else {
					this.held.await();
					Thread.sleep(this.delay.toMillis());
				}
				if (!connection.dead && !(answers && connection.lacksAnswers)) {
					out.write(buffer, 0, n);
					out.flush();
				}
			}
		}
		catch (IOException ex) {
			// One side was closed, so close the other side.
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt(); // closed
		}
		finally {
			this.connections.remove(connection);
		}
	}

	@Override
	public void close() throws IOException {
		this.listener.close();
		this.threads.shutdownNow();
		cut();
	}

	/**
	 * One connection of a client.
	 */
	private static final class Connection {

		private final Socket client;

		private final Socket server;

		private volatile boolean lacksAnswers;

		private volatile boolean dead;

		private Connection(Socket client, Socket server) {
			this.client = client;
			this.server = server;
		}

		private void close() {
			try (this.client; this.server) {
				this.lacksAnswers = true;
			}
			catch (IOException ex) {
				// It is closed already.
			}
		}

	}

}
