package dev.weir.embeddedredis;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.zip.CRC32;

import org.jspecify.annotations.Nullable;
import redis.embedded.RedisExecProvider;

/**
 * The redis-server that the library {@code org.signal:embedded-redis} contains. The
 * library's own {@link RedisExecProvider} extracts 6 MB at each call, and leaves them in
 * the temp directory when the JVM is killed. This class extracts the server once, into a
 * file named after its content, which all JVMs of the user share.
 */
final class RedisExecutable {

	static final String VERSION = RedisExecProvider.redisVersion;

	private static @Nullable RedisExecutable bundled;

	private final String resource;

	private final String fileName;

	private final int size;

	private RedisExecutable(String resource) throws IOException {
		this.resource = resource;
		byte[] content = read();
		CRC32 checksum = new CRC32();
		checksum.update(content);
		this.fileName = resource + "-" + Long.toHexString(checksum.getValue());
		this.size = content.length;
	}

	/**
	 * Returns the executable for this machine.
	 * @return the executable
	 * @throws IOException if there is none
	 */
	static synchronized RedisExecutable bundled() throws IOException {
		RedisExecutable executable = bundled;
		if (executable == null) {
			executable = new RedisExecutable(
					resource(System.getProperty("os.name", ""), System.getProperty("os.arch", "")));
			bundled = executable;
		}
		return executable;
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
		return "redis-server-" + VERSION + "-" + platform + "-" + architecture;
	}

	/**
	 * Returns the executable as a file.
	 * @param directory a work directory, in which the file is written, so that no process
	 * sees it before it is complete
	 * @return the file, which is not deleted
	 * @throws IOException if it cannot be written
	 */
	Path extract(WorkDirectory directory) throws IOException {
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
