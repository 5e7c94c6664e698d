package dev.weir.benchmark.limiter;

import java.util.List;

import dev.weir.benchmark.run.Load;

/**
 * A suite in which all threads of two JVMs share one bucket. It has its own class, so
 * that child JVMs can create it.
 */
public final class RateHotTwoJvms extends RateSuite {

	public RateHotTwoJvms() {
		super("rate-hot-2jvm", List.of(new Load(64, 2)), 1, 1, false);
	}

}
