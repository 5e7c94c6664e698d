package dev.weir.sample.service.embedding;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * Keeps failures of the model in Redis for a moment. All callers that wait for the
 * embedding of a text get the failure of the one call that was made. Otherwise they would
 * call a failing provider one after the other.
 */
@Component
class EmbedderFailures {

	private final StringRedisTemplate redis;

	private final JsonMapper json;

	private final EmbeddingProperties properties;

	EmbedderFailures(StringRedisTemplate redis, JsonMapper json, EmbeddingProperties properties) {
		this.redis = redis;
		this.json = json;
		this.properties = properties;
	}

	/**
	 * Throws the recent failure of a text, if there is one.
	 * @param texts the texts
	 * @param model the name of the model
	 * @throws EmbedderException if there is a recent failure
	 */
	void rethrow(List<String> texts, String model) {
		List<@Nullable String> found = this.redis.opsForValue().multiGet(keys(texts, model));
		if (found != null) {
			found.stream()
				.filter(Objects::nonNull)
				.map(this::read)
				.flatMap(Optional::stream)
				.findFirst()
				.ifPresent((failure) -> {
					throw failure.toException(model);
				});
		}
	}

	/**
	 * Stores a failure. The failure of a call with several texts may be the fault of one
	 * of them, so it is not stored, unless the provider limits the rate of all requests.
	 * @param texts the texts of the call
	 * @param model the name of the model
	 * @param ex the failure
	 */
	void put(List<String> texts, String model, EmbedderException ex) {
		if (texts.size() > 1 && !(ex instanceof EmbedderBusyException)) {
			return;
		}
		String failure = this.json.writeValueAsString(Failure.of(ex));
		try {
			keys(texts, model)
				.forEach((key) -> this.redis.opsForValue().set(key, failure, this.properties.failureTtl()));
		}
		catch (DataAccessException unavailable) {
			ex.addSuppressed(unavailable);
		}
	}

	private Optional<Failure> read(String value) {
		try {
			return Optional.of(this.json.readValue(value, Failure.class));
		}
		catch (JacksonException ex) {
			// Another version of the service may have written it.
			return Optional.empty();
		}
	}

	private static List<String> keys(List<String> texts, String model) {
		return texts.stream().map((text) -> "embedding_failure:" + EmbeddingCache.digest(text, model)).toList();
	}

	/**
	 * A failure.
	 *
	 * @param problem the problem
	 * @param busy whether the provider limits the rate of requests
	 * @param retryAfter the {@code Retry-After} of the provider
	 */
	private record Failure(String problem, boolean busy, @Nullable String retryAfter) {

		static Failure of(EmbedderException ex) {
			return (ex instanceof EmbedderBusyException busy) ? new Failure(ex.getProblem(), true, busy.getRetryAfter())
					: new Failure(ex.getProblem(), false, null);
		}

		EmbedderException toException(String model) {
			return this.busy ? new EmbedderBusyException(model, this.problem, this.retryAfter)
					: new EmbedderException(model, this.problem);
		}

	}

}
