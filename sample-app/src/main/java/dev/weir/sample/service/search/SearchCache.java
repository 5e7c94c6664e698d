package dev.weir.sample.service.search;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import dev.weir.sample.service.redis.CacheCounter;
import dev.weir.sample.service.redis.MemoryBudget;
import dev.weir.transaction.RedisTransactionException;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.spring.SpringValueSerializer;
import io.micrometer.core.instrument.MeterRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.stereotype.Component;
import org.springframework.util.DigestUtils;

/**
 * Caches the results of searches in Redis, for all instances. No result is older than the
 * last upload, because an upload removes all results that are in the list of results. So
 * a result is written together with its entry in that list, and only if there was no
 * upload since the search began.
 */
@Component
public class SearchCache {

	private static final Logger logger = LoggerFactory.getLogger(SearchCache.class);

	private static final TypeReference<List<Hit>> HITS = new TypeReference<>() {
	};

	private final StringRedisTemplate redis;

	private final RedisTransactionOperations transactions;

	private final VectorKeys keys;

	private final JsonMapper json;

	private final SearchProperties properties;

	private final MemoryBudget memory;

	private final CacheCounter counter;

	SearchCache(StringRedisTemplate redis, RedisTransactionOperations transactions, VectorKeys keys, JsonMapper json,
			SearchProperties properties, MemoryBudget memory, MeterRegistry meters) {
		this.redis = redis;
		// Writes texts in the format that the template reads.
		this.transactions = transactions.with(new SpringValueSerializer(RedisSerializer.string()));
		this.keys = keys;
		this.json = json;
		this.properties = properties;
		this.memory = memory;
		this.counter = CacheCounter.of(meters, "search");
	}

	/**
	 * Returns whether a result is in the cache, without fetching it.
	 * @param query the query
	 * @param topK the largest number of documents
	 * @param filter the filter for the documents
	 * @return whether the result is in the cache
	 */
	public boolean contains(String query, int topK, SearchFilter filter) {
		return this.redis.hasKey(key(query, topK, filter));
	}

	Optional<List<Hit>> find(String query, int topK, SearchFilter filter) {
		String value = this.redis.opsForValue().get(key(query, topK, filter));
		((value != null) ? this.counter.hits() : this.counter.misses()).increment();
		return Optional.ofNullable(value).map((hits) -> this.json.readValue(hits, HITS));
	}

	/**
	 * Stores a result, unless documents were stored since the search began. If it cannot
	 * be stored, its caller still gets it.
	 * @param query the query
	 * @param topK the largest number of documents
	 * @param filter the filter for the documents
	 * @param hits the result
	 * @param version the version of the documents before the search
	 */
	void put(String query, int topK, SearchFilter filter, List<Hit> hits, String version) {
		try {
			if (this.memory.hasRoomForCaches()) {
				store(key(query, topK, filter), this.json.writeValueAsString(hits), version);
			}
		}
		catch (DataAccessException | RedisTransactionException ex) {
			logger.warn("The result of a search could not be cached: {}", ex.getMessage());
		}
	}

	private void store(String key, String value, String version) {
		Instant now = Instant.now();
		Instant end = now.plus(this.properties.resultTtl());
		this.transactions.executeWithoutResult((tx) -> {
			String uploads = tx.get(this.keys.uploads(), String.class);
			if (version.equals((uploads != null) ? uploads : "")) {
				tx.increment(this.keys.kept(), 1);
				tx.set(key, value, this.properties.resultTtl());
				tx.sortedSetRemoveByScore(this.keys.results(), 0, now.toEpochMilli());
				tx.sortedSetAdd(this.keys.results(), key, end.toEpochMilli());
				tx.expire(this.keys.results(), this.properties.resultTtl());
			}
		});
	}

	private String key(String query, int topK, SearchFilter filter) {
		// The text of a filter is JSON and contains the only braces after the last
		// number, so different searches have different digests.
		String search = query + ":" + topK + ":" + filter;
		return this.keys.result(DigestUtils.md5DigestAsHex(search.getBytes(StandardCharsets.UTF_8)));
	}

}
