package dev.weir.sample.live;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.weir.annotation.Semaphore;
import dev.weir.sample.embedding.EmbeddingService;
import dev.weir.sample.search.VectorSearchService;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * The leases that stand in Redis, whoever holds them: locks as strings under name and
 * key, permits as a sorted set from owner to deadline.
 */
@Component
class HeldLeases {

	private static final int SCAN_COUNT = 1000;

	private final StringRedisTemplate redis;

	private final Environment environment;

	private final String prefix;

	private final Map<String, Integer> limits;

	HeldLeases(StringRedisTemplate redis, Environment environment, @Value("${weir.key-prefix}") String prefix) {
		this.redis = redis;
		this.environment = environment;
		this.prefix = prefix;
		this.limits = Stream.of(EmbeddingService.class, VectorSearchService.class)
			.flatMap((type) -> Arrays.stream(type.getDeclaredMethods()))
			.map((method) -> AnnotatedElementUtils.getMergedAnnotation(method, Semaphore.class))
			.filter(Objects::nonNull)
			.collect(Collectors.toMap(Semaphore::name, Semaphore::limit));
	}

	/**
	 * Counts the locks of a policy that are held, for all keys.
	 * @param name the name of the policy
	 * @return how many
	 */
	long locks(String name) {
		// SCAN looks at all keys, but unlike KEYS lets others in between.
		ScanOptions options = ScanOptions.scanOptions().match(this.prefix + name + ":*").count(SCAN_COUNT).build();
		try (Cursor<String> cursor = this.redis.scan(options)) {
			return cursor.stream().distinct().count();
		}
	}

	/**
	 * Counts the permits of a semaphore that are taken.
	 * @param name the name of the policy
	 * @return how many
	 */
	long permits(String name) {
		Long count = this.redis.opsForZSet()
			.count(this.prefix + name, System.currentTimeMillis(), Double.POSITIVE_INFINITY);
		return (count != null) ? count : 0;
	}

	/**
	 * Returns how many permits a semaphore has.
	 * @param name the name of the policy
	 * @return how many
	 */
	int limit(String name) {
		return this.environment.getProperty("weir.semaphore.policies." + name + ".limit", Integer.class,
				this.limits.getOrDefault(name, 0));
	}

}
