package dev.weir.sample.embedding;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Answers requests whose embedding could not be computed.
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
