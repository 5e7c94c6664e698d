package dev.weir.benchmark.startup;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import dev.weir.benchmark.run.Benchmark;
import dev.weir.benchmark.run.Result;
import dev.weir.benchmark.run.Suite;

/**
 * Measures the first call of a lock, right after an application has started. The
 * connection and the classes that the call needs may not be there yet.
 */
public final class FirstCallSuite implements Suite {

	private static final int ROUNDS = 5;

	@Override
	public String name() {
		return "first-call";
	}

	@Override
	public void run(Benchmark benchmark, Consumer<Result> results) throws Exception {
		try (TemporaryFolder folder = TemporaryFolder.create()) {
			Path directory = folder.path();
			Map<String, List<Double>> seconds = new LinkedHashMap<>();
			Map<String, GeneratedApplication> applications = CallingApplications.make(directory, Times.classPaths());
			// The first round reads the files into memory and does not count.
			for (int round = 0; round <= ROUNDS; round++) {
				for (Map.Entry<String, GeneratedApplication> contender : applications.entrySet()) {
					double time = firstCall(contender.getValue(), benchmark.redisUri());
					if (round > 0) {
						seconds.computeIfAbsent(contender.getKey(), (added) -> new ArrayList<>()).add(time);
					}
				}
			}
			results.accept(Times.result(name(), seconds));
		}
	}

	private static double firstCall(GeneratedApplication application, String redis) throws Exception {
		try (RunningApplication run = RunningApplication.run(application, "--spring.data.redis.url=" + redis)) {
			return run.figure("FIRST") / 1e9;
		}
	}

}
