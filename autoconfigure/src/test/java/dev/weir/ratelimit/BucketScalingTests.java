package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;

import dev.weir.scaling.VirtualRedis;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Simulates one bucket that 1 to 1,000 instances share, with real batches, for
 * {@code docs/scaling.md}. Each instance has 64 callers. Each of them asks again 20 ms
 * after its answer, on average.
 */
@Tag("long")
class BucketScalingTests {

	private static final Logger logger = LoggerFactory.getLogger("dev.weir.scaling");

	private static final Duration SCRIPT = Duration.ofNanos(30_000);

	private static final Duration TIME = Duration.ofSeconds(5);

	private static final int CALLERS = 64;

	private static final BucketStore.Call CALL = new BucketStore.Call(BucketStore.Action.TAKE,
			List.of(new BucketStore.Take("bucket", RateLimit.of(1_000_000, Duration.ofSeconds(1)), 1, false, 1)));

	private final List<Long> waits = new ArrayList<>();

	private final Random random = new Random(42);

	@ParameterizedTest
	@ValueSource(ints = { 1, 10, 100, 1000 })
	@Timeout(600)
	void callsAndLatency(int instances) {
		VirtualRedis redis = new VirtualRedis(SCRIPT);
		for (int i = 0; i < instances; i++) {
			Batches batches = new Batches(new Store(redis), Duration.ofDays(1), (micros) -> {
			});
			for (int caller = 0; caller < CALLERS; caller++) {
				redis.after(thinking(), () -> call(redis, batches));
			}
		}
		redis.pass(TIME);
		double scripts = (double) redis.scripts() / this.waits.size();
		long[] sorted = this.waits.stream().mapToLong(Long::longValue).sorted().toArray();
		logger.info(String.format(
				"bucket: %d instances: %.0f decisions/s, %.2f scripts per decision, load %.0f %%, p50 %.1f ms, p99 %.1f ms",
				instances, this.waits.size() / (double) TIME.toSeconds(), scripts, 100 * redis.load(),
				sorted[sorted.length / 2] / 1e6, sorted[sorted.length * 99 / 100] / 1e6));
		// Calls that meet go together, so the cost falls when Redis becomes slower.
		assertThat(scripts).isLessThan(0.6);
	}

	private Duration thinking() {
		return Duration.ofNanos((long) (-Math.log(1 - this.random.nextDouble()) * 20e6));
	}

	private void call(VirtualRedis redis, Batches batches) {
		long begin = redis.now();
		batches.send(CALL).thenAccept((levels) -> {
			this.waits.add(redis.now() - begin);
			redis.after(thinking(), () -> call(redis, batches));
		});
	}

	/**
	 * Decides all calls of a batch with one script.
	 *
	 * @param redis runs the script
	 */
	private record Store(VirtualRedis redis) implements BucketStore {

		@Override
		public CompletionStage<Answer> decide(List<Call> calls) {
			return this.redis.send(() -> {
				List<List<Level>> results = new ArrayList<>();
				calls.forEach((call) -> results.add(List.of(new Level(true, 1, Duration.ZERO, Duration.ZERO))));
				return new Answer(this.redis.now() / 1000, results);
			});
		}

		@Override
		public CompletionStage<Void> remove(String key) {
			throw new AssertionError("No bucket is removed");
		}

	}

}
