package dev.weir.benchmark.suite;

import java.util.List;

import dev.weir.benchmark.guard.GuardContender;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;

/**
 * Compares semaphores without competition.
 */
public final class SemaphoreFree implements TurnsSuite {

	@Override
	public String name() {
		return "semaphore-free";
	}

	@Override
	public List<Load> loads() {
		return Load.threads(1, 16);
	}

	@Override
	public List<Contender> contenders(Environment environment) {
		return SemaphoreContenders.on(GuardContender.OWN_KEYS, environment.weirs(), environment);
	}

}
