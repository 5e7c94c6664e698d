package dev.weir.benchmark.suite;

import java.util.List;

import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;

/**
 * Compares locks for which all threads of two JVMs compete.
 */
public final class LockHotTwoJvms implements TurnsSuite {

	@Override
	public String name() {
		return "lock-hot-2jvm";
	}

	@Override
	public List<Load> loads() {
		return List.of(new Load(16, 2));
	}

	@Override
	public List<Contender> contenders(Environment environment) {
		return LockContenders.on(1, environment.ownWeirs(), environment);
	}

}
