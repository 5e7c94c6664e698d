package dev.weir.benchmark.startup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import dev.weir.application.ClassPaths;
import dev.weir.benchmark.run.Benchmark;
import dev.weir.benchmark.run.Result;
import dev.weir.benchmark.run.Suite;

/**
 * Measures the time from the start of a JVM until a web application is ready. The suite
 * compares applications without Redis, with {@code spring-boot-starter-data-redis}, and
 * with Weir. Each application is measured without beans of its own, and with 300 beans,
 * of which Weir guards 500 methods. No application connects to Redis.
 */
public final class StartupSuite implements Suite {

	private static final int ROUNDS = 5;

	private static final int BEANS = 300;

	private static final int GUARDED_METHODS = 500;

	@Override
	public String name() {
		return "startup";
	}

	@Override
	public void run(Benchmark benchmark, Consumer<Result> results) throws Exception {
		ClassPaths paths = Times.classPaths();
		List<Path> web = paths.of(List.of("spring-boot-starter-webmvc"));
		List<Path> dataRedis = paths.of(List.of("spring-boot-starter-webmvc", "spring-boot-starter-data-redis"));
		try (TemporaryFolder folder = TemporaryFolder.create()) {
			Path directory = folder.path();
			for (int beans : List.of(0, BEANS)) {
				Map<String, GeneratedApplication> contenders = new LinkedHashMap<>();
				contenders.put("web", GeneratedApplication.make(directory.resolve("web" + beans), web, beans, 0));
				contenders.put("data-redis",
						GeneratedApplication.make(directory.resolve("data-redis" + beans), dataRedis, beans, 0));
				contenders.put("weir", GeneratedApplication.make(directory.resolve("weir" + beans), paths.withWeir(web),
						beans, (beans > 0) ? GUARDED_METHODS : 0));
				results.accept(measure("startup-" + beans + "-beans", contenders));
			}
		}
	}

	private static Result measure(String name, Map<String, GeneratedApplication> contenders)
			throws IOException, InterruptedException {
		Map<String, List<Double>> seconds = new LinkedHashMap<>();
		// The first round reads the files into memory and does not count.
		for (int round = 0; round <= ROUNDS; round++) {
			for (Map.Entry<String, GeneratedApplication> contender : contenders.entrySet()) {
				double time = contender.getValue().start();
				if (round > 0) {
					seconds.computeIfAbsent(contender.getKey(), (added) -> new ArrayList<>()).add(time);
				}
			}
		}
		return Times.result(name, seconds);
	}

}
