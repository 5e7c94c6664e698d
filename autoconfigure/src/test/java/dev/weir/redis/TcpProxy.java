package dev.weir.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Proxy between a client and Redis that can drop answers, as a network does that breaks
 * at the wrong moment. Redis receives and executes the commands, and the client gets no
 * answer.
 */
public final class TcpProxy implements AutoCloseable {

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final Set<Socket> broken = ConcurrentHashMap.newKeySet();

	private final ServerSocket listener;

	private final int target;

	private volatile boolean swallowing;

	private volatile CountDownLatch held = new CountDownLatch(0);

	private TcpProxy(ServerSocket listener, int target) {
		this.listener = listener;
		this.target = target;
	}

	/**
	 * Starts a proxy on a free port of 127.0.0.1.
	 * @param target the port of the server on 127.0.0.1
	 * @return the proxy
	 */
	public static TcpProxy start(int target) throws IOException {
		return start(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
	}

	/**
	 * Starts a proxy on a socket.
	 * @param listener the socket; closed together with the proxy
	 * @param target the port of the server on 127.0.0.1
	 * @return the proxy
	 */
	public static TcpProxy start(ServerSocket listener, int target) {
		TcpProxy proxy = new TcpProxy(listener, target);
		proxy.threads.execute(proxy::accept);
		return proxy;
	}

	public int port() {
		return this.listener.getLocalPort();
	}

	/**
	 * Drops all answers from now on.
	 */
	public void swallowAnswers() {
		this.swallowing = true;
	}

	/**
	 * Holds all commands from now on, as a slow network does.
	 */
	public void holdQuestions() {
		this.held = new CountDownLatch(1);
	}

	/**
	 * Forwards the commands that were held, in their order.
	 */
	public void letQuestionsGo() {
		this.held.countDown();
	}

	/**
	 * Drops no more answers, and breaks the connections that lack some.
	 */
	public void breakWhatLacksAnswers() throws IOException {
		this.swallowing = false;
		for (Socket socket : this.broken) {
			socket.close();
			this.broken.remove(socket);
		}
	}

	private void accept() {
		try {
			while (true) {
				Socket client = this.listener.accept();
				Socket server = new Socket(InetAddress.getLoopbackAddress(), this.target);
				server.setTcpNoDelay(true);
				client.setTcpNoDelay(true);
				this.threads.execute(() -> pump(client, server, false));
				this.threads.execute(() -> pump(server, client, true));
			}
		}
		catch (IOException ex) {
			// closed
		}
	}

	private void pump(Socket from, Socket to, boolean answers) {
		try (from; to) {
			InputStream in = from.getInputStream();
			OutputStream out = to.getOutputStream();
			byte[] buffer = new byte[8192];
			for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
				if (answers && this.swallowing) {
					this.broken.add(to);
				}
				if (!answers) {
					this.held.await();
				}
				if (!answers || !this.broken.contains(to)) {
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
			this.broken.remove(to);
		}
	}

	@Override
	public void close() throws IOException {
		this.listener.close();
		this.threads.shutdownNow();
	}

}
