package dev.weir.sample.chat;

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
	@ConditionalOnProperty(name = "sample.chat.provider", havingValue = "extractive", matchIfMissing = true)
	ExtractiveAnswerer extractiveAnswerer(ChatProperties properties) {
		return new ExtractiveAnswerer(properties.wordDelay());
	}

	@Bean
	@ConditionalOnProperty(name = "sample.chat.provider", havingValue = "openai")
	OpenAiAnswerer openAiAnswerer(ChatProperties properties, JsonMapper json) {
		ChatProperties.OpenAi openai = properties.openai();
		Assert.state(openai != null, "The property 'sample.chat.provider' is 'openai', but no server is configured. "
				+ "Set 'sample.chat.openai.base-url' and 'sample.chat.openai.model'");
		return new OpenAiAnswerer(openai, json);
	}

}
