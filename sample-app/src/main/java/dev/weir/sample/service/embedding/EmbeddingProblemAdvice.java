package dev.weir.sample.service.embedding;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
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
		logger.warn("{}", ex.getMessage());
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_GATEWAY, ex.getMessage());
	}

	@ExceptionHandler
	ResponseEntity<ProblemDetail> handle(EmbedderBusyException ex) {
		ResponseEntity.BodyBuilder answer = ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE);
		if (ex.getRetryAfter() != null) {
			answer.header(HttpHeaders.RETRY_AFTER, ex.getRetryAfter());
		}
		return answer.body(ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, ex.getMessage()));
	}

}
