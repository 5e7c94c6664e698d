package dev.weir.embeddedredis;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The private directory of one server process:
 * {@code <java.io.tmpdir>/weir-redis-<user>/jvm-<pid>-<start>-<random>}.
 *
 * @param path the path of the directory
 */
record WorkDirectory(Path path) {

	/** The characters that are replaced in the name of the directory of a user. */
	private static final Pattern NO_FILE_NAME = Pattern.compile("[^A-Za-z0-9._-]");

	private static final Logger logger = LoggerFactory.getLogger(WorkDirectory.class);

	private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

	private static final Duration END_LIMIT = Duration.ofSeconds(2);

	private static final Path PROCESSES = Path.of("/proc");

	/** Position of the state in {@code /proc/<pid>/stat}, after the name (proc(5)). */
	private static final int STATE = 0;

	/** Position of the start in {@code /proc/<pid>/stat}, after the name. */
	private static final int START = 19;

	/**
	 * Creates a directory for this JVM, and removes the directories of dead JVMs.
	 * @return the new directory
	 * @throws IOException if it cannot be created
	 */
	static WorkDirectory create() throws IOException {
		Path root = root();
		Path path = Files.createTempDirectory(root, OwnerJvm.current().directoryPrefix());
		WorkDirectory directory = new WorkDirectory(path);
		if (!isPrivate(root, path)) {
			directory.delete();
			throw new EmbeddedRedisException(
					"Other users can write to " + root + " and could replace the executable in it. "
							+ "Delete it, or set java.io.tmpdir to another directory.");
		}
		sweep(root);
		directory.copySupervisor();
		Files.createFile(directory.configuration());
		return directory;
	}

	private static Path root() throws IOException {
		String user = NO_FILE_NAME.matcher(System.getProperty("user.name", "")).replaceAll("_");
		Path root = Path.of(System.getProperty("java.io.tmpdir")).toRealPath().resolve("weir-redis-" + user);
		try {
			return Files.createDirectory(root, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
		}
		catch (FileAlreadyExistsException ex) {
			return root;
		}
	}

	/**
	 * Returns whether only this user can write to the root. All users share the temp
	 * directory, so another user may have created the root. Java cannot name this user as
	 * an owner of files, so the root is compared with a directory that this JVM has just
	 * created.
	 */
	private static boolean isPrivate(Path root, Path ours) throws IOException {
		return Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)
				&& Files.getOwner(root, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(ours))
				&& Files.getPosixFilePermissions(root).equals(OWNER_ONLY);
	}

	/**
	 * Ends the servers and removes the directories whose JVM and whose supervisor have
	 * both been killed.
	 * @param root where the directories are
	 * @throws IOException if they cannot be listed
	 */
	private static void sweep(Path root) throws IOException {
		try (DirectoryStream<Path> paths = Files.newDirectoryStream(root, "jvm-*")) {
			for (Path path : paths) {
				OwnerJvm.parse(path.getFileName().toString()).ifPresent(new WorkDirectory(path)::removeIfAbandoned);
			}
		}
	}

	private void removeIfAbandoned(OwnerJvm owner) {
		if (owner.isAlive()) {
			return;
		}
		Optional<ProcessHandle> server = server();
		if (server.flatMap(ProcessHandle::parent).filter((parent) -> parent.pid() == owner.pid()).isPresent()) {
			// The clock was set after the start of the owner, so the start looks
			// different. But the owner is alive, because it is still the parent of the
			// server.
			return;
		}
		try {
			server.ifPresent(this::end);
			delete();
			logger.info("Removed {}, left by the killed JVM {}", this.path, owner.pid());
		}
		catch (IOException | EmbeddedRedisException ex) {
			logger.warn("Could not remove {}, left by the killed JVM {}", this.path, owner.pid(), ex);
		}
	}

	/**
	 * Returns the server of this directory. Another process that has the recorded id does
	 * not count.
	 * @return the running server, or empty
	 */
	Optional<ProcessHandle> server() {
		return recordedProcess("server.pid");
	}

	/**
	 * Returns the supervisor of this directory.
	 * @return the running supervisor, or empty
	 */
	Optional<ProcessHandle> supervisor() {
		return recordedProcess("supervisor.pid");
	}

	private Optional<ProcessHandle> recordedProcess(String fileName) {
		try {
			String[] recorded = Files.readString(this.path.resolve(fileName)).trim().split(" ");
			String start = (recorded.length > 1) ? recorded[1] : "";
			return ProcessHandle.of(Long.parseLong(recorded[0])).filter((process) -> isOurs(process, start));
		}
		catch (IOException | NumberFormatException ex) {
			// The process was killed before the file was written.
			return Optional.empty();
		}
	}

	private boolean isOurs(ProcessHandle process, String start) {
		if (!Files.exists(PROCESSES.resolve("self"))) {
			return process.info().commandLine().filter((line) -> line.contains(this.path.toString())).isPresent();
		}
		try {
			String stat = Files.readString(PROCESSES.resolve(process.pid() + "/stat"));
			String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
			return !fields[STATE].equals("Z") && fields[START].equals(start);
		}
		catch (IOException ex) {
			// The process has ended.
			return false;
		}
	}

	private void end(ProcessHandle server) {
		server.destroyForcibly();
		// Do not wait for the exit: this takes for ever where the first process of a
		// container does not collect orphans.
		Poll.until(END_LIMIT, () -> "The abandoned redis-server " + server.pid() + " does not end",
				() -> server().isEmpty());
	}

	private void copySupervisor() throws IOException {
		try (InputStream script = Objects.requireNonNull(WorkDirectory.class.getResourceAsStream("supervisor.sh"))) {
			Files.copy(script, supervisorScript());
		}
	}

	Path supervisorScript() {
		return this.path.resolve("supervisor.sh");
	}

	/**
	 * Returns the server's configuration file. The file is empty, because arguments
	 * configure everything, but Sentinel needs a file to write to.
	 * @return the file
	 */
	Path configuration() {
		return this.path.resolve("redis.conf");
	}

	Path log() {
		return this.path.resolve("redis.log");
	}

	/**
	 * Deletes the directory. Its supervisor or another JVM may delete it at the same
	 * time.
	 * @throws IOException if something in it cannot be deleted
	 */
	void delete() throws IOException {
		Files.walkFileTree(this.path, new SimpleFileVisitor<>() {

			@Override
			public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
				Files.deleteIfExists(file);
				return FileVisitResult.CONTINUE;
			}

			@Override
			public FileVisitResult visitFileFailed(Path file, IOException ex) throws IOException {
				if (ex instanceof NoSuchFileException) {
					return FileVisitResult.CONTINUE;
				}
				throw ex;
			}

			@Override
			public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException ex) throws IOException {
				Files.deleteIfExists(directory);
				return FileVisitResult.CONTINUE;
			}

		});
	}

}
