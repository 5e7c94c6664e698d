package dev.weir.embeddedredis;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

import org.jspecify.annotations.Nullable;
import redis.embedded.RedisExecProvider;

/**
 * The server that this JVM starts: the redis-server that the library
 * {@code org.signal:embedded-redis} contains, or an installed server that the system
 * property {@value #SERVER_PROPERTY} names.
 * <p>
 * The library's own {@link RedisExecProvider} extracts 6 MB at each call, and leaves them
 * in the temp directory when the JVM is killed. This class extracts the server once, into
 * a file named after its content, which all JVMs of the user share.
 */
final class RedisExecutable {

	/** The path of another server, such as redis-server or valkey-server. */
	static final String SERVER_PROPERTY = "embedded-redis.server";

	private static final Pattern VERSION = Pattern.compile("v=((\\d+)\\.\\S+)");

	private static final Duration VERSION_LIMIT = Duration.ofSeconds(10);

	private static @Nullable RedisExecutable selected;

	private final String version;

	/** Where the installed server is, {@code null} for the server of the library. */
	private final @Nullable Path installed;

	private final String resource;

	private final String fileName;

	private final int size;

	private RedisExecutable(String version, Path installed) {
		this.version = version;
		this.installed = installed;
		this.resource = "";
		this.fileName = "";
		this.size = 0;
	}

	private RedisExecutable(String resource) throws IOException {
		this.version = RedisExecProvider.redisVersion;
		this.installed = null;
		this.resource = resource;
		byte[] content = read();
		CRC32 checksum = new CRC32();
		checksum.update(content);
		this.fileName = resource + "-" + Long.toHexString(checksum.getValue());
		this.size = content.length;
	}

	/**
	 * Returns the executable for this JVM.
	 * @return the executable
	 * @throws IOException if it cannot be executed
	 */
	static synchronized RedisExecutable selected() throws IOException {
		RedisExecutable executable = selected;
		if (executable == null) {
			String path = System.getProperty(SERVER_PROPERTY, "");
			executable = path.isEmpty()
					? new RedisExecutable(
							resource(System.getProperty("os.name", ""), System.getProperty("os.arch", "")))
					: installed(Path.of(path));
			selected = executable;
		}
		return executable;
	}

	/**
	 * Uses an installed server.
	 * @param path its path
	 * @return the executable
	 * @throws IOException if it cannot be executed
	 */
	static RedisExecutable installed(Path path) throws IOException {
		Process process = new ProcessBuilder(path.toString(), "--version").redirectErrorStream(true).start();
		String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		Poll.until(VERSION_LIMIT, () -> path + " --version does not end", () -> !process.isAlive());
		Matcher version = VERSION.matcher(text);
		if (!version.find()) {
			throw new EmbeddedRedisException("The system property '" + SERVER_PROPERTY + "' names " + path
					+ ", which is neither a redis-server nor a valkey-server: " + text.trim());
		}
		return new RedisExecutable(version.group(1), path);
	}

	String version() {
		return this.version;
	}

	/**
	 * Returns whether the server has what Redis 7 has added: a port of its own for the
	 * bus of a cluster, and periods of Sentinel that can be changed.
	 * @return {@code false} for Redis 6.2
	 */
	boolean isRedis7OrLater() {
		return Integer.parseInt(this.version.substring(0, this.version.indexOf('.'))) >= 7;
	}

	static String resource(String osName, String osArch) {
		String os = osName.toLowerCase(Locale.ROOT);
		if (os.startsWith("windows")) {
			throw new EmbeddedRedisException(
					"There is no embedded Redis for Windows: start a Redis yourself, for example "
							+ "in WSL or Docker, and set spring.data.redis.url.");
		}
		String platform = (os.startsWith("mac") ? "darwin" : "linux");
		String architecture = switch (osArch.toLowerCase(Locale.ROOT)) {
			case "amd64", "x86_64" -> "amd64";
			case "aarch64", "arm64" -> "arm64";
			case "x86", "i386", "i486", "i586", "i686" -> "386";
			default -> osArch;
		};
		return "redis-server-" + RedisExecProvider.redisVersion + "-" + platform + "-" + architecture;
	}

	/**
	 * Returns the executable as a file.
	 * @param directory a work directory, in which the file is written, so that no process
	 * sees it before it is complete
	 * @return the file, which is not deleted
	 * @throws IOException if it cannot be written
	 */
	Path extract(WorkDirectory directory) throws IOException {
		if (this.installed != null) {
			return this.installed;
		}
		Path file = directory.path().resolveSibling(this.fileName);
		if (!Files.isExecutable(file) || Files.size(file) != this.size) {
			Path unfinished = Files.createFile(directory.path().resolve(this.fileName),
					PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
			Files.write(unfinished, read());
			Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
		}
		return file;
	}

	private byte[] read() throws IOException {
		try (InputStream in = RedisExecProvider.class.getResourceAsStream("/" + this.resource)) {
			if (in == null) {
				throw new FileNotFoundException("There is no embedded Redis for this machine, because there is no file "
						+ this.resource + ": start a Redis yourself, and set spring.data.redis.url.");
			}
			return in.readAllBytes();
		}
	}

}
