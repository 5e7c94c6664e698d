package dev.weir.embeddedredis;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A server in a JVM of its own, which has a temp directory of its own.
 *
 * @param jvm the other JVM
 * @param directory the work directory of its server
 * @param redis its server
 */
record ForkedServer(Process jvm, WorkDirectory directory, ProcessHandle redis) implements AutoCloseable {

	static ForkedServer start(Path tempDirectory) throws IOException {
		Path java = Path.of(System.getProperty("java.home"), "bin", "java");
		Process jvm = new ProcessBuilder(java.toString(), "-XX:TieredStopAtLevel=1",
				"-Djava.io.tmpdir=" + tempDirectory, "-cp", System.getProperty("java.class.path"),
				ServerMain.class.getName())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		WorkDirectory directory = new WorkDirectory(Path.of(jvm.inputReader().readLine()));
		return new ForkedServer(jvm, directory, directory.server().orElseThrow());
	}

	void killJvm() throws InterruptedException {
		this.jvm.destroyForcibly().waitFor();
	}

	@Override
	public void close() {
		this.jvm.destroyForcibly();
		this.redis.destroyForcibly();
	}

}
