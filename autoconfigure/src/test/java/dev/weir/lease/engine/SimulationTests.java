package dev.weir.lease.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/**
 * Simulates the engines of several instances, a modelled Redis and one clock. Messages
 * are lost, delayed, repeated and reordered, instances pause, callers cancel, limits
 * differ, and Redis loses its data. A seed that fails can be played again:
 * {@code -Dsimulation.seed=42}.
 */
class SimulationTests {

	private static final Logger LOSSES = (Logger) LoggerFactory.getLogger(Renewals.class);

	@BeforeAll
	static void silenceLosses() {
		LOSSES.setLevel(Level.OFF);
	}

	@AfterAll
	static void logLosses() {
		LOSSES.setLevel(null);
	}

	@Test
	@Timeout(300)
	void holdsForTwoHundredSeeds() {
		play(LongStream.range(0, 200));
	}

	@Test
	@Tag("long")
	@Timeout(3000)
	void holdsForTenThousandSeeds() {
		play(LongStream.range(200, 10_200));
	}

	private static void play(LongStream seeds) {
		Long single = Long.getLong("simulation.seed");
		long[] grants = { 0 };
		((single != null) ? LongStream.of(single) : seeds).forEach((seed) -> {
			World world = new World(seed);
			try {
				world.play();
			}
			catch (AssertionError | RuntimeException ex) {
				throw new AssertionError("Seed " + seed + ", play it again with -Dsimulation.seed=" + seed + ": "
						+ ex.getMessage() + "\n" + String.join("\n", world.log), ex);
			}
			grants[0] += world.grants;
		});
		if (single == null) {
			assertThat(grants[0]).isGreaterThan(5000);
		}
	}

	/**
	 * An event of the simulation.
	 *
	 * @param at when it happens
	 * @param order the order among events of the same time
	 * @param happens lets it happen
	 */
	private record Event(long at, long order, Runnable happens) implements Comparable<Event> {

		@Override
		public int compareTo(Event other) {
			return (this.at != other.at) ? Long.compare(this.at, other.at) : Long.compare(this.order, other.order);
		}

	}

	/**
	 * The instances, Redis and the clock.
	 */
	private static final class World {

		private static final Duration TTL = Duration.ofSeconds(2);

		private static final long STORE_TIMEOUT = 500;

		/** The end of the faults. */
		private static final long HORIZON = 20_000;

		private static final List<LeaseKey> KEYS = List.of(new LeaseKey(LeaseKind.LOCK, "lock"),
				new LeaseKey(LeaseKind.LOCK, "other"), new LeaseKey(LeaseKind.SEMAPHORE, "permits"));

		private final Random random;

		private final PriorityQueue<Event> events = new PriorityQueue<>();

		private final List<Instance> instances = new ArrayList<>();

		private final List<Caller> callers = new ArrayList<>();

		/** The callers that wait or hold a lease. */
		private final List<Caller> active = new ArrayList<>();

		private final List<String> log = new ArrayList<>();

		/** The places in Redis: by key, the deadlines of the owners. */
		private final Map<LeaseKey, Map<String, Long>> places = new HashMap<>();

		private final Map<LeaseKey, List<Instance>> queues = new HashMap<>();

		private final Map<LeaseKey, Long> lastTokens = new HashMap<>();

		private final Map<LeaseKey, Long> lastSeenTokens = new HashMap<>();

		/** When Redis granted a place to an owner. */
		private final Map<String, Long> grantedAt = new HashMap<>();

		/** Until when no other owner may get a lock. */
		private final Map<LeaseKey, Long> keptUntil = new HashMap<>();

		private final int faults;

		private long now;

		private long order;

		private long lastDataLoss = -1;

		private long grants;

		private World(long seed) {
			this.random = new Random(seed);
			// Some worlds are calm, so that waiting is tested, too.
			this.faults = this.random.nextInt(4);
			int size = 2 + this.random.nextInt(3);
			for (int i = 0; i < size; i++) {
				this.instances.add(new Instance(this, "instance" + i));
			}
		}

