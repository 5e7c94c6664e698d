package dev.weir.ratelimit;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import dev.weir.ratelimit.BucketStore.Answer;
import dev.weir.ratelimit.BucketStore.AssumedTime;
import dev.weir.ratelimit.BucketStore.Swap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that every {@link BucketStore} must pass.
 */
@Timeout(60)
public abstract class BucketStoreContract {

	private static final long FOR_EVER = Long.MAX_VALUE / 4;

	private static final AssumedTime ANY_TIME = new AssumedTime(0, FOR_EVER, FOR_EVER);

	private final String key = UUID.randomUUID().toString();

	private final String other = UUID.randomUUID().toString();

	protected abstract BucketStore store();

	@Test
	void aBucketIsWrittenIfItIsAsExpected() {
		assertThat(swap(new Swap(this.key, null, bucket("one"), 60_000)).applied()).isTrue();
		assertThat(swap(new Swap(this.key, bucket("one"), bucket("two"), 60_000)).applied()).isTrue();
		assertThat(stored(this.key)).isEqualTo(bucket("two"));
	}

	@Test
	void aRefusalReturnsTheCurrentBuckets() {
		swap(new Swap(this.key, null, bucket("one"), 60_000));
		Answer answer = swap(new Swap(this.key, null, bucket("two"), 60_000),
				new Swap(this.other, bucket("gone"), bucket("two"), 60_000));
		assertThat(answer.applied()).isFalse();
		assertThat(answer.buckets()).containsExactly(bucket("one"), null);
		assertThat(stored(this.key)).isEqualTo(bucket("one"));
	}

	@Test
	void allBucketsOfAStepAreWrittenOrNone() {
		swap(new Swap(this.key, null, bucket("one"), 60_000));
		assertThat(swap(new Swap(this.other, null, bucket("new"), 60_000),
				new Swap(this.key, bucket("wrong"), bucket("new"), 60_000))
			.applied()).isFalse();
		assertThat(stored(this.other)).isNull();
		assertThat(swap(new Swap(this.other, null, bucket("new"), 60_000),
				new Swap(this.key, bucket("one"), bucket("new"), 60_000))
			.applied()).isTrue();
		assertThat(stored(this.other)).isEqualTo(bucket("new"));
		assertThat(stored(this.key)).isEqualTo(bucket("new"));
	}

	@Test
	void comparingWritesNothing() {
		swap(new Swap(this.key, null, bucket("one"), 60_000));
		assertThat(swap(new Swap(this.key, bucket("one"), null, 0)).applied()).isTrue();
		assertThat(swap(new Swap(this.other, null, null, 0)).applied()).isTrue();
		assertThat(stored(this.key)).isEqualTo(bucket("one"));
		assertThat(stored(this.other)).isNull();
	}

	@Test
	void bytesOfAnyValueSurvive() {
		byte[] bytes = new byte[256];
		for (int i = 0; i < bytes.length; i++) {
			bytes[i] = (byte) i;
		}
		StoredBucket all = StoredBucket.of(bytes);
		swap(new Swap(this.key, null, all, 60_000));
		assertThat(swap(new Swap(this.key, all, null, 0)).applied()).isTrue();
		assertThat(stored(this.key)).isEqualTo(all);
	}

	@Test
	void aBucketExpiresUnlessItLivesForEver() {
		swap(new Swap(this.key, null, bucket("short"), 50), new Swap(this.other, null, bucket("long"), 0));
		await().atMost(10, TimeUnit.SECONDS).until(() -> stored(this.key) == null);
		assertThat(stored(this.other)).isEqualTo(bucket("long"));
	}

	@Test
	void aStepWithAWrongTimeIsRefused() {
		long now = swap(new Swap(this.key, null, null, 0)).micros();
		Swap write = new Swap(this.key, null, bucket("one"), 60_000);
		assertThat(swap(new AssumedTime(now + 60_000_000, 1_000_000, 1_000_000), write).applied()).isFalse();
		assertThat(swap(new AssumedTime(now - 60_000_000, 1_000_000, 1_000_000), write).applied()).isFalse();
		assertThat(stored(this.key)).isNull();
		assertThat(swap(new AssumedTime(now + 60_000_000, 120_000_000, 0), write).applied()).isTrue();
	}

	@Test
	void theTimePasses() {
		long first = swap(new Swap(this.key, null, null, 0)).micros();
		await().atMost(10, TimeUnit.SECONDS).until(() -> swap(new Swap(this.key, null, null, 0)).micros() > first);
		assertThat(first).isBetween(TimeUnit.SECONDS.toMicros(1_700_000_000),
				TimeUnit.SECONDS.toMicros(9_000_000_000L));
	}

	@Test
	void aRemovedBucketIsGone() {
		swap(new Swap(this.key, null, bucket("one"), 60_000));
		store().remove(this.key).toCompletableFuture().join();
		store().remove(this.key).toCompletableFuture().join();
		assertThat(stored(this.key)).isNull();
	}

	private Answer swap(Swap... swaps) {
		return swap(ANY_TIME, swaps);
	}

	private Answer swap(AssumedTime time, Swap... swaps) {
		return store().swap(List.of(swaps), time).toCompletableFuture().join();
	}

	private @Nullable StoredBucket stored(String key) {
		Answer answer = swap(new Swap(key, bucket("certainly not this"), null, 0));
		return answer.buckets().get(0);
	}

	private static StoredBucket bucket(String text) {
		return StoredBucket.of(text.getBytes(StandardCharsets.UTF_8));
	}

}
