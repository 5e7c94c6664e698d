package dev.weir.sample.search;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import dev.weir.sample.redis.FirstConnection;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.spring.SpringValueSerializer;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.stereotype.Component;
import org.springframework.util.DigestUtils;

/**
 * The results of searches, in Redis, for all instances. None of them is older than the
 * last upload: that removes all which stand in the list of results. So a result is
 * written together with its entry in that list, and only if nothing was uploaded since
 * the search began.
 */
@Component
public class SearchCache {

	private static final TypeReference<List<Hit>> HITS = new TypeReference<>() {
	};

	private final StringRedisTemplate redis;

	private final FirstConnection firstConnection;

	private final RedisTransactionOperations transactions;

	private final VectorKeys keys;

	private final JsonMapper json;

	private final SearchProperties properties;

	SearchCache(StringRedisTemplate redis, FirstConnection firstConnection, RedisTransactionOperations transactions,
			VectorKeys keys, JsonMapper json, SearchProperties properties) {
		this.redis = redis;
		this.firstConnection = firstConnection;
		// Texts as the template reads them.
		this.transactions = transactions.with(new SpringValueSerializer(RedisSerializer.string()));
		this.keys = keys;
		this.json = json;
		this.properties = properties;
	}

	/**
	 * Whether a result is there, without fetching it.
	 * @param query the query
	 * @param topK how many documents at most
	 * @param filter which documents
	 * @return whether it is there
	 */
	public boolean contains(String query, int topK, SearchFilter filter) {
		this.firstConnection.await();
		return this.redis.hasKey(key(query, topK, filter));
	}

	Optional<List<Hit>> find(String query, int topK, SearchFilter filter) {
		return Optional.ofNullable(this.redis.opsForValue().get(key(query, topK, filter)))
			.map((value) -> this.json.readValue(value, HITS));
	}

	/**
	 * Keeps a result, unless documents were stored since.
	 * @param query the query
	 * @param topK how many documents at most
	 * @param filter which documents
	 * @param hits the result
	 * @param version the version of the documents before the search
	 */
	void put(String query, int topK, SearchFilter filter, List<Hit> hits, String version) {
		String key = key(query, topK, filter);
		String value = this.json.writeValueAsString(hits);
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
		// No filter has a colon in its text, so each digest stands for one search.
		String search = query + ":" + topK + ":" + filter;
		return this.keys.result(DigestUtils.md5DigestAsHex(search.getBytes(StandardCharsets.UTF_8)));
	}

}
