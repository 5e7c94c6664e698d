package dev.weir.web.servlet;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that one client has one bucket, in whatever form a proxy forwards its address: on
 * Tomcat and Jetty, with each strategy of {@code server.forward-headers-strategy}.
 */
@Tag("long")
@Timeout(60)
class ForwardedAddressTests {

	private static final String RULE = "--weir.rate-limit.rules[0].";

	private static final List<String> RULES = List.of(RULE + "name=pages", RULE + "path=/pages/**", RULE + "by=address",
			RULE + "limit=4/1h");

	@ParameterizedTest
	@CsvSource({ "tomcat, native", "tomcat, framework", "jetty, native", "jetty, framework" })
	void eachFormOfAnAddressIsTheSameClient(String server, String strategy) throws Exception {
		Map<String, List<String>> clients = Map.of("ipv4",
				List.of("203.0.113.7", "203.0.113.7:40001", "203.0.113.7:40002", "[::ffff:203.0.113.7]:1"), "ipv6",
				List.of("2001:db8:1:2::1", "[2001:db8:1:2::2]", "[2001:db8:1:2:ffff::9]:443", "2001:db8:1:2::3"),
				"other ipv6",
				List.of("2001:db8:1:3::1", "[2001:db8:1:3::1]:1", "[2001:db8:1:3::2]:2", "2001:db8:1:3::4"));
		Set<String> denied = ConcurrentHashMap.newKeySet();
		try (RateLimitedApplication application = RateLimitedApplication.run("redis://127.0.0.1:1", Nothing.class,
				RULES, "--weir.store=local", "--server.forward-headers-strategy=" + strategy,
				"--spring.autoconfigure.exclude=" + RateLimitedApplication.otherServer(server))) {
			for (Map.Entry<String, List<String>> client : clients.entrySet()) {
				for (String form : client.getValue()) {
					assertThat(application.get("/pages/1", "X-Forwarded-For", form).statusCode())
						.as("%s as %s", client.getKey(), form)
						.isEqualTo(404);
				}
				for (String form : client.getValue()) {
					if (application.get("/pages/1", "X-Forwarded-For", form).statusCode() == 429) {
						denied.add(form);
					}
				}
			}
		}
		assertThat(denied)
			.containsExactlyInAnyOrderElementsOf(clients.values().stream().flatMap(List::stream).toList());
	}

	/**
	 * Only Tomcat's own strategy ignores the entries that the client has written, which
	 * stand before the entry of the proxy. The documentation states this.
	 */
	@ParameterizedTest
	@CsvSource({ "tomcat, native, 429", "tomcat, framework, 404", "jetty, native, 404", "jetty, framework, 404" })
	void anInventedFirstEntryCountsUnlessTomcatReadsTheHeader(String server, String strategy, int status)
			throws Exception {
		try (RateLimitedApplication application = RateLimitedApplication.run("redis://127.0.0.1:1", Nothing.class,
				RULES, "--weir.store=local", "--server.forward-headers-strategy=" + strategy,
				"--spring.autoconfigure.exclude=" + RateLimitedApplication.otherServer(server))) {
			for (int i = 0; i < 4; i++) {
				assertThat(application.get("/pages/1", "X-Forwarded-For", "192.0.2." + i + ", 203.0.113.7:4000" + i)
					.statusCode()).isEqualTo(404);
			}
			assertThat(application.get("/pages/1", "X-Forwarded-For", "192.0.2.9, 203.0.113.7:40009").statusCode())
				.isEqualTo(status);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Nothing {

	}

}
