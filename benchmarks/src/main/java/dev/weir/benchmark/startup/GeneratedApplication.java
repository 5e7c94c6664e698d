package dev.weir.benchmark.startup;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import javax.tools.ToolProvider;

/**
 * A web application with generated beans. Each bean has its own class, as in a real
 * application, because Spring caches metadata by class.
 *
 * @param classPath the class path of the application
 */
record GeneratedApplication(String classPath) {

	private static final Pattern READY = Pattern.compile("process running for ([0-9.]+)\\)");

	/** Annotations of the guarded methods, used in turn. */
	private static final List<String> GUARDS = List.of(
			"@dev.weir.annotation.DistributedLock(name = \"lock%1$d\", key = \"#id\", timeout = \"10s\")",
			"@dev.weir.annotation.Semaphore(name = \"permit%1$d\", limit = 3)",
			"@dev.weir.annotation.RateLimited(name = \"limit%1$d\", limit = 60, key = \"#id\")",
			"@dev.weir.annotation.DistributedLock(\"plain%1$d\")");

	/**
	 * Generates and compiles an application.
	 * @param directory the directory for its files
	 * @param libraries the libraries of the application
	 * @param beans the number of beans, each with four methods
	 * @param guarded the number of guarded methods
	 * @return the application
	 * @throws IOException if the files cannot be written
	 */
	static GeneratedApplication make(Path directory, List<Path> libraries, int beans, int guarded) throws IOException {
		Map<String, String> sources = new LinkedHashMap<>();
		sources.put("Application", """
				package app;

				@org.springframework.boot.autoconfigure.SpringBootApplication
				public class Application {

					public static void main(String[] args) {
						org.springframework.boot.SpringApplication.run(Application.class, args).close();
					}

				}
				""");
		int left = guarded;
		for (int i = 0; i < beans; i++) {
			int here = Math.min(left, (guarded + beans - 1) / Math.max(1, beans));
			sources.put("Bean" + i, bean(i, here));
			left -= here;
		}
		return compile(directory, libraries, sources);
	}

	/**
	 * Compiles an application whose main class is {@code app.Application}.
	 * @param directory the directory for its files
	 * @param libraries the libraries of the application
	 * @param sources the sources by the name of the class, all of the package {@code app}
	 * @return the application
	 * @throws IOException if the files cannot be written
	 */
	static GeneratedApplication compile(Path directory, List<Path> libraries, Map<String, String> sources)
			throws IOException {
		Path folder = Files.createDirectories(directory.resolve("app"));
		String path = libraries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
		List<String> arguments = new ArrayList<>(
				List.of("-parameters", "-nowarn", "-proc:none", "-d", directory.toString(), "-cp", path));
		for (Map.Entry<String, String> source : sources.entrySet()) {
			arguments.add(Files.writeString(folder.resolve(source.getKey() + ".java"), source.getValue()).toString());
		}
		if (ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)) != 0) {
			throw new IllegalStateException("The generated application does not compile");
		}
		return new GeneratedApplication(directory + File.pathSeparator + path);
	}

	private static String bean(int number, int guarded) {
		StringBuilder text = new StringBuilder("package app;\n\n@org.springframework.stereotype.Service\n");
		text.append("public class Bean").append(number).append(" {\n");
		for (int i = 0; i < 4; i++) {
			if (i < guarded) {
				text.append(GUARDS.get((number + i) % GUARDS.size()).formatted(number * 4 + i)).append('\n');
			}
			text.append("public String method").append(i).append("(String id) { return id; }\n");
		}
		return text.append("}\n").toString();
	}

	/**
	 * Starts the application, which closes itself when it is ready.
	 * @return the seconds from the start of the JVM until the application was ready
	 * @throws IOException if the application cannot be started
	 * @throws InterruptedException if the thread is interrupted
	 */
	double start() throws IOException, InterruptedException {
		Process process = process();
		String output = new String(process.getInputStream().readAllBytes());
		process.waitFor();
		Matcher ready = READY.matcher(output);
		if (!ready.find()) {
			throw new IllegalStateException("The application did not start: " + output);
		}
		return Double.parseDouble(ready.group(1));
	}

	/**
	 * Starts the application.
	 * @param arguments further arguments
	 * @return the process
	 * @throws IOException if the application cannot be started
	 */
	Process process(String... arguments) throws IOException {
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", this.classPath,
				"app.Application", "--server.port=0", "--server.address=127.0.0.1", "--spring.main.banner-mode=off"));
		command.addAll(List.of(arguments));
		return new ProcessBuilder(command).redirectErrorStream(true).start();
	}

}
