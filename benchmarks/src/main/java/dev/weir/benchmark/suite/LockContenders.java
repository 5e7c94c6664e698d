package dev.weir.benchmark.suite;

import java.util.ArrayList;
import java.util.List;

import dev.weir.benchmark.guard.Guard;
import dev.weir.benchmark.guard.GuardContender;
import dev.weir.benchmark.guard.Lock4jGuard;
import dev.weir.benchmark.guard.RedissonLockGuard;
import dev.weir.benchmark.guard.SpringIntegrationLockGuard;
import dev.weir.benchmark.guard.WeirGuard;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.WeirClient;

/**
 * The locks that the suites for locks compare.
 */
final class LockContenders {

	private LockContenders() {
	}

	static List<Contender> on(int keys, List<WeirClient> weirs, Environment environment) {
		List<Guard> guards = new ArrayList<>();
		weirs.forEach((client) -> guards.add(WeirGuard.lock(client)));
		guards.add(new RedissonLockGuard(environment.redisson()));
		guards.add(new SpringIntegrationLockGuard(environment.lettuce()));
		guards.add(new Lock4jGuard(environment.redisson()));
		return guards.stream().<Contender>map((guard) -> new GuardContender(guard, keys, 1, environment)).toList();
	}

}
