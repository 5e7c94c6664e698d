package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import dev.weir.core.OnUnavailable;
import dev.weir.embeddedredis.RedisCluster;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.transaction.RedisTransactionOperations;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests a cluster of which one master is frozen or dead, and a cluster whose slots move,
 * with two instances.
 */
@Tag("long")
@Timeout(180)
class RedisClusterFaultTests {

	private static final int THREADS = 12;

	private static final Duration TIMEOUT = Duration.ofMillis(500);

	private final RedisCluster cluster = RedisCluster.start();

	private final List<TestRedis.Instance> instances = new ArrayList<>();

	private final List<LeaseManager> managers = new ArrayList<>();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	/** How many callers are between acquire and release, by key. */
	private final Map<String, AtomicInteger> inside = new ConcurrentHashMap<>();

	private final AtomicInteger overlaps = new AtomicInteger();

	@BeforeEach
	void start() {
		// Otherwise the healthy masters refuse all calls as soon as one master is away.
		this.cluster.nodes().forEach((node) -> node.command("CONFIG", "SET", "cluster-require-full-coverage", "no"));
		for (int i = 0; i < 2; i++) {
			TestRedis.Instance instance = TestRedis.connect(RedisAddress.of(this.cluster), TIMEOUT);
			this.instances.add(instance);
			this.managers.add(new LeaseManager(instance.store(),
					new LeaseSettings(Duration.ofSeconds(10), "test", "" + i), instance.executor()));
		}
		// Loads code and connects.
		this.managers.forEach((manager) -> IntStream.range(0, 30)
			.forEach((number) -> manager.acquire(request("key:" + number, Duration.ofSeconds(20))).close()));
	}

	@AfterEach
	void stop() {
		this.threads.shutdownNow();
		this.managers.forEach(LeaseManager::close);
		this.instances.forEach(TestRedis.Instance::close);
		this.cluster.close();
	}

	@Test
	void aFrozenMasterKeepsNoCallFromTheOthers() throws Exception {
		healthyCallsSucceedWhile(RedisServer::pause);
	}

	@Test
	void aDeadMasterKeepsNoCallFromTheOthers() throws Exception {
		healthyCallsSucceedWhile(RedisServer::kill);
	}

