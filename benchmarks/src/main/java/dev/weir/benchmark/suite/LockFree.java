package dev.weir.benchmark.suite;

import java.util.List;

import dev.weir.benchmark.guard.GuardContender;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;

/**
 * Compares locks without competition. Each thread has its own lock.
 */
public final class LockFree implements TurnsSuite {

	@Override
	public String name() {
		return "lock-free";
	}

	@Override
	public List<Load> loads() {
		return List.of(new Load(1, 1), new Load(16, 1));
	}

	@Override
	public List<Contender> contenders(Environment environment) {
		return LockContenders.on(GuardContender.OWN_KEYS, environment);
	}

}
