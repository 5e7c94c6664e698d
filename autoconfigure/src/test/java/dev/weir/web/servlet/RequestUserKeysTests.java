package dev.weir.web.servlet;

import java.security.Principal;

import dev.weir.web.RateLimitHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RequestUserKeys}.
 */
class RequestUserKeysTests {

	@AfterEach
	void reset() {
		RequestContextHolder.resetRequestAttributes();
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "", " " })
	void aPrincipalWithoutANameIsAnonymous(String name) {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setRemoteAddr("192.0.2.7");
		request.setUserPrincipal(() -> name);
		assertThat(RequestUserKeys.user(request)).isEqualTo("ip:192.0.2.7");
	}

	@Test
	void aUserIsIdentifiedByName() {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setUserPrincipal(() -> "alice");
		assertThat(RequestUserKeys.user(request)).isEqualTo("user:alice");
	}

	@Test
	void aThreadThatOutlivesItsRequestHasNoUser() {
		RequestContextHolder.setRequestAttributes(new ServletRequestAttributes(new Finished()));
		assertThat(new RequestUserKeys().resolve()).isNull();
		RequestCharges charges = new RequestCharges(RateLimitHeaders.STANDARD);
		assertThat(charges.isCharged(Finished.class.getDeclaredMethods()[0])).isFalse();
		assertThat(charges.isHandler(Finished.class.getDeclaredMethods()[0])).isFalse();
	}

	@Test
	void withoutARequestThereIsNoUser() {
		assertThat(new RequestUserKeys().resolve()).isNull();
	}

	/** A request that Tomcat has recycled. */
	private static final class Finished extends MockHttpServletRequest {

		@Override
		public Object getAttribute(String name) {
			throw new IllegalStateException("recycled");
		}

		@Override
		public Principal getUserPrincipal() {
			throw new IllegalStateException("recycled");
		}

	}

}
