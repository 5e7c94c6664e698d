package dev.weir.redis.jvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Leadership;
import dev.weir.lease.LeadershipListener;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LossReason;
import dev.weir.lease.engine.Campaigns;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a service for {@link LeaderTests}, in a JVM of its own. It asks all the
 * time whether it is the leader.
 * <p>
 * Each line of the log is written as one piece: {@code Y token nanos} when the instance
 * was the leader, {@code G token nanos} and {@code L token nanos} when a listener was
 * notified of the grant and the loss. The time is that of the monotonic clock, which all
 * processes of one machine share.
 */
public final class LeaderWorker {

	static final Duration TTL = Duration.ofSeconds(1);

	static final String KEY = "leader";

	private LeaderWorker() {
	}

	/**
	 * Runs the worker until it gets SIGTERM.
	 * @param args the address of Redis, the log
	 */
	public static void main(String[] args) {
		Path log = Path.of(args[1]);
		TestRedis.Instance instance = TestRedis.connect(RedisAddress.of(args[0]), Duration.ofMillis(500));
		LeaseManager manager = new LeaseManager(instance.store(),
				new LeaseSettings(Duration.ofSeconds(30), "leader", Long.toString(ProcessHandle.current().pid())),
				instance.executor());
		Campaigns campaigns = new Campaigns(new LeaseTemplate(manager, EnclosingWork.NONE),
				(role) -> new LeaseRequest(role, new LeaseKey(LeaseKind.LOCK, KEY), 1, null, LeaseRequest.FOREVER, true,
						"leader")
					.livingFor(TTL),
				(role) -> true, List.of(new Log(log)));
		Runtime.getRuntime().addShutdownHook(new Thread(() -> campaigns.stop().toCompletableFuture().join()));
		campaigns.start();
		Leadership leadership = campaigns.of("reports");
		while (true) {
			ask(leadership, log);
			LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
		}
	}

	private static void ask(Leadership leadership, Path log) {
		// The instance may be stopped between any two of these lines. It certainly is the
		// leader at this time if it is the leader of the same token before and after.
		try {
			long token = leadership.fencingToken();
			long now = System.nanoTime();
			if (leadership.isLeader() && leadership.fencingToken() == token) {
				write(log, "Y " + token + " " + now);
			}
		}
		catch (IllegalStateException ex) {
			// It is not the leader.
		}
	}

	private static void write(Path log, String line) {
		try {
			Files.write(log, (line + "\n").getBytes(StandardCharsets.US_ASCII), StandardOpenOption.CREATE,
					StandardOpenOption.APPEND);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private record Log(Path path) implements LeadershipListener {

		@Override
		public void granted(String role, long fencingToken) {
			write(this.path, "G " + fencingToken + " " + System.nanoTime());
		}

		@Override
		public void lost(String role, long fencingToken, @Nullable LossReason reason) {
			write(this.path, "L " + fencingToken + " " + System.nanoTime());
		}

	}

}
