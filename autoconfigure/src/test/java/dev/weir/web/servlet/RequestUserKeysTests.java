package dev.weir.web.servlet;

import java.security.Principal;

import dev.weir.web.RateLimitHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
	@CsvSource({ "192.0.2.7, ip:192.0.2.7", "::ffff:192.0.2.7, ip:192.0.2.7",
			"2001:db8:1:2:3:4:5:6, ip:20010db800010002/64", "2001:db8:1:2::9%eth0, ip:20010db800010002/64",
			"::1, ip:0000000000000000/64", "999.1.1.1, ip:999.1.1.1", "unknown, ip:unknown", "1:2, ip:1:2" })
	void anAnonymousClientIsIdentifiedByItsAddress(String address, String key) {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setRemoteAddr(address);
		assertThat(RequestUserKeys.user(request)).isEqualTo(key);
	}

	@ParameterizedTest
	@ValueSource(strings = { "999.1.1.1", "256.0.0.1", "1.2.3", "1.2.3.4.5", "example.org", "cafe", "" })
	void textOtherThanAnAddressIsNeverLookedUp(String text) {
		assertThat(RequestUserKeys.isAddress(text)).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "0.0.0.0", "255.255.255.255", "10.20.199.249", "::", "fe80::1%lo" })
	void recognizesAddresses(String text) {
		assertThat(RequestUserKeys.isAddress(text)).isTrue();
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