	private void healthyCallsSucceedWhile(Consumer<RedisServer> fault) throws Exception {
		RedisServer broken = this.cluster.nodeOf("key:0");
		List<String> keys = IntStream.range(0, 60).mapToObj((number) -> "key:" + number).toList();
		AtomicInteger succeeded = new AtomicInteger();
		AtomicInteger failed = new AtomicInteger();
		AtomicInteger onBroken = new AtomicInteger();
		AtomicBoolean ended = new AtomicBoolean();
		List<String> ofBroken = keys.stream().filter((key) -> this.cluster.nodeOf(key) == broken).toList();
		fault.accept(broken);
		List<Future<?>> workers = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			int number = i;
			workers.add(this.threads.submit(() -> {
				for (int round = number; !ended.get(); round++) {
					String key = keys.get((round * 7) % keys.size());
					boolean success = call(this.managers.get(round % 2), key, Duration.ofMillis(200));
					if (ofBroken.contains(key)) {
						onBroken.incrementAndGet();
					}
					else {
						(success ? succeeded : failed).incrementAndGet();
					}
				}
			}));
		}
		await().atMost(60, TimeUnit.SECONDS).until(() -> succeeded.get() + failed.get() > 2000 && onBroken.get() > 300);
		ended.set(true);
		for (Future<?> worker : workers) {
			worker.get(20, TimeUnit.SECONDS);
		}
		assertThat(this.overlaps).hasValue(0);
		assertThat(failed.get()).as("failed of %d", succeeded.get() + failed.get())
			.isLessThanOrEqualTo((succeeded.get() + failed.get()) / 100);
		assertThat(this.instances.get(0).scripts().circuits()).containsEntry(broken.address(), true)
			.hasSize(3)
			.containsValue(false);
	}

	private boolean call(LeaseManager manager, String key, Duration waitTime) {
		try (Lease lease = manager.acquire(request(key, waitTime))) {
			AtomicInteger count = this.inside.computeIfAbsent(key, (added) -> new AtomicInteger());
			if (count.incrementAndGet() > 1) {
				this.overlaps.incrementAndGet();
			}
			Thread.yield();
			count.decrementAndGet();
			return lease.isValid();
		}
		catch (LeaseException ex) {
			return false;
		}
	}

	@Test
	void everythingWorksWhileASlotMoves() throws Exception {
		String key = "{moving}lock";
		RateLimiter limiter = this.instances.get(0).rateLimiter();
		Charge charge = new Charge("moving", "{moving}bucket", RateLimit.of(1000, Duration.ofHours(1)), 1,
				OnUnavailable.FAIL, false);
		RedisTransactionOperations transactions = TestTransactions.of(this.instances.get(0));
		Lease held = this.managers.get(0).acquire(request(key, Duration.ZERO));
		CompletableFuture<Lease> waiting = this.managers.get(1)
			.acquireAsync(request(key, Duration.ofSeconds(60)))
			.toCompletableFuture();
		await().until(() -> this.cluster.nodeOf(key).number("EXISTS", key + "%waiters") == 1);
		assertThat(limiter.tryConsume(List.of(charge)).get(20, TimeUnit.SECONDS).denials()).isEmpty();
		transactions.executeWithoutResult((tx) -> tx.set("{moving}value", 1));
		RedisServer source = this.cluster.nodeOf(key);
		RedisServer target = this.cluster.nodes().stream().filter((node) -> node != source).findFirst().orElseThrow();
		String slot = String.valueOf(source.number("CLUSTER", "KEYSLOT", key));
		target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", source.text("CLUSTER", "MYID"));
		source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", target.text("CLUSTER", "MYID"));
		// Half of the keys move: those of one lock are at two masters now.
		migrate(source, target, key);
		this.managers.get(0).renewNow();
		assertThat(limiter.tryConsume(List.of(charge)).get(20, TimeUnit.SECONDS).denials()).isEmpty();
		held.close();
		assertThat(waiting).succeedsWithin(Duration.ofSeconds(10))
			.satisfies((lease) -> assertThat(lease.isValid()).isTrue());
		waiting.join().close();
		// A free lock, which no queue belongs to.
		for (LeaseManager manager : this.managers) {
			try (Lease free = manager.acquire(request("{moving}free", Duration.ofSeconds(10)))) {
				assertThat(free.isValid()).isTrue();
			}
		}
		for (Object remaining : source.list("CLUSTER", "GETKEYSINSLOT", slot, "100")) {
			migrate(source, target, String.valueOf(remaining));
		}
		for (RedisServer node : this.cluster.nodes()) {
			node.command("CLUSTER", "SETSLOT", slot, "NODE", target.text("CLUSTER", "MYID"));
		}
		await().atMost(20, TimeUnit.SECONDS).ignoreExceptions().until(() -> {
			Integer value = transactions.execute((tx) -> tx.get("{moving}value", Integer.class));
			return value == 1;
		});
		assertThat(limiter.tryConsume(List.of(charge)).get(20, TimeUnit.SECONDS).denials()).isEmpty();
		this.managers.get(1).acquire(request(key, Duration.ofSeconds(10))).close();
	}

	private static void migrate(RedisServer source, RedisServer target, String key) {
		source.command("MIGRATE", target.host(), String.valueOf(target.port()), key, "0", "5000");
	}

	private static LeaseRequest request(String key, Duration waitTime) {
		return new LeaseRequest("cluster", new LeaseKey(LeaseKind.LOCK, key), 1, null, waitTime, false, "test");
	}

}
