package dev.weir.benchmark.suite;

import java.util.List;

import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;

/**
 * One lock that all threads of a JVM want.
 */
public final class LockHot implements TurnsSuite {

	@Override
	public String name() {
		return "lock-hot";
	}

	@Override
	public List<Load> loads() {
		return List.of(new Load(16, 1));
	}

	@Override
	public List<Contender> contenders(Environment environment) {
		return LockContenders.on(1, environment);
	}

}
