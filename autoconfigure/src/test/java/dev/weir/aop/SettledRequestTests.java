package dev.weir.aop;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.weir.annotation.RateLimited;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitListener;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.Reservation;
import dev.weir.ratelimit.Settlement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;
import reactor.core.publisher.Flux;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jetty.autoconfigure.servlet.JettyServletWebServerAutoConfiguration;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for controllers whose tokens are settled at the end of the request.
 */
@Timeout(60)
class SettledRequestTests {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static ConfigurableApplicationContext context;

	private static int port;

	@BeforeAll
	static void start() {
		context = SpringApplication.run(Application.class, "--server.port=0", "--server.address=127.0.0.1",
				"--weir.store=local", "--spring.main.banner-mode=off",
				"--spring.autoconfigure.exclude=" + RedissonAutoConfigurationV4.class.getName() + ","
						+ JettyServletWebServerAutoConfiguration.class.getName() + ","
						+ ServletWebSecurityAutoConfiguration.class.getName() + ","
						+ ManagementWebSecurityAutoConfiguration.class.getName());
		port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
	}

	@AfterAll
	static void stop() {
		context.close();
	}

	@BeforeEach
	void reset() {
		RateLimitOperations limits = context.getBean(RateLimitOperations.class);
		List.of("value", "emitter", "streaming", "stage", "flux", "open", "failing")
			.forEach((policy) -> limits.reset(RateLimitSpec.of(policy)));
	}

	@ParameterizedTest
	@CsvSource({ "value, 30", "emitter, 40", "streaming, 50", "stage, 60", "flux, 70" })
	void settlesAtTheEndOfTheRequest(String path, long used) throws Exception {
		HttpResponse<String> response = get(path);
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("RateLimit").orElseThrow()).contains("r=900");
		await().untilAsserted(() -> assertThat(left(path)).isEqualTo(1000 - used));
	}

	@Test
	void anEmitterHasItsEstimateUntilTheEnd() throws Exception {
		CompletableFuture<Void> end = new CompletableFuture<>();
		context.getBean(Controller.class).endWith(end);
		CompletableFuture<HttpResponse<String>> response = HTTP.sendAsync(request("open"),
				HttpResponse.BodyHandlers.ofString());
		await().untilAsserted(() -> assertThat(left("open")).isEqualTo(900));
		end.complete(null);
		assertThat(response.get().statusCode()).isEqualTo(200);
		await().untilAsserted(() -> assertThat(left("open")).isEqualTo(993));
	}

	@Test
	void theEndOfARequestSettlesOnceEvenIfItsMethodHasSettled() throws Exception {
		List<Settlement> settlements = context.getBean(Listener.class).settlements;
		for (String path : List.of("emitter", "streaming", "stage", "flux", "open", "failing")) {
			settlements.clear();
			getCompletely(path);
			await().until(() -> !settlements.isEmpty());
			// A second settlement would be logged, or be in the store before this one.
			get("value");
			await().until(() -> settlements.stream().anyMatch((settlement) -> settlement.policy().equals("value")));
			assertThat(settlements).extracting(Settlement::policy).containsExactly(path, "value");
		}
	}

	@Test
	void aRequestThatFailsAfterTheBeginOfItsResponseIsSettled() throws Exception {
		getCompletely("failing");
		await().untilAsserted(() -> assertThat(left("failing")).isEqualTo(980));
	}

	private static long left(String policy) {
		return context.getBean(RateLimitOperations.class).peek(RateLimitSpec.of(policy)).remaining();
	}

	private static HttpResponse<String> get(String path) throws Exception {
		return HTTP.send(request(path), HttpResponse.BodyHandlers.ofString());
	}

	private static void getCompletely(String path) throws Exception {
		try {
			get(path);
		}
		catch (IOException ex) {
			// The server closes the connection if a response has begun and fails.
			assertThat(path).isEqualTo("failing");
		}
	}

	private static HttpRequest request(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/" + path))
			.timeout(Duration.ofSeconds(30))
			.build();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Listener listener() {
			return new Listener();
		}

		@Bean
		Controller controller() {
			return new Controller();
		}

	}

	/**
	 * Keeps the settlements.
	 */
	static class Listener implements RateLimitListener {

		private final List<Settlement> settlements = new CopyOnWriteArrayList<>();

		@Override
		public void decided(Decisions decisions) {
		}

		@Override
		public void settled(Settlement settlement) {
			this.settlements.add(settlement);
		}

	}

	@RestController
	static class Controller {

		private volatile CompletableFuture<Void> end = CompletableFuture.completedFuture(null);

		void endWith(CompletableFuture<Void> end) {
			this.end = end;
		}

		@GetMapping("/value")
		@RateLimited(name = "value", limit = 1000, window = "365d", cost = 100, settle = "#result.length()")
		String value() {
			return "x".repeat(30);
		}

		@GetMapping("/emitter")
		@RateLimited(name = "emitter", limit = 1000, window = "365d", cost = 100, settle = "#result.timeout")
		SseEmitter emitter() throws IOException {
			SseEmitter emitter = new SseEmitter(40L);
			emitter.send("x");
			emitter.complete();
			return emitter;
		}

		@GetMapping("/open")
		@RateLimited(name = "open", limit = 1000, window = "365d", cost = 100, settle = "50")
		SseEmitter open() {
			SseEmitter emitter = new SseEmitter();
			Reservation reservation = Reservation.current().orElseThrow();
			this.end.thenRun(() -> {
				reservation.settle(7);
				emitter.complete();
			});
			return emitter;
		}

		@GetMapping("/failing")
		@RateLimited(name = "failing", limit = 1000, window = "365d", cost = 100, settle = "20")
		SseEmitter failing() throws IOException {
			SseEmitter emitter = new SseEmitter();
			emitter.send("x");
			emitter.completeWithError(new IllegalStateException("failed"));
			return emitter;
		}

		@GetMapping("/streaming")
		@RateLimited(name = "streaming", limit = 1000, window = "365d", cost = 100, settle = "50")
		StreamingResponseBody streaming() {
			return (out) -> out.write("x".repeat(50).getBytes(StandardCharsets.US_ASCII));
		}

		@GetMapping("/stage")
		@RateLimited(name = "stage", limit = 1000, window = "365d", cost = 100, settle = "#result.length()")
		CompletableFuture<String> stage() {
			return CompletableFuture.supplyAsync(() -> "x".repeat(60));
		}

		@GetMapping(path = "/flux", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
		@RateLimited(name = "flux", limit = 1000, window = "365d", cost = 100, settle = "#result * 10")
		Flux<Integer> flux() {
			return Flux.range(1, 7);
		}

	}

}