		void play() {
			for (Instance instance : this.instances) {
				int count = 5 + this.random.nextInt(20);
				for (int i = 0; i < count; i++) {
					at(this.random.nextLong(HORIZON), () -> instance.run(() -> arrive(instance)));
				}
				for (int i = 0; i < this.faults; i++) {
					long begin = this.random.nextLong(HORIZON);
					at(begin, instance::pause);
					at(begin + this.random.nextLong(4000), instance::resume);
				}
			}
			if (this.faults == 3 && this.random.nextInt(3) == 0) {
				at(this.random.nextLong(HORIZON), this::loseData);
			}
			runUntil(HORIZON);
			this.instances.forEach(Instance::resume);
			runUntil(HORIZON + 60_000);
			assertThat(this.callers).allMatch((caller) -> caller.answer.isDone(), "has an answer");
			for (Instance instance : this.instances) {
				assertThat(instance.manager.gates()).as("gates of " + instance.name).isZero();
				assertThat(instance.manager.abandoned()).as("abandoned claims of " + instance.name).isZero();
			}
			this.places.forEach((key, owners) -> assertThat(live(key)).as("places of " + key).isEmpty());
		}

		private void runUntil(long end) {
			while (this.now < end) {
				Event next = this.events.peek();
				long until = Math.min(end, Math.min(this.now + ((this.now < HORIZON) ? 20 : 100),
						(next != null) ? Math.max(this.now, next.at) : end));
				Duration time = Duration.ofMillis(until - this.now);
				this.now = until;
				this.instances.forEach((instance) -> instance.pass(time));
				while (!this.events.isEmpty() && this.events.peek().at <= this.now) {
					this.events.remove().happens.run();
				}
				check();
			}
		}

		private void check() {
			this.active
				.removeIf((caller) -> caller.answer.isDone() && (caller.lease == null || !caller.lease.isHeld()));
			for (LeaseKey key : KEYS) {
				// What was granted before the loss of data is no longer in Redis.
				assertHolders(key, "all instances",
						(caller, lease) -> !lease.place().isLocal() && caller.claimedAt > this.lastDataLoss);
				this.instances.forEach((instance) -> assertHolders(key, instance.name,
						(caller, lease) -> caller.instance == instance));
			}
			for (Caller caller : this.active) {
				long most = caller.waitTime + 2 * STORE_TIMEOUT + 500;
				if (!caller.answer.isDone() && this.now - caller.askedAt > most) {
					assertThat(this.now - caller.askedAt).as("wait of a caller of " + caller.instance.name)
						.isLessThanOrEqualTo(most + caller.instance.pausedSince(caller.askedAt));
				}
			}
		}

		private void assertHolders(LeaseKey key, String where, BiPredicate<Caller, HeldLease> counts) {
			List<HeldLease> valid = new ArrayList<>();
			this.active.forEach((caller) -> {
				HeldLease lease = caller.lease;
				if (lease != null && lease.isFor(key) && lease.isValid() && counts.test(caller, lease)) {
					valid.add(lease);
				}
			});
			int limit = valid.stream().mapToInt((lease) -> lease.request().limit()).max().orElse(0);
			if (valid.size() > limit) {
				assertThat(valid).as("holders of %s in %s", key, where).hasSizeLessThanOrEqualTo(limit);
			}
		}

		private void arrive(Instance instance) {
			LeaseKey key = KEYS.get(this.random.nextInt(KEYS.size()));
			boolean lock = key.kind() == LeaseKind.LOCK;
			int limit = instance.limitOf(key);
			long wait = (this.random.nextInt(4) == 0) ? 0 : this.random.nextLong(6000);
			Duration timeout = (this.random.nextInt(3) == 0) ? Duration.ofMillis(1 + this.random.nextLong(3000)) : null;
			Duration atLeast = (lock && timeout == null && this.random.nextInt(4) == 0)
					? Duration.ofMillis(this.random.nextLong(3000)) : Duration.ZERO;
			LeaseRequest request = new LeaseRequest("policy", key, limit, timeout, Duration.ofMillis(wait),
					lock && this.random.nextBoolean(), "test")
				.keptFor(atLeast);
			boolean local = this.random.nextInt(5) == 0 && !request.fenced();
			this.log.add(this.now + " " + instance.name + " asks for " + key.value() + ", waits " + wait + " ms");
			Caller caller = new Caller(instance, this.now, wait);
			this.callers.add(caller);
			this.active.add(caller);
			caller.answer = instance.manager.submit(request, local ? OnUnavailable.LOCAL : OnUnavailable.FAIL,
					WaitRoom.UNBOUNDED, instance.manager.now());
			caller.answer.whenComplete((lease, failure) -> {
				if (lease != null) {
					granted(caller, lease);
				}
			});
			if (this.random.nextInt(6) == 0) {
				at(this.now + this.random.nextLong(2000), () -> instance.run(() -> caller.answer.cancel(false)));
			}
		}

