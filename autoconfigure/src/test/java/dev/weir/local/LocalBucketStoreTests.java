package dev.weir.local;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.BucketStore.AssumedTime;
import dev.weir.ratelimit.BucketStore.Swap;
import dev.weir.ratelimit.BucketStoreContract;
import dev.weir.ratelimit.StoredBucket;
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
		AssumedTime time = new AssumedTime(1_000_000, Long.MAX_VALUE / 4, Long.MAX_VALUE / 4);
		IntStream.range(0, 1000)
			.forEach((i) -> many.swap(List.of(new Swap("key" + i, null, StoredBucket.of(new byte[] { 1 }), 5_000)),
					time));
		assertThat(many.size()).isEqualTo(1000);
		micros.addAndGet(5_000_000);
		many.swap(List.of(new Swap("another", null, StoredBucket.of(new byte[] { 1 }), 5_000)), time);
		assertThat(many.size()).isEqualTo(1);
	}

}
