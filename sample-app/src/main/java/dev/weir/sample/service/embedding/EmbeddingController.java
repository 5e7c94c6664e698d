package dev.weir.sample.service.embedding;

import java.util.List;

import dev.weir.annotation.RateLimited;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;

import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Creates embeddings over HTTP.
 */
@RestController
@RequestMapping("/api/embeddings")
class EmbeddingController {

	private final EmbeddingService embeddings;

	EmbeddingController(EmbeddingService embeddings) {
		this.embeddings = embeddings;
	}

	@PostMapping
	@RateLimited(name = "embeddings:user", limit = 2000, window = "1m", perUser = true)
	Answer create(@Valid @RequestBody Question question) {
		String model = (question.model() != null) ? question.model() : this.embeddings.model();
		return Answer.of(this.embeddings.createEmbedding(question.text(), model));
	}

	@PostMapping("/batch")
	@RateLimited(name = "embeddings:user", limit = 2000, window = "1m", perUser = true,
			costExpression = "#question.texts().size()")
	BatchAnswer createBatch(@Valid @RequestBody BatchQuestion question) {
		return new BatchAnswer(
				this.embeddings.createEmbeddingsBatch(question.texts()).stream().map(Answer::of).toList());
	}

	/**
	 * A request for the embedding of a text.
	 *
	 * @param text the text
	 * @param model the name of the model, by default that of the configured model
	 */
	record Question(
			@NotBlank(message = "'text' must not be blank") @Size(max = 8000,
					message = "'text' must have at most {max} characters") String text,
			@Nullable @Size(max = 200, message = "'model' must have at most {max} characters") String model) {

	}

	/**
	 * The embedding of a text.
	 *
	 * @param model the name of the model
	 * @param dimensions the length of the vector
	 * @param cached whether the vector was found in the cache
	 * @param embedding the vector
	 */
	record Answer(String model, int dimensions, boolean cached, float[] embedding) {

		static Answer of(Embedding embedding) {
			return new Answer(embedding.model(), embedding.vector().length, embedding.cached(), embedding.vector());
		}

	}

	/**
	 * A request for the embeddings of many texts.
	 *
	 * @param texts the texts
	 */
	record BatchQuestion(@NotEmpty(message = "'texts' must not be empty") @Size(max = 200,
			message = "'texts' must have at most {max} elements") List<@NotBlank(
					message = "a text must not be blank") @Size(max = 8000,
							message = "each text must have at most {max} characters") String> texts) {

	}

	/**
	 * The embeddings of many texts.
	 *
	 * @param embeddings the embedding of each text
	 */
	record BatchAnswer(List<Answer> embeddings) {

	}

}
