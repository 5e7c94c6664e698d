package dev.weir.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.StoredBucket;
import org.jspecify.annotations.Nullable;

/**
 * Stores buckets in Redis, each as a string with the state that Bucket4j keeps of a
 * bucket ({@code RemoteBucketState}). One script reads and writes buckets on the master.
 */
public final class RedisBucketStore implements BucketStore {

	private static final LuaScript<List<Object>> SWAP = LuaScript.binary("bucket-swap");

	private static final LuaScript<Long> REMOVE = LuaScript.number("bucket-remove");

	private final RedisScripts scripts;

	/**
	 * Creates a store.
	 * @param scripts runs the scripts
	 */
	public RedisBucketStore(RedisScripts scripts) {
		this.scripts = scripts;
	}

	@Override
	public CompletionStage<Answer> swap(List<Swap> swaps, AssumedTime time) {
		List<String> keys = new ArrayList<>(swaps.size());
		List<Object> arguments = new ArrayList<>(2 + 3 * swaps.size());
		arguments.add(Bytes.of(time.earliest()));
		arguments.add(Bytes.of(time.latest()));
		for (Swap swap : swaps) {
			keys.add(RedisKeys.bucket(swap.key()));
			arguments.add(orNothing(swap.expected()));
			arguments.add(orNothing(swap.replacement()));
			arguments.add(Bytes.of(swap.ttlMillis()));
		}
		return this.scripts.run(SWAP, keys, arguments.toArray()).thenApply(RedisBucketStore::answer);
	}

	private static byte[] orNothing(@Nullable StoredBucket bucket) {
		return (bucket != null) ? bucket.bytes() : Bytes.NONE;
	}

	private static Answer answer(List<Object> result) {
		List<@Nullable StoredBucket> buckets = new ArrayList<>();
		for (Object bucket : result.subList(2, result.size())) {
			byte[] bytes = (byte[]) bucket;
			buckets.add((bytes.length > 0) ? StoredBucket.of(bytes) : null);
		}
		return new Answer(((Number) result.get(0)).longValue() == 1, ((Number) result.get(1)).longValue(), buckets);
	}

	@Override
	public CompletionStage<Void> remove(String key) {
		return this.scripts.run(REMOVE, List.of(RedisKeys.bucket(key))).thenApply((removed) -> null);
	}

	@Override
	public CompletionStage<?> ready() {
		return this.scripts.ready();
	}

	@Override
	public boolean isAway() {
		return this.scripts.isCircuitOpen();
	}

	@Override
	public int slot(String key) {
		return this.scripts.isCluster() ? RedisKeys.slot(RedisKeys.bucket(key)) : 0;
	}

}
