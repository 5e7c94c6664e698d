package dev.weir.embeddedredis;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A server in a JVM of its own, which has a temp directory of its own.
 *
 * @param jvm the other JVM
 * @param directory the work directory of its server
 * @param redis its server
 */
record ForkedServer(Process jvm, WorkDirectory directory, ProcessHandle redis) implements AutoCloseable {

	static ForkedServer start(Path tempDirectory, String... redisArguments) throws IOException {
		Path java = Path.of(System.getProperty("java.home"), "bin", "java");
		List<String> command = new ArrayList<>(
				List.of(java.toString(), "-XX:TieredStopAtLevel=1", "-Djava.io.tmpdir=" + tempDirectory, "-cp",
						System.getProperty("java.class.path"), ServerMain.class.getName()));
		command.addAll(List.of(redisArguments));
		Process jvm = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
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
