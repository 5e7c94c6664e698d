package dev.weir.embeddedredis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of redis-server, from its start to its end, with its own directory. If this JVM
 * dies, in any way, the server is ended and the directory deleted. If the server dies,
 * the directory is deleted. See {@code supervisor.sh}.
 * <p>
 * The server is a direct child of this JVM. So this JVM notices its end at once, and the
 * system does not reuse its process id before that.
 */
final class RedisProcess {

	private static final Logger logger = LoggerFactory.getLogger(RedisProcess.class);

	private static final Duration START_LIMIT = Duration.ofSeconds(15);

	private static final int GRACE_SECONDS = 3;

	/**
	 * The texts of EADDRINUSE in glibc and musl, with which the bundled servers are
	 * built.
	 */
	private static final Pattern PORT_TAKEN = Pattern.compile("Address (already )?in use");

	/**
	 * The lines that a server and a Sentinel log once they listen. Redis 7.2 and Valkey
	 * create their pidfile before that.
	 */
	private static final Pattern LISTENING = Pattern.compile("Ready to accept connections|Sentinel ID is");

	/**
	 * The exit value of a shell that may not execute a file, for example in a file system
	 * mounted with {@code noexec}.
	 */
	private static final int NOT_EXECUTABLE = 126;

	/**
	 * Keeps servers reachable whose caller has kept only the port. The garbage collector
	 * must not close the pipe of a server, because the supervisor would take this for the
	 * end of this JVM.
	 */
	private static final Set<RedisProcess> running = ConcurrentHashMap.newKeySet();

	private final WorkDirectory directory;

	private final Process process;

	private volatile boolean paused;

	private RedisProcess(WorkDirectory directory, Process process) {
		this.directory = directory;
		this.process = process;
		running.add(this);
		process.onExit().thenRun(() -> running.remove(this));
	}

	/**
	 * Starts a server and waits until it listens.
	 * @param port the port to listen on
	 * @param arguments further arguments for redis-server
	 * @return the running server
	 * @throws PortTakenException if another process listens on that port
	 * @throws EmbeddedRedisException if the server does not start for another reason
	 */
	static RedisProcess start(int port, List<String> arguments) {
		try {
			RedisExecutable executable = RedisExecutable.selected();
			RedisProcess process = launch(WorkDirectory.create(), executable, port, arguments);
			process.awaitListening(port);
			return process;
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Could not start redis-server: " + ex.getMessage(), ex);
		}
	}

	private static RedisProcess launch(WorkDirectory directory, RedisExecutable executable, int port,
			List<String> arguments) throws IOException {
		try {
			Process process = new ProcessBuilder(command(directory, executable.extract(directory), port, arguments))
				.redirectErrorStream(true)
				.redirectOutput(directory.log().toFile())
				.start();
			return new RedisProcess(directory, process);
		}
		catch (IOException ex) {
			directory.delete();
			throw ex;
		}
	}

	private static List<String> command(WorkDirectory directory, Path executable, int port, List<String> arguments) {
		List<String> command = new ArrayList<>();
		command.addAll(List.of("/bin/sh", directory.supervisorScript().toString(), directory.path().toString()));
		command.addAll(List.of(executable.toString(), directory.configuration().toString()));
		command.addAll(List.of("--port", String.valueOf(port), "--bind", FreePort.HOST, "--protected-mode", "yes"));
		command.addAll(List.of("--save", "", "--appendonly", "no"));
		// Keeps the directory in the command line. The sweep recognizes a server by it
		// where there is no /proc.
		command.addAll(List.of("--set-proc-title", "no"));
		command.addAll(arguments);
		return command;
	}

	private void awaitListening(int port) throws IOException {
		try {
			Poll.until(START_LIMIT, () -> "redis-server did not listen within " + START_LIMIT.toSeconds() + " s",
					() -> !isAlive() || isListening());
			if (!isAlive()) {
				throw startFailure(port);
			}
		}
		catch (RuntimeException | IOException ex) {
			kill();
			throw ex;
		}
	}

	private boolean isListening() {
		try {
			return LISTENING.matcher(Files.readString(this.directory.log(), StandardCharsets.UTF_8)).find();
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Could not read the log of redis-server: " + ex.getMessage(), ex);
		}
	}

	private EmbeddedRedisException startFailure(int port) throws IOException {
		String log = Files.readString(this.directory.log(), StandardCharsets.UTF_8).trim();
		if (PORT_TAKEN.matcher(log).find()) {
			return new PortTakenException("Port " + port + " is taken. " + log);
		}
		int exitValue = this.process.exitValue();
		String cure = (exitValue == NOT_EXECUTABLE) ? "Set java.io.tmpdir to a directory where files may be executed. "
				: "";
		return new EmbeddedRedisException(
				"redis-server ended at once with exit value " + exitValue + ". " + cure + log);
	}

	long pid() {
		return this.process.pid();
	}

	WorkDirectory directory() {
		return this.directory;
	}

	boolean isAlive() {
		return this.process.isAlive();
	}

	void pause() {
		signal("STOP");
		this.paused = true;
	}

	void resume() {
		signal("CONT");
		this.paused = false;
	}

	private void signal(String name) {
		if (!isAlive()) {
			throw new EmbeddedRedisException(
					"redis-server " + pid() + " does not run, so it cannot receive a SIG" + name);
		}
		try {
			// Use the shell's own kill command, because slim images have no other.
			Process kill = new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid()).start();
			if (kill.waitFor() != 0) {
				throw new EmbeddedRedisException("Could not send SIG" + name + " to redis-server " + pid());
			}
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Could not send SIG" + name + " to redis-server " + pid(), ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new EmbeddedRedisException("Interrupted while sending SIG" + name, ex);
		}
	}

	/**
	 * Asks the server to end, and kills it if it does not end.
	 */
	void stop() {
		this.process.destroy();
		// A paused server would receive the signal only when it continues, which never
		// happens.
		if (this.paused || !awaitEnd()) {
			this.process.destroyForcibly();
			awaitEnd();
		}
		deleteDirectory();
	}

	void kill() {
		this.process.destroyForcibly();
		awaitEnd();
		deleteDirectory();
	}

	private boolean awaitEnd() {
		try {
			return this.process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	private void deleteDirectory() {
		try {
			this.directory.delete();
		}
		catch (IOException ex) {
			logger.warn("Could not delete {}", this.directory.path(), ex);
		}
	}

}
