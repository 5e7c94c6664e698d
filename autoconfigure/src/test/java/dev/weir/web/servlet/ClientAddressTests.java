package dev.weir.web.servlet;

import dev.weir.policy.expression.Digests;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.web.MockHttpServletRequest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link ClientAddress}.
 */
class ClientAddressTests {

	@ParameterizedTest
	@ValueSource(strings = { "192.0.2.7", "192.0.2.7:40001", "[192.0.2.7]:40001", "[192.0.2.7:40001]",
			"::ffff:192.0.2.7", "::FFFF:c000:207", "[::ffff:192.0.2.7]", "[::ffff:192.0.2.7]:40001", " 192.0.2.7 " })
	void allFormsOfAnIpv4AddressHaveOneKey(String form) {
		assertThat(ClientAddress.normalized(form)).isEqualTo("192.0.2.7");
	}

	@ParameterizedTest
	@ValueSource(strings = { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9%eth0", "[2001:db8:1:2::9]:443",
			"[2001:db8:1:2::9%eth0]:443", "[2001:DB8:1:2::9]", "2001:0db8:0001:0002:ffff:ffff:ffff:ffff",
			"2001:db8:1:2:3:4:192.0.2.7" })
	void allAddressesOfAnIpv6NetworkHaveOneKey(String form) {
		assertThat(ClientAddress.normalized(form)).isEqualTo("20010db800010002/64");
	}

	@ParameterizedTest
	@ValueSource(strings = { "999.1.1.1", "256.0.0.1", "1.2.3", "1.2.3.4.5", "example.org", "example.org:80", "cafe",
			"unknown", "_hidden", "1:2", "", ".:1", "[.:1]", "..:", "[example.org]:80", "::ffff:999.1.1.1" })
	void otherTextIsHashed(String text) {
		assertThat(ClientAddress.normalized(text)).isEqualTo("sha256:" + Digests.sha256(text).substring(0, 32));
	}

	@ParameterizedTest
	@CsvSource({ "::1, 0000000000000000/64", "0.0.0.0, 0.0.0.0", "fe80::1%lo, fe80000000000000/64" })
	void specialAddressesAreAddresses(String text, String key) {
		assertThat(ClientAddress.normalized(text)).isEqualTo(key);
	}

	@Test
	void aRequestWithoutAnAddressHasAKey() {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setRemoteAddr(null);
		assertThatNoException().isThrownBy(() -> ClientAddress.key(request));
	}

	@ParameterizedTest
	@ValueSource(strings = { ":", "[", "1", ".", "%", "1.", "f:" })
	@Timeout(10)
	void longTextCostsNoTime(String part) {
		String text = part.repeat(64 * 1024);
		for (int i = 0; i < 1_000; i++) {
			assertThat(ClientAddress.normalized(text)).startsWith("sha256:").hasSize(39);
		}
	}

}
