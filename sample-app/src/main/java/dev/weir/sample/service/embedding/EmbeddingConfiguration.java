package dev.weir.sample.service.embedding;

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

	@Bean
	@ConditionalOnProperty(name = "sample.embeddings.provider", havingValue = "openai", matchIfMissing = true)
	OpenAiEmbedder openAiEmbedder(EmbeddingProperties properties) {
		EmbeddingProperties.OpenAi openai = properties.openai();
		Assert.state(openai != null,
				"No server for embeddings is configured. Set 'sample.embeddings.openai.base-url', 'sample.embeddings.openai.model' and "
						+ "'sample.embeddings.openai.dimensions'");
		return new OpenAiEmbedder(openai);
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
