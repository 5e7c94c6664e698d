package dev.weir.sample;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import com.sun.net.httpserver.HttpServer;
import dev.weir.annotation.RateLimited;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openqa.selenium.support.ui.ExpectedConditions;
import org.openqa.selenium.support.ui.WebDriverWait;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.CrossOrigin;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests with a real browser that a page of another origin can read a denial, in an
 * application of its own.
 */
@Tag("long")
@Timeout(120)
class CrossOriginTests {

	private static final String PAGE = """
			<script>
			(async () => {
				const seen = [];
				for (const path of ['/annotated', '/ruled']) {
					for (let i = 0; i < 2; i++) {
						const response = await fetch('%s' + path);
						seen.push(response.status + ' ' + (response.headers.get('Retry-After') > 0));
					}
				}
				return seen.join(', ');
			})().then((seen) => document.title = seen, (failure) => document.title = String(failure));
			</script>""";

	@Test
	void aPageOfAnAllowedOriginSeesTheStatusAndRetryAfter() throws Exception {
		assertThat(seenFrom("127.0.0.1", "http://127.0.0.1:[*]")).isEqualTo("200 false, 429 true, 200 false, 429 true");
	}

	@Test
	void aPageOfAnotherOriginSeesNothing() throws Exception {
		assertThat(seenFrom("127.0.0.1", "https://app.example.org")).contains("TypeError");
	}

	private static String seenFrom(String host, String allowed) throws Exception {
		HttpServer pages = HttpServer.create(new InetSocketAddress(InetAddress.getByName(host), 0), 0);
		try (ConfigurableApplicationContext application = run(allowed); Browser browser = Browser.start()) {
			byte[] page = PAGE
				.formatted("http://127.0.0.1:" + application.getEnvironment().getProperty("local.server.port"))
				.getBytes(StandardCharsets.UTF_8);
			pages.createContext("/", (exchange) -> {
				exchange.getResponseHeaders().set("Content-Type", "text/html");
				exchange.sendResponseHeaders(200, page.length);
				exchange.getResponseBody().write(page);
				exchange.close();
			});
			pages.start();
			browser.driver().get("http://" + host + ":" + pages.getAddress().getPort() + "/");
			new WebDriverWait(browser.driver(), Duration.ofSeconds(30))
				.until(ExpectedConditions.not(ExpectedConditions.titleIs("")));
			return browser.driver().getTitle();
		}
		finally {
			pages.stop(0);
		}
	}

	private static ConfigurableApplicationContext run(String allowed) {
		String rule = "--weir.rate-limit.rules[0].";
		// The configuration of the sample application does not apply.
		return new SpringApplication(Limited.class).run("--spring.config.location=optional:file:/none/",
				"--server.port=0", "--server.address=127.0.0.1", "--weir.store=local", "--allowed=" + allowed,
				rule + "name=ruled", rule + "path=/ruled", rule + "limit=1/1h", rule + "by=address");
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(excludeName = {
			"org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration" })
	static class Limited {

		@Bean
		Controller controller() {
			return new Controller();
		}

	}

	@RestController
	@CrossOrigin(originPatterns = "${allowed}")
	static class Controller {

		@GetMapping("/annotated")
		@RateLimited(name = "annotated", limit = 1, window = "1h")
		String annotated() {
			return "annotated";
		}

		@GetMapping("/ruled")
		String ruled() {
			return "ruled";
		}

	}

}
