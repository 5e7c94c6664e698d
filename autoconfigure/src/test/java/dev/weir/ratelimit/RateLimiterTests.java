package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

import dev.weir.core.OnUnavailable;
import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import dev.weir.local.LocalBucketStores;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link RateLimiter} with a clock that the test moves.
 */
@Timeout(60)
class RateLimiterTests {

	private static final RateLimit TEN_PER_MINUTE = RateLimit.of(10, Duration.ofMinutes(1));

	private final AtomicLong micros = new AtomicLong(TimeUnit.SECONDS.toMicros(1_800_000_000));

	private final Store store = new Store();

	private final List<Decisions> received = new ArrayList<>();

	private final RateLimiter limiter = limiter();

	@Test
	void aBucketStartsFullAndIsRefilledEvenly() {
		for (int i = 9; i >= 0; i--) {
			assertThat(decide(charge("a"))).returns(true, Decision::allowed).returns((long) i, Decision::remaining);
		}
		Decision denied = decide(charge("a"));
		assertThat(denied.allowed()).isFalse();
		assertThat(denied.retryAfter()).isEqualTo(Duration.ofSeconds(6));
		pass(Duration.ofMillis(5_999));
		assertThat(decide(charge("a")).retryAfter()).isEqualTo(Duration.ofMillis(1));
		pass(Duration.ofMillis(1));
		assertThat(decide(charge("a")).allowed()).isTrue();
		assertThat(decide(charge("a")).allowed()).isFalse();
		pass(Duration.ofMinutes(1));
		assertThat(allowed("a", 20)).isEqualTo(10);
	}

	@Test
	void returnsTheTimeOfTheNextToken() {
		assertThat(decide(charge("a")).nextToken()).isEqualTo(Duration.ofSeconds(6));
		assertThat(this.limiter.peek(List.of(charge("b"))).join().all().get(0).nextToken()).isZero();
		pass(Duration.ofSeconds(2));
		assertThat(decide(charge("a")).nextToken()).isEqualTo(Duration.ofSeconds(4));
	}

	@Test
	void theBurstBoundsTheCallsAtOnce() {
		RateLimit burst = new RateLimit(10, Duration.ofMinutes(1), 3);
		assertThat(IntStream.range(0, 5).filter((i) -> decide(charge("a", burst, 1)).allowed()).count()).isEqualTo(3);
		pass(Duration.ofSeconds(6));
		assertThat(decide(charge("a", burst, 1)).allowed()).isTrue();
		assertThat(decide(charge("a", burst, 1)).allowed()).isFalse();
	}

	@Test
	void aCallTakesAsManyTokensAsItCosts() {
		assertThat(decide(charge("a", TEN_PER_MINUTE, 7)).remaining()).isEqualTo(3);
		Decision denied = decide(charge("a", TEN_PER_MINUTE, 5));
		assertThat(denied.remaining()).isEqualTo(3);
		assertThat(denied.retryAfter()).isEqualTo(Duration.ofSeconds(12));
		assertThat(decide(charge("a", TEN_PER_MINUTE, 3)).allowed()).isTrue();
		assertThat(decide(charge("a", TEN_PER_MINUTE, 0)).allowed()).isTrue();
	}

	@Test
	void aCallThatCanNeverBeAllowedIsDeniedWithItsOwnMessage() {
		Decision denied = decide(charge("a", TEN_PER_MINUTE, 11));
		assertThat(denied.allowed()).isFalse();
		assertThat(denied.isPossible()).isFalse();
		assertThat(new RateLimitExceededException(new Decisions(List.of(denied))))
			.hasMessageContaining("can never allow a call that costs 11");
	}

	@Test
	void severalBucketsAreChargedTogetherOrNotAtAll() {
		RateLimit two = RateLimit.of(2, Duration.ofHours(1));
		for (int i = 0; i < 2; i++) {
			assertThat(this.limiter.tryConsume(List.of(charge("all"), charge("one", two, 1))).join().isAllowed())
				.isTrue();
		}
		Decisions denied = this.limiter.tryConsume(List.of(charge("all"), charge("one", two, 1))).join();
		assertThat(denied.isAllowed()).isFalse();
		assertThat(denied.denials()).extracting(Decision::policy).containsExactly("one");
		assertThat(denied.all()).extracting(Decision::remaining).containsExactly(8L, 0L);
		assertThat(denied.retryAfter()).isEqualTo(Duration.ofMinutes(30));
		assertThat(decide(charge("all")).remaining()).isEqualTo(7);
	}

