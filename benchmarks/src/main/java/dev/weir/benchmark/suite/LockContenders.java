package dev.weir.benchmark.suite;

import java.util.List;
import java.util.stream.Stream;

import dev.weir.benchmark.guard.GuardContender;
import dev.weir.benchmark.guard.Lock4jGuard;
import dev.weir.benchmark.guard.RedissonLockGuard;
import dev.weir.benchmark.guard.SpringIntegrationLockGuard;
import dev.weir.benchmark.guard.WeirGuard;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;

/**
 * The locks that the suites for locks compare.
 */
final class LockContenders {

	private LockContenders() {
	}

	static List<Contender> on(int keys, Environment environment) {
		return Stream
			.of(WeirGuard.lock(environment.redisson()), new RedissonLockGuard(environment.redisson()),
					new SpringIntegrationLockGuard(environment.lettuce()), new Lock4jGuard(environment.redisson()))
			.<Contender>map((guard) -> new GuardContender(guard, keys, 1, environment))
			.toList();
	}

}