		private void granted(Caller caller, HeldLease lease) {
			this.grants++;
			caller.lease = lease;
			lease.use();
			Long grantedAt = this.grantedAt.get(lease.place().owner());
			if (grantedAt != null && grantedAt > this.lastDataLoss) {
				this.keptUntil.merge(lease.request().key(),
						(lease.place().isHandedOn() ? this.now : grantedAt) + lease.request().atLeast().toMillis(),
						Math::max);
			}
			caller.claimedAt = TimeUnit.NANOSECONDS.toMillis(takenAt(lease));
			this.log.add(this.now + " " + caller.instance.name + " holds " + lease.key());
			if (lease.request().fenced()) {
				Long before = this.lastSeenTokens.put(lease.request().key(), lease.fencingToken());
				assertThat(lease.fencingToken()).as("token").isGreaterThan((before != null) ? before : 0);
			}
			at(this.now + this.random.nextLong(2500), () -> caller.instance.run(() -> {
				this.log.add(this.now + " " + caller.instance.name + " releases " + lease.key());
				lease.closeAsync();
			}));
		}

		private static long takenAt(HeldLease lease) {
			return (Long) ReflectionTestUtils.getField(lease.place(), "takenAt");
		}

		private void loseData() {
			this.log.add(this.now + " Redis loses its data");
			this.places.clear();
			this.queues.clear();
			this.lastTokens.clear();
			this.keptUntil.clear();
			this.lastDataLoss = this.now;
		}

		private void at(long time, Runnable happens) {
			this.events.add(new Event(time, this.order++, happens));
		}

		private boolean isFaulty(int oneOf) {
			return this.faults > 0 && this.now < HORIZON && this.random.nextInt(oneOf) == 0;
		}

		private long delay() {
			long usual = this.random.nextLong(20);
			return isFaulty(10) ? usual + this.random.nextLong(1500) : usual;
		}

		<T> CompletionStage<T> send(Instance instance, Supplier<T> atRedis) {
			CompletableFuture<T> answer = new CompletableFuture<>();
			boolean repeated = isFaulty(20);
			if (!isFaulty(20)) {
				at(this.now + delay(), () -> {
					T result = atRedis.get();
					if (repeated) {
						at(this.now + delay(), () -> assertThatCode(atRedis::get).doesNotThrowAnyException());
					}
					if (!isFaulty(20)) {
						at(this.now + delay(), () -> instance.run(() -> answer.complete(result)));
					}
				});
			}
			at(this.now + STORE_TIMEOUT,
					() -> instance.run(() -> answer.completeExceptionally(new StoreUnavailableException("no answer"))));
			return answer;
		}

		private Map<String, Long> live(LeaseKey key) {
			Map<String, Long> owners = this.places.computeIfAbsent(key, (added) -> new LinkedHashMap<>());
			owners.values().removeIf((deadline) -> deadline <= this.now);
			return owners;
		}

		private List<Instance> queue(LeaseKey key) {
			return this.queues.computeIfAbsent(key, (added) -> new ArrayList<>());
		}

		private boolean wake(LeaseKey key) {
			int taken = live(key).size();
			for (Instance instance : queue(key)) {
				if (taken < instance.limitOf(key)) {
					queue(key).remove(instance);
					if (!isFaulty(20)) {
						at(this.now + delay(), () -> instance.run(() -> instance.listener.accept(key)));
					}
					return true;
				}
			}
			return false;
		}

		private void enqueue(LeaseKey key, Instance instance) {
			if (!queue(key).contains(instance)) {
				queue(key).add(instance);
			}
		}

		private LeaseStore.Attempt acquire(Instance instance, LeaseStore.Claim claim) {
			Map<String, Long> owners = live(claim.key());
			if (owners.size() < claim.limit() || owners.containsKey(claim.owner())) {
				if (this.grantedAt.putIfAbsent(claim.owner(), this.now) == null
						&& claim.key().kind() == LeaseKind.LOCK) {
					assertThat(this.now).as("grant of " + claim.key())
						.isGreaterThanOrEqualTo(this.keptUntil.getOrDefault(claim.key(), 0L));
				}
				owners.put(claim.owner(), this.now + claim.ttl().toMillis());
				if (claim.queue() == LeaseStore.Queue.IN) {
					queue(claim.key()).remove(instance);
				}
				return new LeaseStore.Acquired(claim.fenced() ? mint(claim.key()) : 0);
			}
			if (claim.queue() != LeaseStore.Queue.OUT) {
				enqueue(claim.key(), instance);
			}
			long first = owners.values().stream().mapToLong(Long::longValue).min().orElseThrow();
			return new LeaseStore.Busy(null, Duration.ofMillis(first - this.now),
					claim.queue() != LeaseStore.Queue.OUT);
		}

