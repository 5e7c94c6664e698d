package dev.weir.web.servlet;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import dev.weir.core.HostileText;
import dev.weir.core.LogWatch;
import dev.weir.core.OnUnavailable;
import dev.weir.core.Utf8;
import dev.weir.policy.Callers;
import dev.weir.policy.Rate;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitSettings;
import dev.weir.policy.RateWindow;
import dev.weir.policy.UserHash;
import dev.weir.ratelimit.Charge;
import jakarta.servlet.http.MappingMatch;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

import org.springframework.http.server.PathContainer;
import org.springframework.mock.web.MockHttpServletMapping;
import org.springframework.mock.web.MockHttpServletRequest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Fuzzes what clients send: addresses, names of users, headers and paths.
 */
class RequestFuzzTests {

	private static LogWatch log;

	@BeforeContainer
	static void watch() {
		log = new LogWatch();
	}

	@AfterContainer
	static void check() {
		log.close();
	}

	@Provide
	Arbitrary<String> addresses() {
		return HostileText.of("192.0.2.7", "1", ".", ":", "::", "[", "]", "%eth0", ":443", "::ffff:", "2001:db8:", "f",
				"unknown", "_hidden", "example.org");
	}

	@Property
	void anAddressHasABoundedKeyWithoutTextOfTheClient(@ForAll("addresses") String address) {
		String key = ClientAddress.normalized(address);
		assertThat(key).matches("[0-9.]{7,15}|[0-9a-f]{16}/64|sha256:[0-9a-f]{32}");
	}

	@Property
	void aUserHasAKey(@ForAll("addresses") String address, @ForAll("addresses") String name) {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setRemoteAddr(address);
		request.setUserPrincipal(() -> name);
		assertThat(RequestUserKeys.user(request)).startsWith(name.isBlank() ? "ip:" : "user:");
	}

	@Property
	void aHeaderBecomesPartOfASafeKey(@ForAll("addresses") String value, @ForAll boolean hashed) {
		Charge charge = new RateLimitPolicies("weir:",
				new RateLimitSettings(true, null, RateWindow.of(Duration.ofMinutes(1)), null, null, OnUnavailable.LOCAL,
						null, null, null),
				Map.of(), hashed ? UserHash.sha256() : UserHash.none(), new Callers(() -> null), (text) -> text, null)
			.charge("api", value, false,
					new RateLimitSettings(true, Rate.valueOf("1/1m"), null, null, null, null, null, null, null));
		assertThat(charge.anonymous()).isTrue();
		assertThat(charge.key()).startsWith("weir:api%:").hasSizeLessThan(1300);
		assertThat(Utf8.hasUnpairedSurrogate(charge.key())).isFalse();
		assertThat(charge.key().chars().noneMatch(Character::isISOControl)).isTrue();
	}

	@Provide
	Arbitrary<String> paths() {
		return HostileText.of("/", "/api", "/pages/", "%2f", "%2e", "..", "/.", "//", ";x=1", "%", "%zz", "%00", "\\",
				"?q=1", "#", "%c0%af", "a");
	}

	@Property
	void allPathsOfARequestCanBeRead(@ForAll("paths") String path) {
		MockHttpServletRequest request = new MockHttpServletRequest("GET", path);
		request.setServletPath(path);
		request.setHttpServletMapping(new MockHttpServletMapping("", "/", "dispatcherServlet", MappingMatch.DEFAULT));
		List<PathContainer> all = new RequestPaths().all(request);
		assertThat(all).isNotEmpty();
	}

}
