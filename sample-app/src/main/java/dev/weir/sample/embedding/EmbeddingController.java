package dev.weir.sample.embedding;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Embeddings over HTTP.
 */
@RestController
@RequestMapping("/api/embeddings")
class EmbeddingController {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddingController.class);

	private final EmbeddingService embeddings;

	private final Embedder embedder;

	EmbeddingController(EmbeddingService embeddings, Embedder embedder) {
		this.embeddings = embeddings;
		this.embedder = embedder;
	}

	@PostMapping
	Answer create(@Valid @RequestBody Question question) {
		String model = (question.model() != null) ? question.model() : this.embedder.model();
		Embedding embedding = this.embeddings.createEmbedding(question.text(), model);
		return new Answer(embedding.model(), embedding.vector().length, embedding.cached(), embedding.vector());
	}

	@ExceptionHandler({ UnknownModelException.class, UnreadableTextException.class })
	ProblemDetail handleBadRequest(RuntimeException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, ex.getMessage());
	}

	@ExceptionHandler
	ProblemDetail handle(EmbedderException ex) {
		logger.warn("{}", ex.getMessage(), ex.getCause());
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_GATEWAY, ex.getMessage());
	}

	/**
	 * What is asked.
	 *
	 * @param text the text
	 * @param model the name of the model, the one that is there by default
	 */
	record Question(
			@NotBlank(message = "'text' must not be blank") @Size(max = 8000,
					message = "'text' must have at most {max} characters") String text,
			@Nullable @Size(max = 200, message = "'model' must have at most {max} characters") String model) {

	}

	/**
	 * What is answered.
	 *
	 * @param model the name of the model
	 * @param dimensions the length of the vector
	 * @param cached whether it had been computed before
	 * @param embedding the vector
	 */
	record Answer(String model, int dimensions, boolean cached, float[] embedding) {

	}

}
