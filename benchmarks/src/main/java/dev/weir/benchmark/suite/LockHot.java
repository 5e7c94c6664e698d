package dev.weir.benchmark.suite;

import java.util.List;
import java.util.stream.Stream;

import dev.weir.benchmark.guard.FairLockGuard;
import dev.weir.benchmark.guard.GuardContender;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;

/**
 * Compares locks for which all threads of a JVM compete. A fair lock of the JVM shows the
 * upper limit for callers that take turns, even without Redis.
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
		return Stream
			.concat(LockContenders.on(1, environment.ownWeirs(), environment).stream(),
					Stream.of(new GuardContender(new FairLockGuard(), 1, 1, environment)))
			.toList();
	}

}
