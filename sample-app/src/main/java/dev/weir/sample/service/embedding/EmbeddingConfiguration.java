package dev.weir.sample.service.embedding;

import java.time.Duration;

import dev.weir.sample.service.provider.ProviderLimit;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.util.Assert;

/**
 * Creates the configured {@link Embedder} and the Redis template for vectors.
 */
@Configuration(proxyBeanMethods = false)
class EmbeddingConfiguration {

	/** The longest time in which a call waits and gets its answer. */
	private static final Duration LONGEST_CALL = Duration.ofSeconds(25);

	@Bean
	@ConditionalOnProperty(name = "sample.embeddings.provider", havingValue = "openai", matchIfMissing = true)
	OpenAiEmbedder openAiEmbedder(EmbeddingProperties properties, ProviderLimit limit) {
		EmbeddingProperties.OpenAi openai = properties.openai();
		Assert.state(openai != null,
				"No server for embeddings is configured. Set 'sample.embeddings.openai.base-url', 'sample.embeddings.openai.model' and "
						+ "'sample.embeddings.openai.dimensions'");
		Assert.state(limit.waitTime().plus(openai.timeout()).compareTo(LONGEST_CALL) <= 0, () -> "'"
				+ ProviderLimit.WAIT_TIME + "' (" + limit.waitTime().toSeconds()
				+ "s) and 'sample.embeddings.openai.timeout' (" + openai.timeout().toSeconds() + "s) must be at most "
				+ LONGEST_CALL.toSeconds()
				+ "s together, because the lock 'search_lock' around them is held for 30s. Shorten one of them");
		return new OpenAiEmbedder(openai, limit.interceptor());
	}

	@Bean
	RedisTemplate<String, float[]> vectorTemplate(RedisConnectionFactory connectionFactory) {
		RedisTemplate<String, float[]> template = new RedisTemplate<>();
		template.setConnectionFactory(connectionFactory);
		template.setKeySerializer(RedisSerializer.string());
		template.setValueSerializer(new VectorSerializer());
		return template;
	}

}
