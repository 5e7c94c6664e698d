package dev.weir.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

import dev.weir.ratelimit.BucketDirectory;
import dev.weir.ratelimit.BucketLevel;
import dev.weir.ratelimit.StoredBucket;
import org.jspecify.annotations.Nullable;

/**
 * Lists the buckets on Redis with their levels.
 */
public final class RedisBucketDirectory implements BucketDirectory {

	private static final LuaScript<List<Object>> PAGE = LuaScript.binary("bucket-page", "scan");

	private static final String SUFFIX = RedisKeys.bucket("");

	private final RedisScripts scripts;

	private final KeySpace keys;

	/**
	 * Creates a directory.
	 * @param scripts runs the scripts
	 */
	public RedisBucketDirectory(RedisScripts scripts) {
		this.scripts = scripts;
		this.keys = new KeySpace(scripts);
	}

	@Override
	public CompletionStage<Page> list(String prefix, @Nullable String cursor, int count) {
		String pattern = KeySpace.literally(prefix) + "*" + KeySpace.literally(SUFFIX);
		return this.keys
			.page(cursor, count,
					(master, from, keys) -> this.scripts
						.runAt(master, PAGE, Bytes.of(from), Bytes.of(pattern), Bytes.of(keys))
						.thenApply((result) -> new KeySpace.Part<>(buckets(result), Bytes.text(result.get(0)))))
			.thenApply((page) -> new Page(page.found(), page.next()));
	}

	private static List<BucketLevel> buckets(List<Object> result) {
		long micros = ((Number) result.get(1)).longValue();
		List<BucketLevel> buckets = new ArrayList<>();
		for (int i = 2; i + 1 < result.size(); i += 2) {
			String name = Bytes.text(result.get(i));
			BucketLevel level = BucketLevel.of(name.substring(0, name.length() - SUFFIX.length()),
					StoredBucket.of((byte[]) result.get(i + 1)), micros);
			if (level != null) {
				buckets.add(level);
			}
		}
		return buckets;
	}

}