	@Test
	void reportsTheLongestOfSeveralDenials() {
		RateLimit slow = RateLimit.of(1, Duration.ofHours(1));
		RateLimit fast = RateLimit.of(1, Duration.ofSeconds(1));
		this.limiter.tryConsume(List.of(charge("slow", slow, 1), charge("fast", fast, 1))).join();
		Decisions denied = this.limiter.tryConsume(List.of(charge("slow", slow, 1), charge("fast", fast, 1))).join();
		assertThat(new RateLimitExceededException(denied)).returns("slow", RateLimitException::getPolicy)
			.returns(Duration.ofHours(1), RateLimitExceededException::getRetryAfter)
			.returns(0L, RateLimitExceededException::getRemaining);
	}

	@Test
	void aDenialGivesBackTheTokensOfOtherSlots() {
		this.store.slots = true;
		RateLimit one = RateLimit.of(1, Duration.ofHours(1));
		List<Charge> charges = List.of(charge("first"), charge("second"), charge("third", one, 1));
		assertThat(this.limiter.tryConsume(charges).join().all()).extracting(Decision::remaining)
			.containsExactly(9L, 9L, 0L);
		Decisions denied = this.limiter.tryConsume(charges).join();
		assertThat(denied.isAllowed()).isFalse();
		assertThat(denied.denials()).extracting(Decision::policy).containsExactly("third");
		assertThat(decide(charge("first")).remaining()).isEqualTo(8);
		assertThat(decide(charge("second")).remaining()).isEqualTo(8);
	}

	@Test
	void onlyTheRealDenialCountsBesideAShadowDenialInAnotherSlot() {
		this.store.slots = true;
		RateLimit one = RateLimit.of(1, Duration.ofHours(1));
		List<Charge> charges = List.of(new Charge("shadow", "shadow", one, 1, OnUnavailable.FAIL, true),
				charge("real", one, 1));
		assertThat(this.limiter.tryConsume(charges).join().isAllowed()).isTrue();
		Decisions denied = this.limiter.tryConsume(charges).join();
		assertThat(denied.all()).extracting(Decision::allowed).containsExactly(false, false);
		assertThat(denied.denials()).extracting(Decision::policy).containsExactly("real");
	}

	@Test
	void aStoreThatFailsBetweenTwoSlotsCostsNoTokens() {
		this.store.slots = true;
		this.store.awayFor = "second";
		List<Charge> charges = List.of(charge("first"), charge("second", OnUnavailable.FAIL));
		assertThatExceptionOfType(RateLimitUnavailableException.class)
			.isThrownBy(() -> Stages.await(this.limiter.tryConsume(charges)))
			.returns("second", RateLimitException::getPolicy);
		assertThat(decide(charge("first")).remaining()).isEqualTo(9);
	}

	@Test
	void aDenialStaysADenialIfOtherSlotsCannotBeRefunded() {
		this.store.slots = true;
		RateLimit one = RateLimit.of(1, Duration.ofHours(1));
		List<Charge> charges = List.of(charge("first"), charge("second", one, 1));
		this.limiter.tryConsume(charges).join();
		this.store.awayAfter = "second";
		Decisions denied = this.limiter.tryConsume(charges).join();
		assertThat(denied.denials()).extracting(Decision::policy).containsExactly("second");
		assertThat(denied.all()).extracting(Decision::source).containsOnly(Decision.Source.SHARED);
	}

