package dev.weir.sample.embedding;

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
 * @param extraLatency Additional time of each computation, to make the effect of the lock
 * visible.
 * @param stampedeLatency Additional time of the computation that the button "Start a
 * stampede" on the page requests.
 * @param openai OpenAI-compatible server, if the provider is 'openai'.
 */
@Validated
@ConfigurationProperties("sample.embeddings")
public record EmbeddingProperties(@DefaultValue("minilm") Provider provider,
		@DefaultValue("24h") @NotNull @DurationMin(millis = 1) Duration cacheTtl,
		@DefaultValue("0") @NotNull @DurationMin Duration extraLatency,
		@DefaultValue("1500ms") @NotNull @DurationMin Duration stampedeLatency, @Valid @Nullable OpenAi openai) {

	/** Beginning of the texts that the button "Start a stampede" on the page requests. */
	public static final String STAMPEDE = "Stampede ";

	/**
	 * Returns the additional time of the computation for a text.
	 * @param text the text
	 * @return the time
	 */
	Duration extraLatency(String text) {
		return text.startsWith(STAMPEDE) ? this.extraLatency.plus(this.stampedeLatency) : this.extraLatency;
	}

	/**
	 * Provider of the embeddings.
	 */
	public enum Provider {

		/** The model all-MiniLM-L6-v2, inside of this process. */
		MINILM,

		/**
		 * A server that supports the protocol of OpenAI (Ollama, vLLM, OpenAI itself …).
		 */
		OPENAI

	}

	/**
	 * OpenAI-compatible server.
	 *
	 * @param baseUrl Address of the server, up to and including the version.
	 * @param apiKey Key for the server.
	 * @param model Name of the model.
	 * @param dimensions How many numbers each vector of the model has, such as 1536.
	 * @param timeout Longest time that one computation may take. It is shorter than the
	 * timeout of the lock.
	 */
	public record OpenAi(@NotNull URI baseUrl, @DefaultValue("none") String apiKey, @NotBlank String model, @NotNull(
			message = "'dimensions' is missing: set how many numbers each vector of the model has") @Min(1) Integer dimensions,
			@DefaultValue("30s") @DurationMin(millis = 1) @DurationMax(seconds = 50) Duration timeout) {

	}

}
