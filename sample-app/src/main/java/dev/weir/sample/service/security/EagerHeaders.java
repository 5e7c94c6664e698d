package dev.weir.sample.service.security;

import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.web.header.HeaderWriterFilter;

/**
 * Writes headers before the request is handled. By default, Spring Security writes them
 * when the response is sent or when the filter returns, whichever is first. For a
 * streamed answer, these are two threads at the same time, and the headers of the
 * response are not thread-safe (spring-security issues 9175 and 15510).
 */
public final class EagerHeaders implements ObjectPostProcessor<HeaderWriterFilter> {

	@Override
	public <O extends HeaderWriterFilter> O postProcess(O filter) {
		filter.setShouldWriteHeadersEagerly(true);
		return filter;
	}

}
