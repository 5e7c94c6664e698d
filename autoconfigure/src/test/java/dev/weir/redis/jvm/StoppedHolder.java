package dev.weir.redis.jvm;

import java.time.Duration;
import java.util.List;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnLost;
import dev.weir.lease.engine.LeaseGuard;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;

/**
 * A holder in a JVM of its own for {@link StoppedHolderTests}. It reads its clock all the
 * time, and so notices when it has been stopped.
 */
public final class StoppedHolder {

	static final Duration TTL = Duration.ofSeconds(2);

	private StoppedHolder() {
	}

	/**
	 * Runs the holder.
	 * @param args the address of Redis
	 */
	public static void main(String[] args) {
		try (TestRedis.Instance instance = TestRedis.connect(RedisAddress.of(args[0]), TestRedis.PATIENCE);
				LeaseManager manager = new LeaseManager(instance.store(), new LeaseSettings(TTL, "stopped", "1"),
						instance.executor())) {
			LeaseTemplate template = new LeaseTemplate(manager, EnclosingWork.NONE);
			// On a slow machine, loading all classes may take longer than the lease
			// lives.
			template.call(guard(), () -> {
				System.out.println("HELD " + Lease.current().orElseThrow().isValid());
				return "";
			}, LeaseTemplate.Ending::atReturn, (ex) -> "");
			String result = template.call(guard(), () -> {
				Lease lease = Lease.current().orElseThrow();
				System.out.println("HOLDS " + lease.isValid());
				long before = System.nanoTime();
				long now = before;
				while (now - before < TTL.toNanos()) {
					before = now;
					now = System.nanoTime();
				}
				// The holder has sent no request since it woke.
				System.out.println("WOKE valid=" + lease.isValid() + " remaining=" + lease.remaining());
				return "the result";
			});
			System.out.println("RETURNED " + result);
		}
		catch (LeaseLostException ex) {
			System.out.println("LOST " + ex.getMessage());
		}
	}

	private static LeaseGuard guard() {
		return new LeaseGuard(List.of(new LeaseRequest("stopped", new LeaseKey(LeaseKind.LOCK, "stopped"), 1, null,
				TestRedis.PATIENCE, false, "the stopped method")), OnUnavailable.FAIL, OnLost.FAIL);
	}

}
