package dev.weir.sample.service.embedding;

import java.net.URI;
import java.time.Duration;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The properties of the embeddings.
 *
 * @param provider Provider of the embeddings.
 * @param cacheTtl Time for which an embedding is kept in Redis.
 * @param failureTtl Time for which a failure of the provider is the answer to all
 * requests for the same text.
 * @param maxCalls Largest number of calls of the model at the same time, of one instance.
 * @param openai OpenAI-compatible server, if the provider is 'openai'.
 */
@Validated
@ConfigurationProperties("sample.embeddings")
public record EmbeddingProperties(@DefaultValue("openai") String provider,
		@DefaultValue("24h") @NotNull @DurationMin(millis = 1) Duration cacheTtl,
		@DefaultValue("2s") @NotNull @DurationMin(millis = 1) Duration failureTtl,
		@DefaultValue("64") @Min(1) int maxCalls, @Valid @Nullable OpenAi openai) {

	/**
	 * OpenAI-compatible server.
	 *
	 * @param baseUrl Address of the server, up to and including the version.
	 * @param apiKey Key for the server.
	 * @param model Name of the model.
	 * @param dimensions How many numbers each vector of the model has, such as 1536.
	 * @param maxTexts Largest number of texts in one call.
	 * @param timeout Longest time that one call may take. Together with the wait time of
	 * the policy {@code provider} it is shorter than the timeout of the lock.
	 */
	public record OpenAi(@NotNull URI baseUrl, @DefaultValue("none") String apiKey, @NotBlank String model, @NotNull(
			message = "'dimensions' is missing: set how many numbers each vector of the model has") @Min(1) Integer dimensions,
			@DefaultValue("100") @Min(1) int maxTexts,
			@DefaultValue("15s") @DurationMin(millis = 1) @DurationMax(seconds = 25) Duration timeout) {

	}

}
