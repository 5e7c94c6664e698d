package dev.weir.benchmark.startup;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import dev.weir.application.ClassPaths;
import dev.weir.benchmark.run.ContenderResult;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.Result;

/**
 * Results of what an application does only once. The 50th percentile is the median of the
 * starts, the others are the longest.
 */
final class Times {

	private Times() {
	}

	static ClassPaths classPaths() throws IOException, URISyntaxException {
		Path classes = Path.of(Times.class.getProtectionDomain().getCodeSource().getLocation().toURI());
		return ClassPaths.read(classes.resolve(Path.of("..", "..", "..")).normalize());
	}

	static Result result(String suite, Map<String, List<Double>> secondsByContender) {
		return Result.of(suite, new Load(1, 1),
				secondsByContender.entrySet()
					.stream()
					.map((entry) -> result(entry.getKey(), entry.getValue()))
					.toList());
	}

	private static ContenderResult result(String name, List<Double> seconds) {
		List<Double> sorted = seconds.stream().sorted().toList();
		double median = sorted.get(sorted.size() / 2);
		double longest = sorted.get(sorted.size() - 1);
		return new ContenderResult(name, perSecond(median), median * 1e6, longest * 1e6, longest * 1e6, longest * 1e6,
				0, 0, perSecond(longest), perSecond(sorted.get(0)), List.of(1.0));
	}

	private static double perSecond(double seconds) {
		return ContenderResult.rounded(1 / seconds, 3);
	}

}
