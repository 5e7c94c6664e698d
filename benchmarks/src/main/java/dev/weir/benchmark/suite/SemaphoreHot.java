package dev.weir.benchmark.suite;

import java.util.List;

import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;

/**
 * Compares semaphores for which all threads of a JVM compete.
 */
public final class SemaphoreHot implements TurnsSuite {

	@Override
	public String name() {
		return "semaphore-hot";
	}

	@Override
	public List<Load> loads() {
		return List.of(new Load(16, 1));
	}

	@Override
	public List<Contender> contenders(Environment environment) {
		return SemaphoreContenders.on(1, environment.ownWeirs(), environment);
	}

}
