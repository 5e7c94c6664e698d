package dev.weir.benchmark.startup;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

import dev.weir.benchmark.run.Benchmark;
import dev.weir.benchmark.run.Result;
import dev.weir.benchmark.run.Suite;

/**
 * Measures the threads, connections, memory and libraries that locks need. The heap is
 * measured at the start, and after 100,000 locks with keys of their own.
 */
public final class FootprintSuite implements Suite {

	private static final String KEYS = "100000";

	@Override
	public String name() {
		return "footprint";
	}

	@Override
	public void run(Benchmark benchmark, Consumer<Result> results) throws Exception {
		try (TemporaryFolder folder = TemporaryFolder.create()) {
			Path directory = folder.path();
			Map<String, Map<String, Long>> figures = new LinkedHashMap<>();
			for (Map.Entry<String, GeneratedApplication> contender : CallingApplications
				.make(directory, Times.classPaths())
				.entrySet()) {
				figures.put(contender.getKey(), measure(contender.getValue(), benchmark));
			}
			results.accept(Result.ofFigures(name(), figures));
		}
	}

	private static Map<String, Long> measure(GeneratedApplication application, Benchmark benchmark) throws Exception {
		Map<String, Long> figures = new LinkedHashMap<>();
		long before = benchmark.redisConnections();
		String redis = "--spring.data.redis.url=" + benchmark.redisUri();
		try (RunningApplication idle = RunningApplication.run(application, redis)) {
			figures.put("threads", idle.figure("THREADS"));
			figures.put("connections", benchmark.redisConnections() - before);
			figures.put("heap (KB)", idle.figure("HEAP"));
		}
		try (RunningApplication used = RunningApplication.run(application, redis, "--keys=" + KEYS)) {
			figures.put("heap after " + KEYS + " keys (KB)", used.figure("HEAP"));
		}
		figures.put("libraries (KB)", size(application));
		return figures;
	}

	private static long size(GeneratedApplication application) throws IOException {
		long bytes = 0;
		for (String entry : Arrays.asList(application.classPath().split(File.pathSeparator))) {
			if (entry.endsWith(".jar")) {
				bytes += Files.size(Path.of(entry));
			}
		}
		return bytes / 1024;
	}

}
