package dev.weir.benchmark.startup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.springframework.util.FileSystemUtils;

/**
 * A folder that exists until it is closed.
 *
 * @param path the folder
 */
record TemporaryFolder(Path path) implements AutoCloseable {

	static TemporaryFolder create() throws IOException {
		return new TemporaryFolder(Files.createTempDirectory("weir-benchmark"));
	}

	@Override
	public void close() throws IOException {
		FileSystemUtils.deleteRecursively(this.path);
	}

}
