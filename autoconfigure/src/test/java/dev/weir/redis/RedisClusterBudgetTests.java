package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import dev.weir.core.OnUnavailable;
import dev.weir.embeddedredis.RedisCluster;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.Reservation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for reservations whose buckets are on several masters of a cluster. No token is
 * added while a test runs.
 */
@Timeout(90)
class RedisClusterBudgetTests {

	private static final RateLimit HUNDRED = RateLimit.of(100, Duration.ofDays(365));

	private final RedisCluster cluster = RedisCluster.start();

	private TestRedis.Instance instance;

	private RateLimiter limiter;

	/** Two buckets on different masters. */
	private String one;

	private String other;

	@BeforeEach
	void start() {
		this.instance = TestRedis.connect(RedisAddress.of(this.cluster), TestRedis.PATIENCE);
		this.limiter = this.instance.rateLimiter();
		this.one = "budget:0";
		this.other = IntStream.range(1, 100)
			.mapToObj((number) -> "budget:" + number)
			.filter((key) -> this.cluster.nodeOf(RedisKeys.bucket(key)) != this.cluster
				.nodeOf(RedisKeys.bucket(this.one)))
			.findFirst()
			.orElseThrow();
	}

	@AfterEach
	void stop() {
		this.instance.close();
		this.cluster.close();
	}

	@Test
	void aReservationOnSeveralMastersIsSettledOnEachOfThem() throws Exception {
		Reservation reservation = reserve(charge(this.one, 40), charge(this.other, 20), charge("{eu}tokens", 10));
		assertThat(reservation.settle(30).get(20, TimeUnit.SECONDS)).isTrue();
		assertThat(List.of(left(this.one), left(this.other), left("{eu}tokens"))).containsOnly(70L);
		assertThat(reservation.settle(30).get(20, TimeUnit.SECONDS)).isFalse();
		assertThat(left(this.one)).isEqualTo(70);
		assertThat(this.cluster.nodes().stream().mapToLong(this::markers).sum()).isEqualTo(3);
	}

	@Test
	void aDenialOnOneMasterGivesBackTheTokensOfTheOther() throws Exception {
		Reservation denied = reserve(charge(this.one, 40), charge(this.other, 101));
		assertThat(denied.decisions().isAllowed()).isFalse();
		assertThat(denied.isPending()).isFalse();
		await().untilAsserted(() -> assertThat(left(this.one)).isEqualTo(100));
		assertThat(left(this.other)).isEqualTo(100);
	}

	@Test
	void aCallThatWaitsForSeveralMastersGivesAllTokensBackWhenItIsCancelled() throws Exception {
		reserve(charge(this.one, 100), charge(this.other, 100));
		CompletableFuture<Reservation> waiting = this.limiter
			.reserve(List.of(charge(this.one, 10).withWaitTime(Duration.ofDays(300)),
					charge(this.other, 20).withWaitTime(Duration.ofDays(300))));
		await().until(() -> tokens(this.one) == -10 && tokens(this.other) == -20);
		waiting.cancel(false);
		await().until(() -> tokens(this.one) == 0 && tokens(this.other) == 0);
	}

	@Test
	void aSettlementWhileItsSlotMovesIsAppliedOnceWhenTheSlotHasMoved() throws Exception {
		Reservation reservation = reserve(charge("{eu}tokens", 40));
		RedisServer source = this.cluster.nodeOf("{eu}");
		RedisServer target = this.cluster.nodes().stream().filter((node) -> node != source).findFirst().orElseThrow();
		String slot = Integer.toString(RedisKeys.slot("{eu}"));
		target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", source.text("CLUSTER", "MYID"));
		source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", target.text("CLUSTER", "MYID"));
		// The bucket is here and its marker is not, so Redis refuses the script.
		CompletableFuture<Boolean> settled = reservation.settle(70);
		await().until(() -> source.text("INFO", "errorstats").contains("TRYAGAIN"));
		source.command("MIGRATE", target.host(), String.valueOf(target.port()), RedisKeys.bucket("{eu}tokens"), "0",
				"5000");
		for (RedisServer node : this.cluster.nodes()) {
			node.command("CLUSTER", "SETSLOT", slot, "NODE", target.text("CLUSTER", "MYID"));
		}
		assertThat(settled.get(30, TimeUnit.SECONDS)).isTrue();
		assertThat(left("{eu}tokens")).isEqualTo(30);
	}

	private long markers(RedisServer node) {
		return node.list("KEYS", "*%settled:*").size();
	}

	private long tokens(String key) {
		String name = RedisKeys.bucket(key);
		String value = this.cluster.nodeOf(name).text("GET", name);
		return Long.parseLong(value.split(" ")[3]);
	}

	private Reservation reserve(Charge... charges) throws Exception {
		return this.limiter.reserve(List.of(charges)).get(20, TimeUnit.SECONDS);
	}

	private long left(String key) throws Exception {
		return this.limiter.peek(List.of(charge(key, 1))).get(20, TimeUnit.SECONDS).all().get(0).remaining();
	}

	private static Charge charge(String key, long estimate) {
		return new Charge(key, key, HUNDRED, estimate, OnUnavailable.FAIL, false).asEstimate();
	}

}
