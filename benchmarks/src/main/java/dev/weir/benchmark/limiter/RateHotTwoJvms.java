package dev.weir.benchmark.limiter;

import java.util.List;

import dev.weir.benchmark.run.Load;

/**
 * All threads of two JVMs have one bucket. A class of its own, which child JVMs can make.
 */
public final class RateHotTwoJvms extends RateSuite {

	public RateHotTwoJvms() {
		super("rate-hot-2jvm", List.of(new Load(64, 2)), 1, 1, false);
	}

}
