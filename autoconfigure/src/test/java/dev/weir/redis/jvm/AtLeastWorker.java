package dev.weir.redis.jvm;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnLost;
import dev.weir.lease.engine.LeaseGuard;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;

/**
 * An instance in a JVM of its own for {@link AtLeastTests}, which holds a lock for
 * {@link #AT_LEAST} although its method ends earlier.
 */
public final class AtLeastWorker {

	/** Longer than the time to live, and longer than all tests take together. */
	static final Duration AT_LEAST = Duration.ofMinutes(2);

	static final Duration TTL = Duration.ofSeconds(1);

	private AtLeastWorker() {
	}

	static LeaseGuard guard(String key, Duration atLeast) {
		return new LeaseGuard(List.of(new LeaseRequest("at-least", new LeaseKey(LeaseKind.LOCK, key), 1, null,
				TestRedis.PATIENCE, false, "the method")
			.keptFor(atLeast)), OnUnavailable.FAIL, OnLost.FAIL);
	}

	/**
	 * Runs the instance.
	 * @param args the address of Redis, the key, and what the instance does: {@code run}
	 * until it is killed, {@code end} the method and live on, or {@code stop} after the
	 * method
	 */
	public static void main(String[] args) {
		try (TestRedis.Instance instance = TestRedis.connect(RedisAddress.of(args[0]), TestRedis.PATIENCE);
				LeaseManager manager = new LeaseManager(instance.store(), new LeaseSettings(TTL, "at-least", "1"),
						instance.executor())) {
			LeaseTemplate template = new LeaseTemplate(manager, EnclosingWork.NONE);
			// The first call connects and loads classes.
			template.call(guard("first", Duration.ofMillis(1)), () -> "");
			System.out.println("CALLS " + System.currentTimeMillis());
			template.call(guard(args[1], AT_LEAST), () -> {
				System.out.println("RUNS " + System.currentTimeMillis());
				while (args[2].equals("run")) {
					LockSupport.park();
				}
				return "";
			});
			System.out.println("ENDED");
			while (args[2].equals("end")) {
				LockSupport.park();
			}
		}
	}

}
