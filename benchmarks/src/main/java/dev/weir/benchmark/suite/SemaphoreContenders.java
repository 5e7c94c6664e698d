package dev.weir.benchmark.suite;

import java.util.ArrayList;
import java.util.List;

import dev.weir.benchmark.guard.Guard;
import dev.weir.benchmark.guard.GuardContender;
import dev.weir.benchmark.guard.RedissonPermitGuard;
import dev.weir.benchmark.guard.RedissonSemaphoreGuard;
import dev.weir.benchmark.guard.WeirGuard;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.WeirClient;

/**
 * The semaphores that the suites for semaphores compare, with three permits each.
 */
final class SemaphoreContenders {

	private static final int PERMITS = 3;

	private SemaphoreContenders() {
	}

	static List<Contender> on(int keys, List<WeirClient> weirs, Environment environment) {
		List<Guard> guards = new ArrayList<>();
		weirs.forEach((client) -> guards.add(WeirGuard.semaphore(PERMITS, client)));
		guards.add(new RedissonPermitGuard(PERMITS, environment.redisson()));
		guards.add(new RedissonSemaphoreGuard(PERMITS, environment.redisson()));
		return guards.stream()
			.<Contender>map((guard) -> new GuardContender(guard, keys, PERMITS, environment))
			.toList();
	}

}
