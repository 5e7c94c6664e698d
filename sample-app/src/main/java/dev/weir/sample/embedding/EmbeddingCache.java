package dev.weir.sample.embedding;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

import dev.weir.sample.redis.FirstConnection;

import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.stereotype.Component;
import org.springframework.util.DigestUtils;

/**
 * Caches embeddings in Redis, for all instances.
 */
@Component
public class EmbeddingCache {

	private final RedisTemplate<String, float[]> redis;

	private final FirstConnection firstConnection;

	private final Duration ttl;

	EmbeddingCache(RedisTemplate<String, float[]> redis, FirstConnection firstConnection,
			EmbeddingProperties properties) {
		this.redis = redis;
		this.firstConnection = firstConnection;
		this.ttl = properties.cacheTtl();
	}

	/**
	 * Returns whether an embedding is in the cache, without fetching it.
	 * @param text the text
	 * @param model the model
	 * @return whether the embedding is in the cache
	 */
	public boolean contains(String text, String model) {
		return redis().hasKey(key(text, model));
	}

	Optional<float[]> find(String text, String model) {
		return Optional.ofNullable(redis().opsForValue().get(key(text, model)));
	}

	void put(String text, String model, float[] vector) {
		redis().opsForValue().set(key(text, model), vector, this.ttl);
	}

	private RedisTemplate<String, float[]> redis() {
		this.firstConnection.await();
		return this.redis;
	}

	private static String key(String text, String model) {
		String digest = DigestUtils.md5DigestAsHex((text + ":" + model).getBytes(StandardCharsets.UTF_8));
		return "embedding_cache:" + digest;
	}

}
