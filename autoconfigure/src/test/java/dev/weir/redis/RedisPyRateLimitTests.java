package dev.weir.redis;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.weir.core.OnUnavailable;
import dev.weir.local.LocalBucketStore;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the Python example of {@code docs/rate-limits.md} takes from the same bucket
 * as Weir. Skipped where redis-py is missing, but not in CI.
 */
@Timeout(60)
class RedisPyRateLimitTests {

	private static final Path SCRIPTS = Path.of("src/main/resources/dev/weir/redis");

	@BeforeAll
	static void requireRedisPy() throws Exception {
		RedisPy.require();
	}

	@Test
	void theExampleTakesFromTheBucketOfWeir() throws Exception {
		try (TestRedis redis = new TestRedis();
				TestRedis.Instance instance = redis.connect(Duration.ofSeconds(5));
				RedisPy python = new RedisPy(example(), SCRIPTS, redis.server().port())) {
			RateLimiter limiter = new RateLimiter(new RedisBucketStore(instance.scripts()), new LocalBucketStore(),
					Duration.ofSeconds(5), List.of());
			assertThat(python.evaluate("take('shared', 3, 3_600_000_000, 3)")).isEqualTo("(True, 2)");
			assertThat(take(limiter).remaining()).isEqualTo(1);
			assertThat(python.evaluate("take('shared', 3, 3_600_000_000, 3)")).isEqualTo("(True, 0)");
			assertThat(take(limiter).allowed()).isFalse();
			assertThat(python.evaluate("take('shared', 3, 3_600_000_000, 3)")).isEqualTo("(False, 0)");
			limiter.reset(charge()).join();
			assertThat(python.evaluate("take('shared', 3, 3_600_000_000, 3, cost=3)")).isEqualTo("(True, 0)");
			assertThat(take(limiter).allowed()).isFalse();
		}
	}

	private static Decision take(RateLimiter limiter) {
		return limiter.tryConsume(List.of(charge())).join().all().get(0);
	}

	private static Charge charge() {
		return new Charge("shared", "weir:shared", new RateLimit(3, Duration.ofHours(1), 3), 1, OnUnavailable.FAIL,
				false);
	}

	private static String example() throws Exception {
		Matcher example = Pattern.compile("```python\n(.*?)```", Pattern.DOTALL)
			.matcher(Files.readString(Path.of("../docs/rate-limits.md")));
		assertThat(example.find()).isTrue();
		return example.group(1);
	}

}
