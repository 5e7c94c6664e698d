package dev.weir.lease.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.scaling.VirtualRedis;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Simulates locks of 1 to 1,000 instances, with real engines, for
 * {@code docs/scaling.md}. Four callers of each instance think for 200 ms on average,
 * take a lock, hold it for 1 ms and release it.
 */
@Tag("long")
class LockScalingTests {

	private static final Logger logger = LoggerFactory.getLogger("dev.weir.scaling");

	private static final Duration SCRIPT = Duration.ofNanos(20_000);

	private static final Duration TIME = Duration.ofSeconds(120);

	private static final int CALLERS = 4;

	@ParameterizedTest
	@CsvSource({ "1, 1", "10, 1", "100, 1", "1000, 1", "1, 10000", "10, 10000", "100, 10000", "1000, 10000" })
	@Timeout(600)
	void callsLatencyAndFairness(int instances, int keys) {
		World world = new World(instances, keys);
		world.redis.pass(TIME);
		long grants = Arrays.stream(world.grants).sum();
		double scripts = (double) world.redis.scripts() / grants;
		long[] waits = world.waits.stream().mapToLong(Long::longValue).sorted().toArray();
		logger.info(String.format(
				"locks: %d instances, %d keys: %.0f grants/s, %.2f scripts per grant, load %.0f %%, wait p50 %.1f ms, "
						+ "p99 %.1f ms, max %.1f ms, grants of an instance %d to %d",
				instances, keys, grants / (double) TIME.toSeconds(), scripts, 100 * world.redis.load(),
				percentile(waits, 50), percentile(waits, 99), percentile(waits, 100),
				Arrays.stream(world.grants).min().orElseThrow(), Arrays.stream(world.grants).max().orElseThrow()));
		assertThat(world.lost).as("lost leases").isZero();
		// The cost of a grant does not depend on how many instances there are.
		assertThat(scripts).isLessThan(3.2);
		if (instances > 1) {
			assertThat(Arrays.stream(world.grants).min().orElseThrow()).as("grants of the instance that got least")
				.isGreaterThan(grants / instances / 3);
		}
	}

	private static double percentile(long[] sorted, int percent) {
		return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)] / 1e6;
	}

	/**
	 * The instances, and the leases in Redis.
	 */
	private static final class World {

		private final VirtualRedis redis = new VirtualRedis(SCRIPT);

		private final Random random = new Random(42);

		private final Map<LeaseKey, String> owners = new HashMap<>();

		private final Map<LeaseKey, Set<Instance>> queues = new HashMap<>();

		private final List<Long> waits = new ArrayList<>();

		private final long[] grants;

		private final int keys;

		private int lost;

		private World(int instances, int keys) {
			this.keys = keys;
			this.grants = new long[instances];
			for (int i = 0; i < instances; i++) {
				Instance instance = new Instance(this, i);
				for (int caller = 0; caller < CALLERS; caller++) {
					this.redis.after(thinking(), instance::call);
				}
			}
		}

		private Duration thinking() {
			return Duration.ofNanos((long) (-Math.log(1 - this.random.nextDouble()) * 200e6));
		}

		private Set<Instance> queue(LeaseKey key) {
			return this.queues.computeIfAbsent(key, (added) -> new LinkedHashSet<>());
		}

		private boolean wake(LeaseKey key) {
			Set<Instance> queue = queue(key);
			if (queue.isEmpty()) {
				return false;
			}
			Instance first = queue.iterator().next();
			queue.remove(first);
			this.redis.after(Duration.ofNanos(250_000), () -> first.listener.accept(key));
			return true;
		}

	}

	/**
	 * One instance.
	 */
	private static final class Instance implements LeaseStore {

		private final World world;

		private final int number;

		private final LeaseManager manager;

		private Consumer<LeaseKey> listener = (key) -> {
		};

		private Instance(World world, int number) {
			this.world = world;
			this.number = number;
			this.manager = new LeaseManager(this, new LeaseSettings(Duration.ofSeconds(30), "shop", "" + number),
					Runnable::run, world.redis::now, world.redis, List.of());
		}

		private void call() {
			String name = "key:" + this.world.random.nextInt(this.world.keys);
			long begin = this.world.redis.now();
			this.manager
				.submit(new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, name), 1, null, Duration.ofHours(1),
						false, "test"), begin)
				.thenAccept((lease) -> granted(lease, begin));
		}

		private void granted(HeldLease lease, long begin) {
			this.world.waits.add(this.world.redis.now() - begin);
			this.world.grants[this.number]++;
			this.world.redis.after(Duration.ofMillis(1), () -> {
				if (!lease.isValid()) {
					this.world.lost++;
				}
				lease.closeAsync();
				this.world.redis.after(this.world.thinking(), this::call);
			});
		}

		@Override
		public CompletionStage<Attempt> tryAcquire(Claim claim) {
			return this.world.redis.send(() -> {
				String owner = this.world.owners.putIfAbsent(claim.key(), claim.owner());
				if (owner == null) {
					if (claim.queue() == Queue.IN) {
						this.world.queue(claim.key()).remove(this);
					}
					return new Acquired(0);
				}
				if (claim.queue() != Queue.OUT) {
					this.world.queue(claim.key()).add(this);
				}
				return new Busy(null, Duration.ofSeconds(30), claim.queue() != Queue.OUT);
			});
		}

		@Override
		public CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl) {
			return this.world.redis.send(() -> owner.equals(this.world.owners.get(key)));
		}

		@Override
		public CompletionStage<Boolean> keep(LeaseKey key, String owner, Duration time) {
			throw new UnsupportedOperationException("No lock is kept here");
		}

		@Override
		public CompletionStage<Release> release(LeaseKey key, String owner, int waitingLimit) {
			return this.world.redis.send(() -> {
				if (!this.world.owners.remove(key, owner)) {
					return Release.NOT_HELD;
				}
				if (!this.world.wake(key)) {
					return Release.RELEASED;
				}
				if (waitingLimit == 0) {
					return Release.HANDED_ON;
				}
				this.world.queue(key).add(this);
				return Release.HANDED_ON_AND_QUEUED;
			});
		}

		@Override
		public CompletionStage<Void> leave(LeaseKey key, boolean passOn) {
			return this.world.redis.send(() -> {
				if (!this.world.queue(key).remove(this) || passOn) {
					this.world.wake(key);
				}
				return null;
			});
		}

		@Override
		public void onWakeUp(Consumer<LeaseKey> listener) {
			this.listener = listener;
		}

	}

}
