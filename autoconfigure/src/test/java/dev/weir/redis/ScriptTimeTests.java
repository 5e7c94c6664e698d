package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseStore;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.RateLimit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Measures how long Redis takes for a script, for {@code docs/scaling.md}: Redis runs one
 * script at a time, so this time is what limits it.
 */
@Tag("long")
class ScriptTimeTests {

	private static final Logger logger = LoggerFactory.getLogger("dev.weir.scaling");

	private static final int CALLS = 10_000;

	private static final Pattern TIME = Pattern.compile("cmdstat_evalsha:calls=\\d+,usec=\\d+,usec_per_call=([\\d.]+)");

	private final Map<String, Double> micros = new TreeMap<>();

	@Test
	void timeOfEachScript() throws Exception {
		try (TestRedis redis = new TestRedis(); TestRedis.Instance instance = redis.connect()) {
			for (LeaseKind kind : LeaseKind.values()) {
				LeaseKey key = new LeaseKey(kind, "key");
				LeaseStore.Claim claim = new LeaseStore.Claim(key, "owner", 1, Duration.ofSeconds(30), false,
						LeaseStore.Queue.OUT);
				measure(redis, kind + ": acquire and release, each", () -> {
					instance.store().tryAcquire(claim).toCompletableFuture().get(20, TimeUnit.SECONDS);
					instance.store().release(key, "owner", 0).toCompletableFuture().get(20, TimeUnit.SECONDS);
				});
			}
			RedisBucketStore buckets = new RedisBucketStore(instance.scripts());
			for (int size : List.of(1, 64)) {
				List<BucketStore.Call> same = Collections.nCopies(size, call("bucket"));
				measure(redis, "bucket: " + size + " calls for one bucket",
						() -> buckets.decide(same).toCompletableFuture().get(20, TimeUnit.SECONDS));
			}
			List<BucketStore.Call> different = new ArrayList<>();
			for (int i = 0; i < 64; i++) {
				different.add(call("bucket:" + i));
			}
			measure(redis, "bucket: 64 calls for 64 buckets",
					() -> buckets.decide(different).toCompletableFuture().get(20, TimeUnit.SECONDS));
		}
		this.micros.forEach((what, time) -> logger.info("{}: {} microseconds of Redis per script", what, time));
		assertThat(this.micros.values()).hasSize(5).allMatch((time) -> time > 0 && time < 5_000);
	}

	private static BucketStore.Call call(String key) {
		return new BucketStore.Call(BucketStore.Action.TAKE, List
			.of(new BucketStore.Take(key, RateLimit.of(1_000_000, Duration.ofSeconds(1)), 1, false, 1_000_000)));
	}

	private void measure(TestRedis redis, String what, Calls calls) throws Exception {
		calls.run();
		redis.resetCommandCounts();
		for (int i = 0; i < CALLS; i++) {
			calls.run();
		}
		Matcher time = TIME.matcher(redis.server().text("INFO", "commandstats"));
		assertThat(time.find()).isTrue();
		this.micros.put(what, Double.parseDouble(time.group(1)));
	}

	@FunctionalInterface
	private interface Calls {

		void run() throws Exception;

	}

}
