package dev.weir.sample.service.embedding;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.weir.sample.service.redis.CacheCounter;
import dev.weir.sample.service.redis.MemoryBudget;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.stereotype.Component;
import org.springframework.util.DigestUtils;

/**
 * Caches embeddings in Redis, for all instances.
 */
@Component
public class EmbeddingCache {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddingCache.class);

	private final RedisTemplate<String, float[]> redis;

	private final int dimensions;

	private final MemoryBudget memory;

	private final CacheCounter counter;

	private final Duration ttl;

	EmbeddingCache(RedisTemplate<String, float[]> redis, Embedder embedder, MemoryBudget memory, MeterRegistry meters,
			EmbeddingProperties properties) {
		this.redis = redis;
		this.dimensions = embedder.dimensions();
		this.memory = memory;
		this.counter = CacheCounter.of(meters, "embedding");
		this.ttl = properties.cacheTtl();
	}

	/**
	 * Returns whether an embedding is in the cache, without fetching it.
	 * @param text the text
	 * @param model the model
	 * @return whether the embedding is in the cache
	 */
	public boolean contains(String text, String model) {
		// A value of another size is no vector of this model.
		Long bytes = this.redis.opsForValue().size(key(text, model));
		return bytes != null && bytes == (long) this.dimensions * Float.BYTES;
	}

	/**
	 * Finds the embeddings of texts.
	 * @param texts the texts
	 * @param model the model
	 * @return the vectors that were found, by text
	 */
	Map<String, float[]> findAll(List<String> texts, String model) {
		List<float @Nullable []> found = this.redis.opsForValue()
			.multiGet(texts.stream().map((text) -> key(text, model)).toList());
		Map<String, float[]> vectors = new HashMap<>();
		for (int i = 0; found != null && i < texts.size(); i++) {
			float[] vector = found.get(i);
			if (vector != null && vector.length == this.dimensions && Vectors.isNormalized(vector)) {
				vectors.put(texts.get(i), vector);
			}
		}
		this.counter.hits().increment(vectors.size());
		return vectors;
	}

	/**
	 * Stores embeddings. If they cannot be stored, their callers still get them.
	 * @param vectors the vectors by text
	 * @param model the model
	 */
	void putAll(Map<String, float[]> vectors, String model) {
		this.counter.misses().increment(vectors.size());
		try {
			if (this.memory.hasRoomForCaches()) {
				vectors.forEach((text, vector) -> this.redis.opsForValue().set(key(text, model), vector, this.ttl));
			}
		}
		catch (DataAccessException ex) {
			logger.warn("An embedding could not be cached: {}", ex.getMessage());
		}
	}

	static String digest(String text, String model) {
		return DigestUtils.md5DigestAsHex((text + ":" + model).getBytes(StandardCharsets.UTF_8));
	}

	private static String key(String text, String model) {
		return "embedding_cache:" + digest(text, model);
	}

}
