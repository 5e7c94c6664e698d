package dev.weir.redis;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

import dev.weir.ratelimit.BucketDirectory;
import dev.weir.ratelimit.BucketLevel;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * Lists the buckets on Redis with their levels.
 */
public final class RedisBucketDirectory implements BucketDirectory {

	private static final LuaScript<List<Object>> PAGE = LuaScript.list("bucket-page", "bucket", "scan");

	/** How many fields the script returns for each bucket. */
	private static final int FIELDS = 7;

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
					(master, from, keys) -> this.scripts.show(ScriptCall.at(master, PAGE, from, pattern, keys))
						.thenApply((result) -> new KeySpace.Part<>(buckets(result.subList(1, result.size())),
								result.get(0).toString())))
			.thenApply((page) -> new Page(page.found(), page.next()));
	}

	private static List<BucketLevel> buckets(List<Object> fields) {
		List<BucketLevel> buckets = new ArrayList<>();
		for (int i = 0; i + FIELDS <= fields.size(); i += FIELDS) {
			String name = fields.get(i).toString();
			RateLimit limit = new RateLimit(number(fields.get(i + 2)), micros(fields.get(i + 3)),
					number(fields.get(i + 4)));
			buckets.add(BucketLevel.of(name.substring(0, name.length() - SUFFIX.length()), number(fields.get(i + 1)),
					limit, micros(fields.get(i + 5)), micros(fields.get(i + 6))));
		}
		return buckets;
	}

	private static Duration micros(Object field) {
		return Duration.of(number(field), ChronoUnit.MICROS);
	}

	private static long number(Object field) {
		return ((Number) field).longValue();
	}

}
