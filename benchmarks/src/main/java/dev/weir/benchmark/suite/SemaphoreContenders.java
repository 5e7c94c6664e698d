package dev.weir.benchmark.suite;

import java.util.List;
import java.util.stream.Stream;

import dev.weir.benchmark.guard.GuardContender;
import dev.weir.benchmark.guard.RedissonPermitGuard;
import dev.weir.benchmark.guard.RedissonSemaphoreGuard;
import dev.weir.benchmark.guard.WeirGuard;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;

/**
 * The semaphores that the suites for semaphores compare, with three permits each.
 */
final class SemaphoreContenders {

	private static final int PERMITS = 3;

	private SemaphoreContenders() {
	}

	static List<Contender> on(int keys, Environment environment) {
		return Stream
			.of(WeirGuard.semaphore(PERMITS, environment.redisson()),
					new RedissonPermitGuard(PERMITS, environment.redisson()),
					new RedissonSemaphoreGuard(PERMITS, environment.redisson()))
			.<Contender>map((guard) -> new GuardContender(guard, keys, PERMITS, environment))
			.toList();
	}

}
