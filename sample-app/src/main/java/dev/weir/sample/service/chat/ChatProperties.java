package dev.weir.sample.service.chat;

import java.net.URI;
import java.time.Duration;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The properties of the chat.
 *
 * @param provider Provider of the answers.
 * @param notes Number of notes that an answer may use.
 * @param minScore Lowest similarity to the question of a note that an answer uses, at
 * most 1.
 * @param maxAnswerTokens Longest answer of the model, in tokens. Part of the estimate for
 * the limits on tokens.
 * @param heartbeat Interval between heartbeats, which show that a stream is alive.
 * @param timeout Longest time that an answer may take, whichever answerer gives it.
 * @param shutdownGrace Time that answers have to end when the instance stops. It is
 * shorter than {@code spring.lifecycle.timeout-per-shutdown-phase}.
 * @param openai OpenAI-compatible server, if the provider is 'openai'.
 */
@Validated
@ConfigurationProperties("sample.chat")
public record ChatProperties(@DefaultValue("openai") String provider, @DefaultValue("3") @Min(1) @Max(20) int notes,
		@DefaultValue("0.3") double minScore, @DefaultValue("500") @Min(1) int maxAnswerTokens,
		@DefaultValue("5s") @NotNull @DurationMin(millis = 1) Duration heartbeat,
		@DefaultValue("2m") @NotNull @DurationMin(millis = 1) Duration timeout,
		@DefaultValue("20s") @NotNull @DurationMin Duration shutdownGrace, @Valid @Nullable OpenAi openai) {

	/**
	 * OpenAI-compatible server.
	 *
	 * @param baseUrl Address of the server, up to and including the version.
	 * @param apiKey Key for the server.
	 * @param model Name of the model.
	 * @param timeout Longest time that one answer may take.
	 * @param silence Longest time between two pieces of an answer, and before the first
	 * one.
	 */
	public record OpenAi(@NotNull URI baseUrl, @DefaultValue("none") String apiKey, @NotBlank String model,
			@DefaultValue("60s") @DurationMin(millis = 1) Duration timeout,
			@DefaultValue("20s") @DurationMin(millis = 1) Duration silence) {

	}

}
