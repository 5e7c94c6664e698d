package dev.weir.ratelimit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import dev.weir.core.OnUnavailable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LastLevels}.
 */
class LastLevelsTests {

	private static final RateLimit SIXTY = RateLimit.of(60, Duration.ofMinutes(1));

	private final AtomicLong nanos = new AtomicLong();

	private final LastLevels levels = new LastLevels(2, this.nanos::get);

	@Test
	void anonymousBucketsPushNoOtherOut() {
		remember("user", SIXTY, 1);
		for (int i = 0; i < 1000; i++) {
			this.levels.remember(charge("invented" + i, SIXTY, true), 2);
		}
		assertThat(this.levels.tokens("user", SIXTY)).isEqualTo(1);
		assertThat(this.levels.tokens("invented999", SIXTY)).isEqualTo(2);
		assertThat(this.levels.tokens("invented997", SIXTY)).isEqualTo(60);
		this.levels.forget("invented999");
		assertThat(this.levels.tokens("invented999", SIXTY)).isEqualTo(60);
	}

	private void remember(String key, RateLimit limit, long tokens) {
		this.levels.remember(charge(key, limit, false), tokens);
	}

	private static Charge charge(String key, RateLimit limit, boolean anonymous) {
		return new Charge("chat", key, limit, 1, OnUnavailable.LOCAL, false, anonymous);
	}

	@Test
	void aRememberedBucketIsRefilled() {
		remember("a", SIXTY, 10);
		assertThat(this.levels.tokens("a", SIXTY)).isEqualTo(10);
		this.nanos.set(TimeUnit.MILLISECONDS.toNanos(5_900));
		assertThat(this.levels.tokens("a", SIXTY)).isEqualTo(15);
		this.nanos.set(TimeUnit.HOURS.toNanos(1));
		assertThat(this.levels.tokens("a", SIXTY)).isEqualTo(60);
	}

	@Test
	void aChangedLimitKeepsTheProportion() {
		remember("empty", SIXTY, 0);
		remember("half", SIXTY, 30);
		RateLimit fifty = RateLimit.of(50, Duration.ofMinutes(1));
		assertThat(this.levels.tokens("empty", fifty)).isZero();
		assertThat(this.levels.tokens("half", fifty)).isEqualTo(25);
	}

	@Test
	void forgetsTheBucketThatWasUsedLeastRecently() {
		remember("a", SIXTY, 1);
		remember("b", SIXTY, 2);
		this.levels.tokens("a", SIXTY);
		remember("c", SIXTY, 3);
		assertThat(this.levels.tokens("a", SIXTY)).isEqualTo(1);
		assertThat(this.levels.tokens("b", SIXTY)).isEqualTo(60);
		assertThat(this.levels.tokens("c", SIXTY)).isEqualTo(3);
		this.levels.forget("c");
		assertThat(this.levels.tokens("c", SIXTY)).isEqualTo(60);
	}

}
