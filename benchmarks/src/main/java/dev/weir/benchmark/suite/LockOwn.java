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
public final class LockOwn implements TurnsSuite {

	@Override
	public String name() {
		return "lock-own";
	}

	@Override
	public List<Load> loads() {
		return Load.threads(1, 16, 64, 256);
	}

	@Override
	public List<Contender> contenders(Environment environment) {
		return LockContenders.on(GuardContender.OWN_KEYS, environment.weirs(), environment);
	}

}
