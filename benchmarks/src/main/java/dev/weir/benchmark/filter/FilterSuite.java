package dev.weir.benchmark.filter;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import dev.weir.benchmark.run.Benchmark;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.JmhRun;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.Result;
import dev.weir.benchmark.run.Suite;
import dev.weir.benchmark.run.TurnsSuite;

/**
 * Compares HTTP requests to an MVC application without Weir, with Weir and no limit for
 * the request, and with Weir and a limit. The bucket of this limit is in the same JVM.
 * JMH also measures the filter alone, with no limit for the request.
 */
public final class FilterSuite implements Suite {

	@Override
	public String name() {
		return "filter";
	}

	@Override
	public void run(Benchmark benchmark, Consumer<Result> results) throws Exception {
		for (int mappings : List.of(10, 1000)) {
			new Mappings(mappings).run(benchmark, results);
			results.accept(new JmhRun(FilteredRequest.class, List.of(FilteredRequest.EMPTY, FilteredRequest.WEIR),
					Map.of("mappings", Integer.toString(mappings)), 1)
				.run("filter-alone-" + mappings, benchmark.schedule()));
		}
	}

	/**
	 * The suite for an application with a given number of mappings.
	 *
	 * @param number the number of mappings
	 */
	private record Mappings(int number) implements TurnsSuite {

		@Override
		public String name() {
			return "filter-" + this.number;
		}

		@Override
		public List<Load> loads() {
			return List.of(new Load(1, 1));
		}

		@Override
		public List<Contender> contenders(Environment environment) {
			String unlimited = "/api/things" + this.number / 2 + "/1";
			return List.of(new RequestContender("without", 0, false, this.number, unlimited, false, environment),
					new RequestContender("weir-unconcerned", 1, true, this.number, unlimited, false, environment),
					new RequestContender("weir-limited", 2, true, this.number, "/api/limited/1", true, environment));
		}

	}

}
