package dev.weir.benchmark;

import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

import dev.weir.benchmark.annotation.AnnotationSuite;
import dev.weir.benchmark.filter.FilterSuite;
import dev.weir.benchmark.limiter.RateHotTwoJvms;
import dev.weir.benchmark.limiter.RateInstances;
import dev.weir.benchmark.limiter.RateSuite;
import dev.weir.benchmark.run.Benchmark;
import dev.weir.benchmark.run.Result;
import dev.weir.benchmark.run.Schedule;
import dev.weir.benchmark.run.Suite;
import dev.weir.benchmark.startup.FirstCallSuite;
import dev.weir.benchmark.startup.FootprintSuite;
import dev.weir.benchmark.startup.StartupSuite;
import dev.weir.benchmark.suite.Growth;
import dev.weir.benchmark.suite.Limit;
import dev.weir.benchmark.suite.LockHot;
import dev.weir.benchmark.suite.LockHotTwoJvms;
import dev.weir.benchmark.suite.LockOwn;
import dev.weir.benchmark.suite.SemaphoreFree;
import dev.weir.benchmark.suite.SemaphoreHot;
import dev.weir.benchmark.transaction.TransactionSuite;
import io.lettuce.core.RedisClient;
import org.redisson.Redisson;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.integration.redis.util.RedisLockRegistry;

/**
 * Runs suites, prints their results, and writes them to a file.
 */
public final class BenchmarkMain {

	static final List<Suite> SUITES = List.of(new Limit(), new LockOwn(), new LockHot(), new LockHotTwoJvms(),
			new SemaphoreFree(), new SemaphoreHot(), RateSuite.own(), RateSuite.hot(), new RateHotTwoJvms(),
			RateSuite.denied(), RateSuite.twoLimits(), new RateInstances(), new TransactionSuite(),
			new AnnotationSuite(), new FilterSuite(), new StartupSuite(), new FirstCallSuite(), new FootprintSuite(),
			Growth.keys(), Growth.waiters(), Growth.instances(), Growth.limits());

	private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

	private BenchmarkMain() {
	}

	/**
	 * Runs the benchmark.
	 * @param args {@code [suite …] [--seconds N] [--json FILE]}
	 */
	public static void main(String[] args) {
		// Some clients leave threads running after they are closed.
		System.exit(run(args, System.out));
	}

	static int run(String[] args, PrintStream out) {
		try {
			Arguments arguments = Arguments.parse(args, SUITES);
			try (Benchmark benchmark = new Benchmark(Schedule.of(arguments.measured()))) {
				run(arguments, benchmark, out);
			}
			return 0;
		}
		catch (IllegalArgumentException ex) {
			out.println(ex.getMessage());
			return 2;
		}
		catch (Exception ex) {
			out.println("FAILED: " + ex.getMessage());
			return 1;
		}
	}

	static void run(Arguments arguments, Benchmark benchmark, PrintStream out) throws Exception {
		out.printf(
				"Java %s, %d processors (load %.1f), Redis %s, Redisson %s, Lettuce %s, Spring Integration %s; "
						+ "%d s per contender%n",
				Runtime.version(), Runtime.getRuntime().availableProcessors(),
				ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(), benchmark.redisVersion(),
				version(Redisson.class), version(RedisClient.class), version(RedisLockRegistry.class),
				arguments.measured().toSeconds());
		List<Result> results = new ArrayList<>();
		for (Suite suite : arguments.suites()) {
			suite.run(benchmark, (result) -> {
				results.add(result);
				out.print(ResultTable.of(result));
			});
		}
		if (arguments.json() != null) {
			JSON.writeValue(arguments.json(), results);
		}
	}

	private static String version(Class<?> type) {
		String version = type.getPackage().getImplementationVersion();
		return (version != null) ? version : "(unknown)";
	}

}
