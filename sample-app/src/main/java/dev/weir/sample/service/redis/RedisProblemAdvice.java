package dev.weir.sample.service.redis;

import dev.weir.transaction.RedisTransactionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Handles requests that fail because Redis does not answer. Requests that fail at a lock
 * are handled by Weir itself.
 */
@RestControllerAdvice
class RedisProblemAdvice {

	private static final Logger logger = LoggerFactory.getLogger(RedisProblemAdvice.class);

	@ExceptionHandler({ DataAccessException.class, RedisTransactionException.class })
	ResponseEntity<ProblemDetail> handle(RuntimeException ex) {
		logger.warn("The cache is unavailable: {}", NestedExceptionUtils.getMostSpecificCause(ex).getMessage());
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE,
				"The cache does not answer. Try again later.");
		return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
			.contentType(MediaType.APPLICATION_PROBLEM_JSON)
			.header(HttpHeaders.RETRY_AFTER, "1")
			.body(problem);
	}

}
