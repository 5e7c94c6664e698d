package dev.weir.sample.service.chat;

import dev.weir.sample.service.provider.ProviderLimit;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.Assert;

/**
 * Creates the configured {@link Answerer}.
 */
@Configuration(proxyBeanMethods = false)
class ChatConfiguration {

	@Bean
	@ConditionalOnProperty(name = "sample.chat.provider", havingValue = "openai", matchIfMissing = true)
	OpenAiAnswerer openAiAnswerer(ChatProperties properties, ProviderLimit limit, JsonMapper json) {
		ChatProperties.OpenAi openai = properties.openai();
		Assert.state(openai != null, "No server for answers is configured. "
				+ "Set 'sample.chat.openai.base-url' and 'sample.chat.openai.model'");
		return new OpenAiAnswerer(openai, properties.maxAnswerTokens(), limit, json);
	}

}
