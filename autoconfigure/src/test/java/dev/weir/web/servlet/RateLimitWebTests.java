package dev.weir.web.servlet;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import dev.weir.annotation.RateLimited;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.redis.TestRedis;
import jakarta.servlet.Filter;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.greenbytes.http.sfv.Item;
import org.greenbytes.http.sfv.OuterList;
import org.greenbytes.http.sfv.Parser;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;
import reactor.core.publisher.Mono;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.header.HeaderWriterFilter;
import org.springframework.stereotype.Service;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests through a real Tomcat with Spring Security, limited on a real Redis. The
 * windows are so long that no token is added while a test runs.
 */
@Timeout(60)
class RateLimitWebTests {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static TestRedis redis;

	private static ConfigurableApplicationContext context;

	private static int port;

	private static final AtomicInteger handled = new AtomicInteger();

	/** Of the last request, when all filters had passed it on. */
	private static final AtomicReference<List<String>> attributes = new AtomicReference<>(List.of());

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		context = run();
		port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
	}

	private static ConfigurableApplicationContext run(String... properties) {
		List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--server.address=127.0.0.1",
				"--spring.data.redis.url=" + redis.server().uri(), "--weir.redis.timeout=5s",
				"--weir.rate-limit.rules[0].name=static", "--weir.rate-limit.rules[0].path=/static/**",
				"--weir.rate-limit.rules[0].limit=2/1h", "--weir.rate-limit.rules[1].name=by-header",
				"--weir.rate-limit.rules[1].path=/keyed/{id}", "--weir.rate-limit.rules[1].methods=get",
				"--weir.rate-limit.rules[1].limit=1/1h", "--weir.rate-limit.rules[1].by=header",
				"--weir.rate-limit.rules[1].header=X-Api-Key", "--weir.rate-limit.rules[2].name=by-expression",
				"--weir.rate-limit.rules[2].path=/keyed/{id}", "--weir.rate-limit.rules[2].methods=post",
				"--weir.rate-limit.rules[2].limit=1/1h", "--weir.rate-limit.rules[2].by=expression",
				"--weir.rate-limit.rules[2].expression=getParameter('tenant') + #user",
				"--weir.rate-limit.rules[3].name=ruled", "--weir.rate-limit.rules[3].path=/both/**",
				"--weir.rate-limit.rules[3].limit=9/1h"));
		arguments.addAll(List.of(properties));
		return new SpringApplication(Application.class).run(arguments.toArray(String[]::new));
	}

	@BeforeEach
	void flush() {
		redis.server().command("FLUSHALL");
		handled.set(0);
	}

	@AfterAll
	static void stop() {
		context.close();
		redis.close();
	}

	@Test
	void aDeniedRequestIsAnsweredPolitely() throws Exception {
		assertThat(get("/two").statusCode()).isEqualTo(200);
		assertThat(get("/two").statusCode()).isEqualTo(200);
		HttpResponse<String> denied = get("/two");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(denied.headers().firstValue("Retry-After"))
			.hasValueSatisfying((seconds) -> assertThat(Long.parseLong(seconds)).isBetween(1700L, 1800L));
		assertThat(denied.headers().firstValue("Cache-Control")).hasValue("no-store");
		assertThat(denied.body())
			.contains("\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\"")
			.contains("\"status\":429")
			.contains("\"violated-policies\":[\"two\"]")
			.doesNotContain("127.0.0.1");
		assertThat(handled).hasValue(2);
	}

	@Test
	void sendsABrowserToTheErrorPageOfTheApplication() throws Exception {
		String browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
		get("/two");
		get("/two");
		HttpResponse<String> denied = get("/two", "Accept", browser);
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.headers().firstValue("Content-Type"))
			.hasValueSatisfying((type) -> assertThat(type).startsWith("text/html"));
		assertThat(denied.headers().firstValue("Retry-After")).isPresent();
		assertThat(denied.headers().firstValue("RateLimit")).isPresent();
		assertThat(denied.body()).contains("<html>").contains("429");
		assertThat(handled).hasValue(2);
	}

	@Test
	void theHeadersAreStructuredFields() throws Exception {
		HttpResponse<String> allowed = get("/chat", "Authorization", basic("alice"));
		OuterList policies = Parser.parseList(header(allowed, "RateLimit-Policy"));
		OuterList states = Parser.parseList(header(allowed, "RateLimit"));
		assertThat(policies.get().stream().map(RateLimitWebTests::name)).containsExactly("chat:stream", "chat:user");
		assertThat(states.get().stream().map(RateLimitWebTests::name)).containsExactly("chat:stream", "chat:user");
		assertThat(parameter(policies, 0, "q")).isEqualTo(3L);
		assertThat(parameter(policies, 0, "w")).isEqualTo(3600L);
		assertThat(parameter(policies, 1, "q")).isEqualTo(2L);
		assertThat(parameter(states, 0, "r")).isEqualTo(2L);
		assertThat((Long) parameter(states, 0, "t")).isBetween(1100L, 1200L);
		assertThat(parameter(states, 1, "r")).isEqualTo(1L);
	}

	@Test
	void eachUserHasABucketAndADenialByOneTakesNothingFromTheOther() throws Exception {
		assertThat(status("/chat", "alice")).isEqualTo(200);
		assertThat(status("/chat", "alice")).isEqualTo(200);
		for (int i = 0; i < 3; i++) {
			assertThat(status("/chat", "alice")).isEqualTo(429);
		}
		assertThat(status("/chat", "bob")).isEqualTo(200);
		HttpResponse<String> denied = get("/chat", "Authorization", basic("bob"));
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.body()).contains("\"violated-policies\":[\"chat:stream\"]");
		assertThat(redis.server().text("EVAL", "return table.concat(redis.call('KEYS', '*'), ' ')", "0"))
			.doesNotContain("alice")
			.doesNotContain("bob");
	}

	@Test
	void whoIsAnonymousIsKnownByAddressAndForgesNothing() throws Exception {
		assertThat(get("/own").statusCode()).isEqualTo(200);
		assertThat(get("/own", "X-Forwarded-For", "203.0.113.7").statusCode()).isEqualTo(429);
		assertThat(get("/own", "Forwarded", "for=203.0.113.8").statusCode()).isEqualTo(429);
		assertThat(status("/own", "alice")).isEqualTo(200);
	}

	@Test
	void behindATrustedProxyTheForwardedAddressCounts() throws Exception {
		try (ConfigurableApplicationContext behind = run("--server.forward-headers-strategy=native")) {
			int other = behind.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
			assertThat(getAt(other, "/own", "X-Forwarded-For", "203.0.113.7").statusCode()).isEqualTo(200);
			assertThat(getAt(other, "/own", "X-Forwarded-For", "::ffff:203.0.113.7").statusCode()).isEqualTo(429);
			assertThat(getAt(other, "/own", "X-Forwarded-For", "2001:db8:1:2::1").statusCode()).isEqualTo(200);
			assertThat(getAt(other, "/own", "X-Forwarded-For", "2001:db8:1:2:ffff::9").statusCode()).isEqualTo(429);
			assertThat(getAt(other, "/own", "X-Forwarded-For", "2001:db8:1:3::1").statusCode()).isEqualTo(200);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/sse", "/callable", "/stage", "/failing", "/forwarding", "/two" })
	void aRequestIsChargedOnce(String path) throws Exception {
		get(path);
		HttpResponse<String> second = get(path);
		assertThat(second.statusCode()).isNotEqualTo(429);
		assertThat(get(path).statusCode()).isEqualTo(429);
	}

	@Test
	void headCountsAsGetAndOptionsDoesNotCount() throws Exception {
		assertThat(send("HEAD", "/two").statusCode()).isEqualTo(200);
		assertThat(send("OPTIONS", "/two").statusCode()).isEqualTo(200);
		assertThat(send("DELETE", "/two").statusCode()).isEqualTo(405);
		assertThat(get("/two/none").statusCode()).isEqualTo(404);
		assertThat(send("HEAD", "/two").statusCode()).isEqualTo(200);
		HttpResponse<String> denied = send("HEAD", "/two");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.body()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/tw%6f", "/two;a=b", "/two;jsessionid=1" })
	void anEncodedPathIsNoWayAround(String path) throws Exception {
		get("/two");
		get("/two");
		assertThat(get(path).statusCode()).isIn(400, 429);
		assertThat(handled).hasValue(2);
	}

	@Test
	void theHandlerIsLookedUpWithoutATraceInTheRequest() throws Exception {
		assertThat(get("/two").statusCode()).isEqualTo(200);
		assertThat(attributes.get()).isNotEmpty().noneMatch((name) -> name.startsWith(HandlerMapping.class.getName()));
	}

	@Test
	void aPatternThatAnotherMappingWinsIsNotCharged() throws Exception {
		for (int i = 0; i < 3; i++) {
			assertThat(get("/pattern/fixed").statusCode()).isEqualTo(200);
		}
		assertThat(get("/pattern/7").statusCode()).isEqualTo(200);
		assertThat(get("/pattern/8").statusCode()).isEqualTo(429);
	}

	@Test
	void whoAsksForEventsGetsTheProblem() throws Exception {
		get("/sse", "Accept", "text/event-stream");
		get("/sse", "Accept", "text/event-stream");
		HttpResponse<String> denied = get("/sse", "Accept", "text/event-stream");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(denied.body()).contains("quota-exceeded");
	}

	@Test
	void theBodyOfADeniedRequestIsNotRead() throws Exception {
		assertThat(post("/upload", "{}").statusCode()).isEqualTo(200);
		HttpResponse<String> denied = post("/upload", "this is no JSON");
		assertThat(denied.statusCode()).isEqualTo(429);
	}

	@Test
	void whereAnArgumentDecidesTheMethodIsChargedOnceBound() throws Exception {
		assertThat(get("/argument?tenant=a").statusCode()).isEqualTo(200);
		assertThat(header(get("/argument?tenant=b"), "RateLimit")).startsWith("\"argument\";r=0;t=");
		HttpResponse<String> denied = get("/argument?tenant=a");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.headers().firstValue("Retry-After")).isPresent();
		assertThat(header(denied, "RateLimit")).startsWith("\"argument\";r=0;t=");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/both", "/both/handled", "/both/reactive" })
	void limitsThatAreChargedOneAfterTheOtherAreToldTogether(String path) throws Exception {
		HttpResponse<String> allowed = get(path + "?tenant=a");
		assertThat(allowed.statusCode()).isEqualTo(200);
		assertThat(names(allowed, "RateLimit")).containsExactly("ruled", path);
		assertThat(names(allowed, "RateLimit-Policy")).containsExactly("ruled", path);
		HttpResponse<String> denied = get(path + "?tenant=a");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(names(denied, "RateLimit")).containsExactly("ruled", path);
		assertThat(names(denied, "RateLimit-Policy")).containsExactly("ruled", path);
		assertThat(denied.body()).contains(path.equals("/both/handled") ? "in our own words" : "quota-exceeded");
		assertThat(get(path + "?tenant=b").statusCode()).isEqualTo(200);
	}

	@Test
	void aServiceBehindAControllerIsChargedToo() throws Exception {
		HttpResponse<String> allowed = get("/service");
		assertThat(allowed.statusCode()).isEqualTo(200);
		assertThat(allowed.headers().firstValue("RateLimit")).isEmpty();
		HttpResponse<String> denied = get("/service");
		assertThat(denied.statusCode()).isEqualTo(429);
		assertThat(denied.body()).contains("\"violated-policies\":[\"service\"]");
	}

	@Test
	void anAnnotationOnTheClassHoldsForMethodsWithoutOne() throws Exception {
		assertThat(get("/class/a").statusCode()).isEqualTo(200);
		assertThat(get("/class/b").statusCode()).isEqualTo(429);
		assertThat(get("/class/own").statusCode()).isEqualTo(200);
	}

	@Test
	void rulesConcernWhatNoControllerHandles() throws Exception {
		assertThat(get("/static/page.txt").body()).isEqualTo("static page\n");
		assertThat(get("/static/missing").statusCode()).isEqualTo(404);
		assertThat(get("/static/page.txt").statusCode()).isEqualTo(429);
	}

	@Test
	void rulesHaveKeysFromHeadersAndExpressions() throws Exception {
		assertThat(get("/keyed/1", "X-Api-Key", "a").statusCode()).isEqualTo(404);
		assertThat(get("/keyed/2", "X-Api-Key", "b").statusCode()).isEqualTo(404);
		assertThat(get("/keyed/3", "X-Api-Key", "a").statusCode()).isEqualTo(429);
		assertThat(get("/keyed/4").statusCode()).isEqualTo(404);
		assertThat(get("/keyed/5").statusCode()).isEqualTo(429);
		assertThat(send("HEAD", "/keyed/5").statusCode()).isEqualTo(429);
		assertThat(send("POST", "/keyed/6?tenant=a").statusCode()).isEqualTo(404);
		assertThat(send("POST", "/keyed/7?tenant=b").statusCode()).isEqualTo(404);
		assertThat(send("POST", "/keyed/8?tenant=a").statusCode()).isEqualTo(429);
	}

	@Test
	void aRequestThatNoLimitConcernsHasNoHeaderAndAsksNobody() throws Exception {
		get("/two");
		redis.resetCommandCounts();
		HttpResponse<String> free = get("/free");
		assertThat(free.statusCode()).isEqualTo(200);
		assertThat(free.headers().map()).doesNotContainKeys("ratelimit", "ratelimit-policy");
		assertThat(redis.scriptCalls()).isZero();
	}

	@Test
	void inShadowModeNobodyIsDeniedOrTold() throws Exception {
		for (int i = 0; i < 3; i++) {
			HttpResponse<String> answer = get("/shadow");
			assertThat(answer.statusCode()).isEqualTo(200);
			assertThat(answer.headers().firstValue("RateLimit")).isEmpty();
		}
	}

	@Test
	void theHeadersCanBeOthersOrNone() throws Exception {
		try (ConfigurableApplicationContext legacy = run("--weir.rate-limit.headers=legacy")) {
			int other = legacy.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
			HttpResponse<String> answer = getAt(other, "/two");
			assertThat(header(answer, "X-RateLimit-Limit")).isEqualTo("2");
			assertThat(header(answer, "X-RateLimit-Remaining")).isEqualTo("1");
			assertThat(Long.parseLong(header(answer, "X-RateLimit-Reset"))).isBetween(1700L, 1800L);
			assertThat(answer.headers().firstValue("RateLimit")).isEmpty();
		}
		try (ConfigurableApplicationContext none = run("--weir.rate-limit.headers=none",
				"--weir.web.problem-details=false", "--weir.rate-limit.policies.static.enabled=false")) {
			int other = none.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
			getAt(other, "/two");
			HttpResponse<String> denied = getAt(other, "/two");
			assertThat(denied.statusCode()).isEqualTo(429);
			assertThat(denied.headers().firstValue("Retry-After")).isPresent();
			assertThat(denied.headers().map().keySet()).noneMatch((name) -> name.contains("ratelimit"));
			for (int i = 0; i < 3; i++) {
				assertThat(getAt(other, "/static/page.txt").statusCode()).isEqualTo(200);
			}
		}
	}

	private static String name(Object item) {
		return (String) ((Item<?>) item).get();
	}

	private static List<String> names(HttpResponse<?> response, String header) {
		assertThat(response.headers().allValues(header)).hasSize(1);
		return Parser.parseList(header(response, header)).get().stream().map(RateLimitWebTests::name).toList();
	}

	private static Object parameter(OuterList list, int index, String name) {
		return list.get().get(index).getParams().get(name).get();
	}

	private static String header(HttpResponse<?> response, String name) {
		return response.headers().firstValue(name).orElseThrow();
	}

	private static String basic(String user) {
		return "Basic " + Base64.getEncoder().encodeToString((user + ":pw").getBytes(StandardCharsets.UTF_8));
	}

	private static int status(String path, String user) throws Exception {
		return get(path, "Authorization", basic(user)).statusCode();
	}

	private static HttpResponse<String> get(String path, String... headers) throws Exception {
		return getAt(port, path, headers);
	}

	private static HttpResponse<String> getAt(int port, String path, String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
			.timeout(Duration.ofSeconds(20));
		if (headers.length > 0) {
			request.headers(headers);
		}
		return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	private static HttpResponse<String> send(String method, String path) throws Exception {
		return HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
			.method(method, HttpRequest.BodyPublishers.noBody())
			.build(), HttpResponse.BodyHandlers.ofString());
	}

	private static HttpResponse<String> post(String path, String body) throws Exception {
		return HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
			.header("Content-Type", MediaType.APPLICATION_JSON_VALUE)
			.POST(HttpRequest.BodyPublishers.ofString(body))
			.build(), HttpResponse.BodyHandlers.ofString());
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = RedissonAutoConfigurationV4.class)
	static class Application {

		@Bean
		Controllers controllers(LimitedService service) {
			return new Controllers(service);
		}

		@Bean
		OnItsClass onItsClass() {
			return new OnItsClass();
		}

		@Bean
		Handled handled() {
			return new Handled();
		}

		@Bean
		Both both() {
			return new Both();
		}

		@Bean
		FilterRegistrationBean<Filter> attributesAfterTheFilters() {
			FilterRegistrationBean<Filter> last = new FilterRegistrationBean<>((request, response, chain) -> {
				attributes.set(Collections.list(request.getAttributeNames()));
				chain.doFilter(request, response);
			});
			last.setOrder(Ordered.LOWEST_PRECEDENCE);
			return last;
		}

		@Bean
		LimitedService limitedService() {
			return new LimitedService();
		}

		@Bean
		SecurityFilterChain security(HttpSecurity http) throws Exception {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
				.csrf((csrf) -> csrf.disable())
				.httpBasic(Customizer.withDefaults())
				.headers((headers) -> headers.withObjectPostProcessor(new ObjectPostProcessor<HeaderWriterFilter>() {

					@Override
					public <O extends HeaderWriterFilter> O postProcess(O filter) {
						// Else two threads may write them when a stream begins
						// (spring-security issue 15510), and the answer breaks off.
						filter.setShouldWriteHeadersEagerly(true);
						return filter;
					}

				}))
				.build();
		}

		@Bean
		InMemoryUserDetailsManager users() {
			return new InMemoryUserDetailsManager(User.withUsername("alice").password("{noop}pw").build(),
					User.withUsername("bob").password("{noop}pw").build());
		}

	}

	@Service
	static class LimitedService {

		@RateLimited(name = "service", limit = 1, window = "1h")
		String work() {
			return "done";
		}

	}

	@RestController
	@RateLimited(name = "class", limit = 1, window = "1h")
	public static class OnItsClass {

		@GetMapping("/class/a")
		public String a() {
			return "a";
		}

		@GetMapping("/class/b")
		public String b() {
			return "b";
		}

		@GetMapping("/class/own")
		@RateLimited(name = "class-own", limit = 1, window = "1h")
		public String own() {
			return "own";
		}

	}

	@RestController
	static class Both {

		@GetMapping("/both")
		@RateLimited(name = "/both", key = "#tenant", limit = 1, window = "1h")
		String both(@RequestParam String tenant) {
			return tenant;
		}

		@GetMapping("/both/reactive")
		@RateLimited(name = "/both/reactive", key = "#tenant", limit = 1, window = "1h")
		Mono<String> reactive(@RequestParam String tenant) {
			return Mono.just(tenant);
		}

	}

	@RestController
	static class Handled {

		@GetMapping("/both/handled")
		@RateLimited(name = "/both/handled", key = "#tenant", limit = 1, window = "1h")
		String handled(@RequestParam String tenant) {
			return tenant;
		}

		@ExceptionHandler
		@ResponseStatus(HttpStatus.TOO_MANY_REQUESTS)
		String denied(RateLimitExceededException ex) {
			return "in our own words";
		}

	}

	@RestController
	static class Controllers {

		private final LimitedService service;

		Controllers(LimitedService service) {
			this.service = service;
		}

		@GetMapping("/two")
		@RateLimited(name = "two", limit = 2, window = "1h")
		String two() {
			handled.incrementAndGet();
			return "two";
		}

		@GetMapping("/chat")
		@RateLimited(name = "chat:stream", limit = 3, window = "1h")
		@RateLimited(name = "chat:user", limit = 2, window = "1h", perUser = true)
		String chat() {
			return "chat";
		}

		@GetMapping("/own")
		@RateLimited(name = "own", limit = 1, window = "1h", perUser = true)
		String own() {
			return "own";
		}

		@GetMapping(path = "/sse", produces = { MediaType.TEXT_EVENT_STREAM_VALUE, MediaType.ALL_VALUE })
		@RateLimited(name = "sse", limit = 2, window = "1h")
		SseEmitter sse() throws Exception {
			SseEmitter emitter = new SseEmitter();
			CompletableFuture.runAsync(() -> {
				try {
					emitter.send("event");
					emitter.complete();
				}
				catch (Exception ex) {
					emitter.completeWithError(ex);
				}
			});
			return emitter;
		}

		@GetMapping("/callable")
		@RateLimited(name = "callable", limit = 2, window = "1h")
		Callable<String> callable() {
			return () -> "called";
		}

		@GetMapping("/stage")
		@RateLimited(name = "stage", limit = 2, window = "1h")
		CompletableFuture<String> stage() {
			return CompletableFuture.supplyAsync(() -> "staged");
		}

		@GetMapping("/failing")
		@RateLimited(name = "failing", limit = 2, window = "1h")
		String failing() {
			throw new IllegalStateException("as planned");
		}

		@GetMapping("/forwarding")
		@RateLimited(name = "forwarding", limit = 2, window = "1h")
		void forwarding(HttpServletRequest request, HttpServletResponse response) throws Exception {
			if (request.getAttribute(RequestDispatcher.FORWARD_REQUEST_URI) == null) {
				request.getRequestDispatcher("/forwarding").forward(request, response);
			}
		}

		@GetMapping("/pattern/{id}")
		@RateLimited(name = "pattern", limit = 1, window = "1h")
		String pattern() {
			return "pattern";
		}

		@GetMapping("/pattern/fixed")
		String fixed() {
			return "fixed";
		}

		@PostMapping("/upload")
		@RateLimited(name = "upload", limit = 1, window = "1h")
		String upload(@RequestBody Map<String, String> body) {
			return "uploaded";
		}

		@GetMapping("/argument")
		@RateLimited(name = "argument", key = "#tenant", limit = 1, window = "1h")
		String argument(@RequestParam String tenant) {
			return tenant;
		}

		@GetMapping("/service")
		String service() {
			return this.service.work();
		}

		@GetMapping("/shadow")
		@RateLimited(name = "shadow", limit = 1, window = "1h", shadow = true)
		String shadow() {
			return "shadow";
		}

		@GetMapping("/free")
		String free() {
			return "free";
		}

	}

}
