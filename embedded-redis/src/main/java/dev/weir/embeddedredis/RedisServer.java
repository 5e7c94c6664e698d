package dev.weir.embeddedredis;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real redis-server on a free port of 127.0.0.1, empty at its start and without
 * persistence. The server runs until {@link #close()}, or until this JVM ends in any way,
 * and leaves nothing behind. For tests and demonstrations only: the bundled server lacks
 * later security fixes.
 * <p>
 * The address never changes; {@link #kill()} and {@link #restart()} change the process
 * behind it. Thread-safe.
 */
public final class RedisServer implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(RedisServer.class);

	private static final Duration READ_TIMEOUT = Duration.ofSeconds(10);

	private static final int PORT_ATTEMPTS = 10;

	private final int port;

	private final List<String> arguments;

	private final Consumer<RedisServer> onRestart;

	private volatile RedisProcess process;

	private boolean closed;

	private RedisServer(int port, List<String> arguments, Consumer<RedisServer> onRestart) {
		this.port = port;
		this.arguments = arguments;
		this.onRestart = onRestart;
		this.process = startProcess();
	}

	/**
	 * Starts a server and returns when clients can connect to it.
	 * @param redisArguments further arguments for redis-server as on its command line,
	 * for example {@code "--requirepass", "secret"}. They must not change the port, the
	 * address or the files.
	 * @return the running server
	 * @throws EmbeddedRedisException if it does not start, or if there is no server for
	 * this system: Windows has none
	 */
	public static RedisServer start(String... redisArguments) {
		List<String> arguments = List.of(redisArguments);
		return start(() -> arguments, (server) -> {
		});
	}

	/**
	 * Starts a server.
	 * @param arguments supplies further arguments, once more for each attempt after a
	 * port was taken
	 * @param onRestart the action after each restart
	 * @return the running server
	 */
	static RedisServer start(Supplier<List<String>> arguments, Consumer<RedisServer> onRestart) {
		for (int attempt = 1;; attempt++) {
			try {
				return new RedisServer(FreePort.find(), arguments.get(), onRestart);
			}
			catch (PortTakenException ex) {
				if (attempt == PORT_ATTEMPTS) {
					throw ex;
				}
			}
		}
	}

	private RedisProcess startProcess() {
		RedisProcess started = RedisProcess.start(this.port, this.arguments);
		logger.info("Redis {} listens on {}:{}, process {}", executable().version(), host(), this.port, started.pid());
		return started;
	}

	/**
	 * Returns the executable of all servers.
	 * @return the executable
	 */
	static RedisExecutable executable() {
		try {
			return RedisExecutable.selected();
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Could not find redis-server: " + ex.getMessage(), ex);
		}
	}

	/**
	 * Returns the address that the server is bound to.
	 * @return always {@code 127.0.0.1}
	 */
	public String host() {
		return FreePort.HOST;
	}

	/**
	 * Returns the port, which stays the same over restarts.
	 * @return the port
	 */
	public int port() {
		return this.port;
	}

	/**
	 * Returns the address as it is written in lists of nodes.
	 * @return {@code 127.0.0.1:<port>}
	 */
	public String address() {
		return host() + ":" + this.port;
	}

	/**
	 * Returns the address as Redis clients take it, without a password.
	 * @return {@code redis://127.0.0.1:<port>}
	 */
	public String uri() {
		return "redis://" + address();
	}

	/**
	 * Returns the id of the running process, or of the last one.
	 * @return the process id
	 */
	public long pid() {
		return this.process.pid();
	}

	/**
	 * Returns whether the process is alive. A paused process is alive.
	 * @return whether it is alive
	 */
	public boolean isRunning() {
		return this.process.isAlive();
	}

	/**
	 * Pauses the process (SIGSTOP): connections stay open, and the server does not answer
	 * until {@link #resume()}.
	 * @throws EmbeddedRedisException if the process does not run
	 */
	public synchronized void pause() {
		this.process.pause();
	}

	/**
	 * Continues a paused process (SIGCONT).
	 * @throws EmbeddedRedisException if the process does not run
	 */
	public synchronized void resume() {
		this.process.resume();
	}

	/**
	 * Kills the process (SIGKILL), and nothing else. Does nothing if the process does not
	 * run.
	 */
	public synchronized void kill() {
		this.process.kill();
	}

	/**
	 * Ends the process if it runs, paused or not, and starts an empty server on the same
	 * port.
	 * @throws EmbeddedRedisException if the server does not start
	 * @throws IllegalStateException if this server is closed
	 */
	public synchronized void restart() {
		if (this.closed) {
			throw new IllegalStateException("Redis on " + address() + " is closed");
		}
		this.process.stop();
		this.process = startProcess();
		this.onRestart.accept(this);
	}

	/**
	 * Ends the process and deletes its files. Does nothing when called again.
	 */
	@Override
	public synchronized void close() {
		this.closed = true;
		this.process.stop();
	}

	/**
	 * Sends a command, independent of any client library. Each call has a connection of
	 * its own, so {@code SELECT}, {@code MULTI} and {@code WAIT} have no effect.
	 * @param command the command and its arguments
	 * @return a {@link String}, a {@link Long}, a {@link List} of these, or {@code null}
	 * for nil
	 * @throws EmbeddedRedisException if the server answers with an error, or does not
	 * answer within 10 seconds
	 */
	public @Nullable Object command(String... command) {
		try (RespConnection connection = new RespConnection(this.port, READ_TIMEOUT)) {
			int password = this.arguments.indexOf("--requirepass") + 1;
			if (password > 0) {
				connection.call("AUTH", this.arguments.get(password));
			}
			return connection.call(command);
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Redis on " + address() + " does not answer " + command[0], ex);
		}
	}

	/**
	 * Sends a command that answers with text, for example {@code INFO commandstats}.
	 * @param command the command and its arguments
	 * @return the text
	 * @throws EmbeddedRedisException as {@link #command(String...)}, and if the reply is
	 * not text
	 */
	public String text(String... command) {
		if (command(command) instanceof String text) {
			return text;
		}
		throw new EmbeddedRedisException("The reply to " + String.join(" ", command) + " is not text");
	}

	/**
	 * Sends a command that answers with a number, for example {@code DBSIZE}.
	 * @param command the command and its arguments
	 * @return the number
	 * @throws EmbeddedRedisException as {@link #command(String...)}, and if the reply is
	 * not a number
	 */
	public long number(String... command) {
		if (command(command) instanceof Long number) {
			return number;
		}
		throw new EmbeddedRedisException("The reply to " + String.join(" ", command) + " is not a number");
	}

	/**
	 * Sends a command that answers with a list, for example {@code CONFIG GET save}.
	 * @param command the command and its arguments
	 * @return the list
	 * @throws EmbeddedRedisException as {@link #command(String...)}, and if the reply is
	 * not a list
	 */
	public List<?> list(String... command) {
		if (command(command) instanceof List<?> list) {
			return list;
		}
		throw new EmbeddedRedisException("The reply to " + String.join(" ", command) + " is not a list");
	}

	/**
	 * Returns the directory of the running process, or of the last one.
	 * @return the directory, which may be gone
	 */
	WorkDirectory directory() {
		return this.process.directory();
	}

	@Override
	public String toString() {
		return "Redis on " + address();
	}

}
