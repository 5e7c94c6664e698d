package dev.weir.local;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.BucketStoreContract;
import dev.weir.ratelimit.RateLimit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LocalBucketStore}.
 */
class LocalBucketStoreTests extends BucketStoreContract {

	private final LocalBucketStore store = new LocalBucketStore();

	@Override
	protected BucketStore store() {
		return this.store;
	}

	@Test
	void expiredBucketsAreForgotten() {
		AtomicLong micros = new AtomicLong(1_000_000);
		LocalBucketStore many = new LocalBucketStore(micros::get);
		IntStream.range(0, 1000).forEach((i) -> many.decide(List.of(take("key" + i))));
		assertThat(many.size()).isEqualTo(1000);
		micros.addAndGet(5_000_000);
		many.decide(List.of(take("another")));
		assertThat(many.size()).isEqualTo(1);
	}

	@Test
	void beginsWithTheInitialTokens() {
		BucketStore.Take take = new BucketStore.Take("initial", RateLimit.of(10, Duration.ofDays(1)), 1, false, 3);
		assertThat(this.store.decide(List.of(new BucketStore.Call(BucketStore.Action.TAKE, List.of(take))))
			.toCompletableFuture()
			.join()
			.results()
			.get(0)
			.get(0)
			.tokens()).isEqualTo(2);
	}

	@Test
	void beyondTheBoundTheFullestBucketIsForgotten() {
		LocalBucketStore bounded = new LocalBucketStore(() -> 1_000_000, 3);
		take(bounded, "empty", 10, false);
		take(bounded, "half", 5, false);
		take(bounded, "fuller", 2, false);
		take(bounded, "fullest", 1, false);
		assertThat(bounded.size()).isEqualTo(3);
		assertThat(tokens(bounded, "empty", false)).isZero();
		assertThat(tokens(bounded, "half", false)).isEqualTo(5);
		assertThat(tokens(bounded, "fuller", false)).isEqualTo(10);
		// The newest bucket stays, so that its caller is limited.
		assertThat(tokens(bounded, "fullest", false)).isEqualTo(9);
	}

	@Test
	void inventedKeysPushNoUserOut() {
		LocalBucketStore bounded = new LocalBucketStore(() -> 1_000_000, 3);
		take(bounded, "user", 1, false);
		for (int i = 0; i < 10_000; i++) {
			take(bounded, "invented" + i, 10, true);
		}
		assertThat(bounded.size()).isEqualTo(4);
		assertThat(tokens(bounded, "user", false)).isEqualTo(9);
		assertThat(tokens(bounded, "invented9999", true)).isZero();
		assertThat(bounded.list("inv", null, 10).toCompletableFuture().join().buckets()).hasSize(3);
		bounded.remove("invented9999");
		assertThat(tokens(bounded, "invented9999", true)).isEqualTo(10);
	}

	private static void take(BucketStore store, String key, long cost, boolean anonymous) {
		decide(store, BucketStore.Action.TAKE, key, cost, anonymous);
	}

	private static long tokens(BucketStore store, String key, boolean anonymous) {
		return decide(store, BucketStore.Action.PEEK, key, 1, anonymous).tokens();
	}

	private static BucketStore.Level decide(BucketStore store, BucketStore.Action action, String key, long cost,
			boolean anonymous) {
		return store
			.decide(List.of(new BucketStore.Call(action, List.of(new BucketStore.Take(key,
					RateLimit.of(10, Duration.ofDays(1)), cost, false, 10, anonymous, Duration.ZERO)))))
			.toCompletableFuture()
			.join()
			.results()
			.get(0)
			.get(0);
	}

	private static BucketStore.Call take(String key) {
		return new BucketStore.Call(BucketStore.Action.TAKE,
				List.of(new BucketStore.Take(key, RateLimit.of(10, Duration.ofSeconds(10)), 1, false, 10)));
	}

}
