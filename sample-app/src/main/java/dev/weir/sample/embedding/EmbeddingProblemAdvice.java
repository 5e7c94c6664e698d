package dev.weir.sample.embedding;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Answers requests for which an embedding was needed and could not be made.
 */
@RestControllerAdvice
class EmbeddingProblemAdvice {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddingProblemAdvice.class);

	@ExceptionHandler({ UnknownModelException.class, UnreadableTextException.class })
	ProblemDetail handleBadRequest(RuntimeException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, ex.getMessage());
	}

	@ExceptionHandler
	ProblemDetail handle(EmbedderException ex) {
		logger.warn("{}", ex.getMessage(), ex.getCause());
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_GATEWAY, ex.getMessage());
	}

}