		private long mint(LeaseKey key) {
			long token = Math.max(this.lastTokens.getOrDefault(key, 0L) + 1, (this.now + 1) * 1000);
			this.lastTokens.put(key, token + LeaseStore.Acquired.RESERVED_TOKENS);
			return token;
		}

		private LeaseStore.Release release(Instance instance, LeaseKey key, String owner, int waitingLimit) {
			if (live(key).remove(owner) == null) {
				return LeaseStore.Release.NOT_HELD;
			}
			if (!wake(key)) {
				return LeaseStore.Release.RELEASED;
			}
			if (waitingLimit == 0) {
				return LeaseStore.Release.HANDED_ON;
			}
			enqueue(key, instance);
			return LeaseStore.Release.HANDED_ON_AND_QUEUED;
		}

		private boolean keep(LeaseKey key, String owner, Duration time) {
			Map<String, Long> owners = live(key);
			boolean held = owners.remove(owner) != null;
			if (!held && !owners.containsKey("kept-" + owner)) {
				return false;
			}
			owners.put("kept-" + owner, this.now + time.toMillis() + 1);
			if (held) {
				wake(key);
			}
			return true;
		}

		private boolean renew(LeaseKey key, String owner, Duration ttl) {
			return live(key).replace(owner, this.now + ttl.toMillis()) != null;
		}

	}

	/**
	 * A caller.
	 */
	private static final class Caller {

		private final Instance instance;

		private final long askedAt;

		private final long waitTime;

		private CompletableFuture<HeldLease> answer = new CompletableFuture<>();

		private @Nullable HeldLease lease;

		private long claimedAt;

		private Caller(Instance instance, long askedAt, long waitTime) {
			this.instance = instance;
			this.askedAt = askedAt;
			this.waitTime = waitTime;
		}

	}

	/**
	 * One instance. While it pauses, its clock goes on, and nothing else happens.
	 */
	private static final class Instance implements LeaseStore {

		private final World world;

		private final String name;

		private final ManualTimer timer = new ManualTimer();

		private final LeaseManager manager;

		private final int limit;

		private final List<Runnable> inbox = new ArrayList<>();

		/** The begin and the end of each pause. */
		private final List<long[]> pauses = new ArrayList<>();

		private boolean paused;

		private Consumer<LeaseKey> listener = (key) -> {
		};

		private Instance(World world, String name) {
			this.world = world;
			this.name = name;
			this.limit = 2 + world.random.nextInt(2);
			this.manager = this.timer.manager(this, new LeaseSettings(World.TTL, "shop", name), Runnable::run);
		}

		int limitOf(LeaseKey key) {
			return (key.kind() == LeaseKind.LOCK) ? 1 : this.limit;
		}

		void pass(Duration time) {
			if (this.paused) {
				this.timer.pause(time);
			}
			else {
				this.timer.pass(time);
			}
		}

		void run(Runnable task) {
			if (this.paused) {
				this.inbox.add(task);
			}
			else {
				task.run();
			}
		}

		void pause() {
			if (!this.paused) {
				this.world.log.add(this.world.now + " " + this.name + " pauses");
				this.paused = true;
				this.pauses.add(new long[] { this.world.now, Long.MAX_VALUE });
			}
		}

		void resume() {
			if (this.paused) {
				this.world.log.add(this.world.now + " " + this.name + " goes on");
				this.paused = false;
				this.pauses.get(this.pauses.size() - 1)[1] = this.world.now;
				List<Runnable> waiting = List.copyOf(this.inbox);
				this.inbox.clear();
				waiting.forEach(Runnable::run);
			}
		}

		long pausedSince(long time) {
			return this.pauses.stream()
				.mapToLong((pause) -> Math.max(0, Math.min(pause[1], this.world.now) - Math.max(pause[0], time)))
				.sum();
		}

		@Override
		public CompletionStage<Attempt> tryAcquire(Claim claim) {
			return this.world.send(this, () -> this.world.acquire(this, claim));
		}

		@Override
		public CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl) {
			return this.world.send(this, () -> this.world.renew(key, owner, ttl));
		}

		@Override
		public CompletionStage<Release> release(LeaseKey key, String owner, int waitingLimit) {
			return this.world.send(this, () -> this.world.release(this, key, owner, waitingLimit));
		}

		@Override
		public CompletionStage<Boolean> keep(LeaseKey key, String owner, Duration time) {
			return this.world.send(this, () -> this.world.keep(key, owner, time));
		}

		@Override
		public CompletionStage<Void> leave(LeaseKey key, boolean passOn) {
			return this.world.send(this, () -> {
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