	@Test
	void rejectsTheSameBucketTwice() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.limiter.tryConsume(List.of(charge("a"), charge("a"))));
	}

	@Test
	void aDenialInShadowModeHasNoConsequence() {
		Charge shadow = new Charge("shadow", "shadow", RateLimit.of(1, Duration.ofHours(1)), 1, OnUnavailable.FAIL,
				true);
		assertThat(this.limiter.tryConsume(List.of(charge("a"), shadow)).join().isAllowed()).isTrue();
		Decisions second = this.limiter.tryConsume(List.of(charge("a"), shadow)).join();
		assertThat(second.isAllowed()).isTrue();
		assertThat(second.all()).extracting(Decision::allowed).containsExactly(true, false);
		assertThat(second.all().get(0).remaining()).isEqualTo(8);
		assertThat(this.received).hasSize(2).last().isEqualTo(second);
		this.store.away.set(true);
		assertThat(this.limiter.tryConsume(List.of(shadow)).join().isAllowed()).isTrue();
	}

	@Test
	void aRefundGivesTokensBackAndNeverMoreThanTheBucketHolds() {
		allowed("a", 10);
		this.limiter.refund(List.of(charge("a", TEN_PER_MINUTE, 4))).join();
		assertThat(allowed("a", 10)).isEqualTo(4);
		this.limiter.refund(List.of(charge("a", TEN_PER_MINUTE, 400))).join();
		assertThat(allowed("a", 20)).isEqualTo(10);
		this.limiter.refund(List.of(charge("never used"))).join();
		assertThat(allowed("never used", 20)).isEqualTo(10);
	}

	@Test
	void aResetFillsTheBucketAndAPeekTakesNothing() {
		allowed("a", 10);
		assertThat(this.limiter.peek(List.of(charge("a"))).join().isAllowed()).isFalse();
		this.limiter.reset(charge("a")).join();
		assertThat(this.limiter.peek(List.of(charge("a"))).join().isAllowed()).isTrue();
		assertThat(this.limiter.peek(List.of(charge("a"))).join().all().get(0).remaining()).isEqualTo(10);
	}

	@Test
	void aChangedLimitIsInForceAtOnceInProportionAndBack() {
		RateLimit sixty = RateLimit.of(60, Duration.ofMinutes(1));
		for (int i = 0; i < 30; i++) {
			decide(charge("a", sixty, 1));
		}
		assertThat(decide(charge("a", TEN_PER_MINUTE, 1)).remaining()).isEqualTo(4);
		assertThat(decide(charge("a", sixty, 1)).remaining()).isEqualTo(23);
	}

	@Test
	void instancesWithDifferentLimitsNeitherLoseNorGainTokens() {
		RateLimit sixty = RateLimit.of(60, Duration.ofHours(1));
		RateLimit seventy = RateLimit.of(70, Duration.ofHours(1));
		long allowed = 0;
		for (int i = 0; i < 200; i++) {
			allowed += decide(charge("a", (i % 2 == 0) ? sixty : seventy, 1)).allowed() ? 1 : 0;
		}
		assertThat(allowed).isBetween(60L, 70L);
	}

	@Test
	void eachPolicyBehavesAsConfiguredWithoutTheStore() {
		this.store.away.set(true);
		assertThat(decide(charge("open", OnUnavailable.PROCEED))).returns(true, Decision::allowed)
			.returns(Decision.Source.NOBODY, Decision::source);
		assertThat(decide(charge("local", OnUnavailable.LOCAL))).returns(9L, Decision::remaining)
			.returns(Decision.Source.LOCAL, Decision::source);
		assertThatExceptionOfType(RateLimitUnavailableException.class)
			.isThrownBy(() -> decide(charge("closed", OnUnavailable.FAIL)))
			.returns("closed", RateLimitException::getPolicy);
		assertThatExceptionOfType(RateLimitUnavailableException.class).isThrownBy(() -> Stages.await(this.limiter
			.tryConsume(List.of(charge("local", OnUnavailable.LOCAL), charge("closed", OnUnavailable.FAIL)))));
		assertThat(decide(charge("local", OnUnavailable.LOCAL)).remaining()).isEqualTo(8);
		assertThat(this.limiter.isStoreAvailable()).isFalse();
		assertThatExceptionOfType(RateLimitUnavailableException.class)
			.isThrownBy(() -> Stages.await(this.limiter.refund(List.of(charge("local")))));
		assertThatExceptionOfType(RateLimitUnavailableException.class)
			.isThrownBy(() -> Stages.await(this.limiter.reset(charge("local"))));
	}

	@Test
	void aLocalBucketContinuesTheSharedOneUntilTheStoreIsBack() {
		allowed("a", 7);
		this.store.away.set(true);
		assertThat(allowed("a", 20)).isEqualTo(3);
		this.store.away.set(false);
		assertThat(decide(charge("a"))).returns(2L, Decision::remaining)
			.returns(Decision.Source.SHARED, Decision::source);
		assertThat(this.limiter.isStoreAvailable()).isTrue();
	}

	@Test
	void aMistakeInTheStoreIsNotAnOutage() {
		this.store.mistake = true;
		assertThatIllegalStateException().isThrownBy(() -> decide(charge("a", OnUnavailable.PROCEED)));
	}

	@Test
	void aListenerThatFailsChangesNothing() {
		RateLimiter failing = new RateLimiter(this.store, new LocalBucketStore(), Duration.ofSeconds(5),
				List.of((decisions) -> {
					throw new IllegalStateException("listener");
				}));
		assertThat(failing.tryConsume(List.of(charge("a"))).join().isAllowed()).isTrue();
	}

	@Test
	void reportsTheDifferenceOfTheClocks() {
		assertThat(this.limiter.clockSkew()).isZero();
		decide(charge("a"));
		Duration difference = Duration.ofMillis(TimeUnit.MICROSECONDS.toMillis(this.micros.get()))
			.minusMillis(System.currentTimeMillis());
		assertThat(this.limiter.clockSkew().minus(difference).abs()).isLessThan(Duration.ofSeconds(10));
	}

	@Test
	void aLocalBucketOfAnEarlierOutageIsNotUsedAgain() {
		this.store.away.set(true);
		assertThat(decide(charge("a")).remaining()).isEqualTo(9);
		this.store.away.set(false);
		assertThat(allowed("a", 7)).isEqualTo(7);
		this.store.away.set(true);
		assertThat(allowed("a", 20)).isEqualTo(3);
	}

	/**
	 * No window allows more tokens than the bucket holds and gets, and the bucket is full
	 * after silence, for all costs, times and instances.
	 */
	@ParameterizedTest
	@MethodSource
	void noWindowAllowsMoreThanTheLimit(long seed) {
		Random random = new Random(seed);
		RateLimit limit = new RateLimit(1 + random.nextInt(50), Duration.ofMillis(100 + random.nextInt(120_000)),
				1 + random.nextInt(60));
		List<RateLimiter> instances = IntStream.range(0, 1 + random.nextInt(3)).mapToObj((i) -> limiter()).toList();
		List<Long> times = new ArrayList<>();
		List<Long> costs = new ArrayList<>();
		double tokenMicros = limit.window().toNanos() / 1000d / limit.limit();
		for (int i = 0; i < 400; i++) {
			this.micros.addAndGet((long) (random.nextDouble() * random.nextInt(4) * tokenMicros));
			long cost = 1 + random.nextInt((int) Math.min(4, limit.burst()));
			RateLimiter instance = instances.get(random.nextInt(instances.size()));
			if (instance.tryConsume(List.of(charge("a", limit, cost))).join().isAllowed()) {
				times.add(this.micros.get());
				costs.add(cost);
			}
		}
		for (int from = 0; from < times.size(); from++) {
			long admitted = 0;
			for (int to = from; to < times.size(); to++) {
				admitted += costs.get(to);
				double most = limit.burst() + (times.get(to) - times.get(from)) / tokenMicros;
				assertThat((double) admitted).as("seed %s, %s, from %s to %s", seed, limit, from, to)
					.isLessThanOrEqualTo(most + 1e-6);
			}
		}
		this.micros.addAndGet((long) (tokenMicros * (limit.burst() + 1)));
		assertThat(instances.get(0).tryConsume(List.of(charge("a", limit, limit.burst()))).join().isAllowed())
			.as("seed %s, %s: full after silence", seed, limit)
			.isTrue();
	}

	static LongStream noWindowAllowsMoreThanTheLimit() {
		long start = System.nanoTime();
		return LongStream.concat(LongStream.range(0, 100), LongStream.range(start, start + 20));
	}

	private RateLimiter limiter() {
		return new RateLimiter(this.store, new LocalBucketStore(), Duration.ofSeconds(5), List.of(this.received::add));
	}

	private void pass(Duration time) {
		this.micros.addAndGet(TimeUnit.NANOSECONDS.toMicros(time.toNanos()));
	}

	private long allowed(String key, int tries) {
		return IntStream.range(0, tries).filter((i) -> decide(charge(key)).allowed()).count();
	}

	private Decision decide(Charge charge) {
		return Stages.await(this.limiter.tryConsume(List.of(charge))).all().get(0);
	}

	private static Charge charge(String key) {
		return charge(key, TEN_PER_MINUTE, 1);
	}

	private static Charge charge(String key, OnUnavailable onUnavailable) {
		return new Charge(key, key, TEN_PER_MINUTE, 1, onUnavailable, false);
	}

	private static Charge charge(String key, RateLimit limit, long cost) {
		return new Charge(key, key, limit, cost, OnUnavailable.LOCAL, false);
	}

	/**
	 * A store with the clock of the test. The test can make it unavailable.
	 */
	private final class Store implements BucketStore {

		private final BucketStore target = LocalBucketStores.withClock(() -> RateLimiterTests.this.micros.get());

		private final AtomicBoolean away = new AtomicBoolean();

		private volatile @Nullable String awayFor;

		private volatile @Nullable String awayAfter;

		private volatile boolean mistake;

		private volatile boolean slots;

		@Override
		public CompletionStage<Answer> decide(List<Call> calls) {
			String key = calls.get(0).takes().get(0).key();
			if (this.away.get() || key.equals(this.awayFor)) {
				return CompletableFuture.failedFuture(new StoreUnavailableException("away"));
			}
			this.away.set(key.equals(this.awayAfter));
			if (this.mistake) {
				return CompletableFuture.failedFuture(new IllegalStateException("something else"));
			}
			return this.target.decide(calls);
		}

		@Override
		public CompletionStage<Void> remove(String key) {
			return this.away.get() ? CompletableFuture.failedFuture(new StoreUnavailableException("away"))
					: this.target.remove(key);
		}

		@Override
		public int slot(String key) {
			return this.slots ? key.hashCode() : 0;
		}

	}

}
