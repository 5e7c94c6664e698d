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

	private static BucketStore.Call take(String key) {
		return new BucketStore.Call(BucketStore.Action.TAKE,
				List.of(new BucketStore.Take(key, RateLimit.of(10, Duration.ofSeconds(10)), 1, false, 10)));
	}

}
