package dev.weir.sample.embedding;

import java.net.URI;
import java.time.Duration;

import jakarta.validation.Valid;
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
 * @param provider Who computes embeddings.
 * @param cacheTtl Time for which an embedding is kept in Redis.
 * @param extraLatency Time that each computation takes longer, to watch the lock at work.
 * @param stampedeLatency Time that the computation takes longer that the page's button
 * "Stampede" asks for.
 * @param openai OpenAI-compatible server, if that is the provider.
 */
@Validated
@ConfigurationProperties("sample.embeddings")
public record EmbeddingProperties(@DefaultValue("minilm") Provider provider,
		@DefaultValue("24h") @NotNull @DurationMin(millis = 1) Duration cacheTtl,
		@DefaultValue("0") @NotNull @DurationMin Duration extraLatency,
		@DefaultValue("1500ms") @NotNull @DurationMin Duration stampedeLatency, @Valid @Nullable OpenAi openai) {

	/** What the texts begin with that the button "Stampede" asks for. */
	public static final String STAMPEDE = "Stampede ";

	/**
	 * Returns how much longer the computation of a text takes.
	 * @param text the text
	 * @return the time
	 */
	Duration extraLatency(String text) {
		return text.startsWith(STAMPEDE) ? this.extraLatency.plus(this.stampedeLatency) : this.extraLatency;
	}

	/**
	 * Who computes embeddings.
	 */
	public enum Provider {

		/** The model all-MiniLM-L6-v2, inside of this process. */
		MINILM,

		/**
		 * A server that speaks the protocol of OpenAI (Ollama, vLLM, OpenAI itself …).
		 */
		OPENAI

	}

	/**
	 * OpenAI-compatible server.
	 *
	 * @param baseUrl Address of the server, up to and including the version.
	 * @param apiKey Key for the server.
	 * @param model Name of the model.
	 * @param timeout Longest time that one computation may take. Shorter than the timeout
	 * of the lock.
	 */
	public record OpenAi(@NotNull URI baseUrl, @DefaultValue("none") String apiKey, @NotBlank String model,
			@DefaultValue("30s") @DurationMin(millis = 1) @DurationMax(seconds = 50) Duration timeout) {

	}

}
