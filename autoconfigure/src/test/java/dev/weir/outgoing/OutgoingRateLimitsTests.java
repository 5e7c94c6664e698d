package dev.weir.outgoing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreUnavailableException;
import dev.weir.local.LocalBucketStore;
import dev.weir.policy.Callers;
import dev.weir.policy.PolicyRateLimitOperations;
import dev.weir.policy.Rate;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitSettings;
import dev.weir.policy.RateWindow;
import dev.weir.policy.UserHash;
import dev.weir.policy.expression.Expressions;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.RateLimiter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.mock.http.client.MockClientHttpRequest;
import org.springframework.mock.http.client.MockClientHttpResponse;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeStrategies;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link OutgoingRateLimits} and {@link ReactiveOutgoingRateLimits}.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class OutgoingRateLimitsTests {

	private static final String USAGE = "{\"answer\":\"yes\",\"usage\":{\"total_tokens\":30}}";

	private static final RateLimitSpec HUNDRED = RateLimitSpec.of("model")
		.limit(RateLimit.of(100, Duration.ofHours(1)));

	private static final ExchangeStrategies UNBOUNDED = ExchangeStrategies.builder()
		.codecs((codecs) -> codecs.defaultCodecs().maxInMemorySize(-1))
		.build();

	private final Map<String, RateLimitSettings> settings = new HashMap<>();

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	private BucketStore store = new LocalBucketStore();

	private @Nullable RateLimiter limiter;

	/** What the other service answers. */
	private Reply reply = new Reply(200, "hello", new HttpHeaders());

	private boolean broken;

	@AfterEach
	void end() {
		this.executor.shutdownNow();
	}

	@ParameterizedTest
	@EnumSource
	void aCallTakesATokenAndIsDeniedWithoutOne(Client client) {
		this.settings.put("model", settings("2/1h", null));
		Call call = call(client, RateLimitSpec.of("model"), UnaryOperator.identity());
		assertThat(call.get()).isEqualTo("hello");
		assertThat(call.get()).isEqualTo("hello");
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(call::get)
			.satisfies((denied) -> assertThat(denied.getPolicy()).isEqualTo("model"));
	}

	@ParameterizedTest
	@EnumSource
	void aCallWaitsForItsTokens(Client client) {
		RateLimitSpec ten = RateLimitSpec.of("model").limit(new RateLimit(10, Duration.ofSeconds(1), 1));
		Call call = call(client, ten, (limit) -> limit.waitTime(Duration.ofSeconds(10)));
		long begin = System.nanoTime();
		for (int i = 0; i < 4; i++) {
			assertThat(call.get()).isEqualTo("hello");
		}
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(290));
	}

	@Test
	void propertiesOverrideTheOptionsOfTheCode() {
		this.settings.put("model", settings("10/1s", Duration.ZERO));
		Call call = call(Client.REST_CLIENT, HUNDRED.limit(new RateLimit(1, Duration.ofHours(1), 1)),
				(limit) -> limit.waitTime(Duration.ofHours(5)));
		for (int i = 0; i < 10; i++) {
			call.get();
		}
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(call::get);
	}

	@Test
	void aPolicyWithoutALimitIsAMistake() {
		assertThatIllegalArgumentException().isThrownBy(() -> outgoing().limit("unknown"))
			.withMessageContaining("The rate limit 'unknown' has no limit")
			.withMessageContaining("weir.rate-limit.policies.unknown.limit");
		assertThatIllegalArgumentException().isThrownBy(() -> reactiveOutgoing().limit("unknown"));
	}

	@Test
	void optionsThatDoNotFitAreMistakes() {
		assertMistake((limit) -> limit.waitTime(Duration.ofDays(2)), "must be between 0 and 1 day");
		assertMistake((limit) -> limit.waitTime(Duration.ofMillis(-1)), "must be between 0 and 1 day");
		assertMistake((limit) -> limit.settle((response) -> 1L), "has no estimate to settle");
		assertMistake((limit) -> limit.costExpression("#request.urii.host"),
				"The option costExpression = \"#request.urii.host\" of the outgoing rate limit 'model' has a mistake");
		assertMistake((limit) -> limit.costExpression("#reqest"), "#reqest is not a parameter");
		assertMistake((limit) -> limit.costExpression("5").settleExpression("@usage.of(#response)"),
				"there is no bean 'usage'");
		assertMistake((limit) -> limit.costExpression("#response"), "#response is not a parameter");
		RateLimitSpec month = RateLimitSpec.of("month")
			.limit(RateLimit.of(10, new Quota(Quota.Period.MONTH, ZoneOffset.UTC)));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> outgoing().limit(month, (limit) -> limit.waitTime(Duration.ofSeconds(1))))
			.withMessageContaining("waits for the next");
	}

	private void assertMistake(UnaryOperator<OutgoingLimit> options, String message) {
		assertThatIllegalArgumentException().isThrownBy(() -> outgoing().limit(HUNDRED, options))
			.withMessageContaining(message);
	}

	@ParameterizedTest
	@EnumSource
	void eachKeyHasABucket(Client client) {
		RateLimitSpec one = HUNDRED.limit(new RateLimit(1, Duration.ofHours(1), 1));
		Call call = call(client, one, (limit) -> limit.keyedBy(OutgoingRequest::host));
		call.get("http://a.example/x");
		call.get("http://b.example/x");
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> call.get("http://a.example/y"));
		Call byHeader = call(client, one, (limit) -> limit.keyedBy((request) -> request.header("X-Tenant")));
		byHeader.get();
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(byHeader::get);
	}

	@ParameterizedTest
	@EnumSource
	void theUsageOfTheResponseSettlesTheEstimate(Client client) {
		this.reply = new Reply(200, USAGE, new HttpHeaders());
		Call call = call(client, HUNDRED,
				(limit) -> limit.cost((request) -> 80).settle(OutgoingRateLimitsTests::usage));
		assertThat(call.get()).isEqualTo(USAGE);
		await().untilAsserted(() -> assertThat(remaining()).isEqualTo(70));
	}

	@ParameterizedTest
	@EnumSource
	void expressionsUseTheRequestAndTheResponse(Client client) {
		this.beans.registerSingleton("usage", new Usage());
		this.reply = new Reply(200, USAGE, new HttpHeaders());
		Call call = call(client, HUNDRED, (limit) -> limit.costExpression("#request.path.length() * 10")
			.settleExpression("@usage.of(#response.text())"));
		call.get("http://a.example/12345");
		await().untilAsserted(() -> assertThat(remaining()).isEqualTo(70));
	}

	@ParameterizedTest
	@EnumSource
	void withoutAValueTheEstimateStays(Client client, CapturedOutput output) {
		Call call = call(client, HUNDRED,
				(limit) -> limit.cost((request) -> 40).settle(OutgoingRateLimitsTests::usage));
		assertThat(call.get()).isEqualTo("hello");
		assertThat(call.get()).isEqualTo("hello");
		assertThat(remaining()).isEqualTo(20);
		assertThat(output.toString().lines().filter((line) -> line.contains("is not settled"))).hasSize(1);
	}

	@ParameterizedTest
	@EnumSource
	void aFailedCallGivesItsEstimateBack(Client client) {
		this.broken = true;
		Call call = call(client, HUNDRED, (limit) -> limit.cost((request) -> 80).settle((response) -> 80L));
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(call::get)
			.isInstanceOfAny(ResourceAccessException.class, WebClientRequestException.class);
		await().untilAsserted(() -> assertThat(remaining()).isEqualTo(100));
		this.broken = false;
		this.reply = new Reply(500, USAGE, new HttpHeaders());
		call.get();
		await().untilAsserted(() -> assertThat(remaining()).isEqualTo(100));
		Call stays = call(client, HUNDRED,
				(limit) -> limit.cost((request) -> 80).settle((response) -> 0L).settleOnError(true));
		stays.get();
		assertThat(remaining()).isEqualTo(20);
	}

	@ParameterizedTest
	@EnumSource
	void aFixedCostStays(Client client) {
		this.broken = true;
		Call call = call(client, HUNDRED.cost(10), UnaryOperator.identity());
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(call::get);
		assertThat(remaining()).isEqualTo(90);
	}

	@ParameterizedTest
	@EnumSource
	void aTooLongBodyReachesTheCallerAndSettlesNothing(Client client, CapturedOutput output) {
		String body = "x".repeat(BodyCopy.MAX_BYTES + 1);
		this.reply = new Reply(200, body, new HttpHeaders());
		Call call = call(client, HUNDRED, (limit) -> limit.cost((request) -> 40).settle((response) -> 1L));
		assertThat(call.get()).hasSameSizeAs(body);
		assertThat(remaining()).isEqualTo(60);
		assertThat(output).contains("the body of the response has more than 8388608 bytes");
	}

	@Test
	void aStreamIsNotHeldBack() {
		Sinks.Many<DataBuffer> body = Sinks.many().unicast().onBackpressureBuffer();
		WebClient client = WebClient.builder()
			.exchangeFunction((request) -> Mono.just(ClientResponse.create(HttpStatus.OK).body(body.asFlux()).build()))
			.filter(reactiveOutgoing().limit(HUNDRED,
					(limit) -> limit.cost((request) -> 80).settle(OutgoingRateLimitsTests::usage)))
			.build();
		List<String> received = new ArrayList<>();
		client.get()
			.uri("http://a.example/")
			.retrieve()
			.bodyToFlux(DataBuffer.class)
			.subscribe((buffer) -> received.add(buffer.toString(StandardCharsets.UTF_8)));
		await().until(() -> body.currentSubscriberCount() == 1);
		body.tryEmitNext(buffer("first "));
		await().until(() -> received.equals(List.of("first ")));
		assertThat(remaining()).isEqualTo(20);
		body.tryEmitNext(buffer("\"total_tokens\":30"));
		body.tryEmitComplete();
		await().untilAsserted(() -> assertThat(remaining()).isEqualTo(70));
	}

	@Test
	void aBodyIsSettledWhenTheResponseIsClosed() throws IOException {
		CopiedResponse closed = copied("\"total_tokens\":30, and more without a reader");
		closed.getBody().readNBytes(20);
		assertThat(remaining()).isEqualTo(20);
		closed.close();
		closed.close();
		assertThat(remaining()).isEqualTo(70);
	}

	@Test
	void theBodyOfABlockingClientIsReadOnDemand() throws IOException {
		CopiedResponse response = copied("\"total_tokens\":30");
		InputStream body = response.getBody();
		assertThat(body.read()).isEqualTo('"');
		assertThat(body.skip(3)).isEqualTo(3);
		assertThat(response.getBody()).isSameAs(body);
		assertThat(remaining()).isEqualTo(20);
		body.readAllBytes();
		assertThat(remaining()).isEqualTo(70);
	}

	private CopiedResponse copied(String text) throws IOException {
		MockClientHttpResponse response = new MockClientHttpResponse(text.getBytes(StandardCharsets.UTF_8),
				HttpStatus.OK);
		return (CopiedResponse) outgoing()
			.limit(HUNDRED, (limit) -> limit.cost((request) -> 80).settle(OutgoingRateLimitsTests::usage))
			.intercept(new MockClientHttpRequest(), new byte[0], (request, body) -> response);
	}

	@ParameterizedTest
	@EnumSource
	void aResponsePausesTheBucket(Client client) {
		HttpHeaders headers = new HttpHeaders();
		headers.set("Retry-After", "20");
		this.reply = new Reply(429, "", headers);
		Call call = call(client, HUNDRED, UnaryOperator.identity());
		call.get();
		Decision paused = peek();
		assertThat(paused.retryAfter()).isBetween(Duration.ofSeconds(15), Duration.ofSeconds(20));
		// The provider may have counted the call.
		assertThat(paused.remaining()).isEqualTo(99);
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(call::get);
	}

	@Test
	void onlyTheBucketOfTheCallIsPaused() {
		HttpHeaders headers = new HttpHeaders();
		headers.set("Retry-After", "20");
		this.reply = new Reply(503, "", headers);
		Call call = call(Client.REST_CLIENT, HUNDRED, (limit) -> limit.keyedBy(OutgoingRequest::host));
		call.get("http://a.example/");
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> call.get("http://a.example/"));
		call.get("http://b.example/");
		assertThat(peek().allowed()).isTrue();
	}

	@Test
	void aPauseIsBounded() {
		HttpHeaders headers = new HttpHeaders();
		headers.set("Retry-After", "86400");
		this.reply = new Reply(429, "", headers);
		call(Client.REST_CLIENT, HUNDRED, UnaryOperator.identity()).get();
		assertThat(peek().retryAfter()).isBetween(Duration.ofMinutes(4), Duration.ofMinutes(5));
	}

	@ParameterizedTest
	@ValueSource(strings = { "soon", "-5", "1.5" })
	void anInvalidHeaderIsLoggedOnce(String value, CapturedOutput output) {
		HttpHeaders headers = new HttpHeaders();
		headers.set("Retry-After", value);
		this.reply = new Reply(429, "", headers);
		Call call = call(Client.REST_CLIENT, HUNDRED, UnaryOperator.identity());
		call.get();
		call.get();
		assertThat(peek().allowed()).isTrue();
		assertThat(output.toString().lines().filter((line) -> line.contains("invalid Retry-After"))).hasSize(1)
			.first()
			.asString()
			.contains("'model'", value);
	}

	@Test
	void otherStatusesAndATimeThatIsOverPauseNothingAndLiftNothing() {
		HttpHeaders headers = new HttpHeaders();
		headers.set("Retry-After", "20");
		Call call = call(Client.REST_CLIENT, HUNDRED, (limit) -> limit.waitTime(Duration.ofMinutes(1)));
		for (int status : new int[] { 200, 301, 404, 500, 502 }) {
			this.reply = new Reply(status, "", headers);
			call.get();
		}
		assertThat(peek().allowed()).isTrue();
		operations().pause(HUNDRED, Duration.ofMillis(300));
		headers.set("Retry-After", "0");
		this.reply = new Reply(429, "", headers);
		long begin = System.nanoTime();
		call.get();
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(250));
		assertThat(peek().allowed()).isTrue();
	}

	@ParameterizedTest
	@EnumSource
	void aDisabledPolicyChargesNothing(Client client) {
		this.settings.put("model",
				new RateLimitSettings(false, Rate.valueOf("1/1h"), null, null, null, null, null, null, null));
		Call call = call(client, RateLimitSpec.of("model"), UnaryOperator.identity());
		for (int i = 0; i < 3; i++) {
			assertThat(call.get()).isEqualTo("hello");
		}
	}

	@ParameterizedTest
	@EnumSource
	void bookkeepingFailsNoCall(Client client) {
		HttpHeaders headers = new HttpHeaders();
		headers.set("Retry-After", "20");
		this.reply = new Reply(429, USAGE, headers);
		this.store = new SilentStore();
		Call call = call(client, HUNDRED, (limit) -> limit.cost((request) -> 80).settle((response) -> {
			throw new IllegalStateException("from the function");
		}));
		assertThat(call.get()).isEqualTo(USAGE);
		// The bucket of this JVM is paused.
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(call::get);
	}

	@Test
	void aCancelledCallGivesItsTokensBack() {
		RateLimitSpec one = HUNDRED.limit(new RateLimit(1, Duration.ofHours(1), 1));
		WebClient client = webClient(one, (limit) -> limit.waitTime(Duration.ofHours(3)));
		client.get().uri("http://a.example/").retrieve().bodyToMono(String.class).block();
		Disposable waiting = client.get().uri("http://a.example/").retrieve().bodyToMono(String.class).subscribe();
		await().untilAsserted(() -> assertThat(retryAfter(one)).isGreaterThan(Duration.ofMinutes(61)));
		waiting.dispose();
		await().untilAsserted(() -> assertThat(retryAfter(one)).isLessThan(Duration.ofMinutes(61)));
	}

	private Duration retryAfter(RateLimitSpec spec) {
		return operations().peek(spec).retryAfter();
	}

	private static @Nullable Long usage(OutgoingResponse response) {
		return new Usage().of(response.text());
	}

	private long remaining() {
		return peek().remaining();
	}

	private Decision peek() {
		return operations().peek(HUNDRED);
	}

	private PolicyRateLimitOperations operations() {
		return new PolicyRateLimitOperations(limiter(), policies(), this.executor);
	}

	private RateLimiter limiter() {
		if (this.limiter == null) {
			this.limiter = new RateLimiter(this.store, LocalBucketStore.standIn(), Duration.ofSeconds(5), List.of());
		}
		return this.limiter;
	}

	private RateLimitPolicies policies() {
		return new RateLimitPolicies("weir:",
				new RateLimitSettings(true, null, RateWindow.of(Duration.ofMinutes(1)), null, null, OnUnavailable.LOCAL,
						null, null, null),
				this.settings, UserHash.none(), new Callers(() -> null), (text) -> text, this.beans);
	}

	private OutgoingRateLimits outgoing() {
		return new OutgoingRateLimits(limiter(), policies(), new Expressions(this.beans), Duration.ofMinutes(5));
	}

	private ReactiveOutgoingRateLimits reactiveOutgoing() {
		return new ReactiveOutgoingRateLimits(limiter(), policies(), new Expressions(this.beans), Duration.ofMinutes(5),
				this.executor);
	}

	private static RateLimitSettings settings(String limit, @Nullable Duration waitTime) {
		return new RateLimitSettings(null, Rate.valueOf(limit), null, null, null, null, null, null, waitTime);
	}

	private Call call(Client client, RateLimitSpec spec, UnaryOperator<OutgoingLimit> options) {
		return switch (client) {
			case REST_CLIENT -> {
				RestClient rest = RestClient.builder()
					.requestFactory(this::request)
					.requestInterceptor(outgoing().limit(spec, options))
					.build();
				yield (address) -> rest.get()
					.uri(URI.create(address))
					.exchange((request, response) -> new String(response.getBody().readAllBytes(),
							StandardCharsets.UTF_8));
			}
			case REST_TEMPLATE -> {
				RestTemplate rest = new RestTemplate(this::request);
				rest.setErrorHandler((response) -> false);
				rest.setInterceptors(List.of(outgoing().limit(spec, options)));
				yield (address) -> rest.execute(URI.create(address), HttpMethod.GET, null,
						(response) -> new String(response.getBody().readAllBytes(), StandardCharsets.UTF_8));
			}
			case WEB_CLIENT -> {
				WebClient web = webClient(spec, options);
				yield (address) -> web.get()
					.uri(URI.create(address))
					.exchangeToMono((response) -> response.bodyToMono(String.class).defaultIfEmpty(""))
					.block(Duration.ofSeconds(20));
			}
		};
	}

	private WebClient webClient(RateLimitSpec spec, UnaryOperator<OutgoingLimit> options) {
		return WebClient.builder()
			.exchangeFunction((request) -> this.broken
					? Mono.error(new WebClientRequestException(new IOException("broken"), request.method(),
							request.url(), request.headers()))
					: Mono.just(ClientResponse.create(HttpStatus.valueOf(this.reply.status), UNBOUNDED)
						.headers((headers) -> headers.putAll(this.reply.headers))
						.body(Flux.just(buffer(this.reply.body)))
						.build()))
			.filter(reactiveOutgoing().limit(spec, options))
			.build();
	}

	private static DataBuffer buffer(String text) {
		return DefaultDataBufferFactory.sharedInstance.wrap(text.getBytes(StandardCharsets.UTF_8));
	}

	private MockClientHttpRequest request(URI uri, HttpMethod method) {
		return new MockClientHttpRequest(method, uri) {

			@Override
			protected ClientHttpResponse executeInternal() throws IOException {
				if (OutgoingRateLimitsTests.this.broken) {
					throw new IOException("broken");
				}
				Reply reply = OutgoingRateLimitsTests.this.reply;
				MockClientHttpResponse response = new MockClientHttpResponse(
						new ByteArrayInputStream(reply.body.getBytes(StandardCharsets.UTF_8)), reply.status);
				response.getHeaders().putAll(reply.headers);
				return response;
			}

		};
	}

	/** The clients. */
	enum Client {

		REST_CLIENT, REST_TEMPLATE, WEB_CLIENT

	}

	/** Finds the usage in a response. */
	public static final class Usage {

		public @Nullable Long of(String text) {
			Matcher matcher = Pattern.compile("\"total_tokens\":(\\d+)").matcher(text);
			return matcher.find() ? Long.valueOf(matcher.group(1)) : null;
		}

	}

	/**
	 * What the other service answers.
	 *
	 * @param status the status
	 * @param body the body
	 * @param headers the headers
	 */
	private record Reply(int status, String body, HttpHeaders headers) {

	}

	/**
	 * Calls the other service.
	 */
	private interface Call {

		@Nullable String get(String address);

		default @Nullable String get() {
			return get("http://a.example/path");
		}

	}

	/**
	 * A store that never answers.
	 */
	private static final class SilentStore implements BucketStore {

		@Override
		public CompletionStage<Answer> decide(List<BucketStore.Call> calls) {
			return CompletableFuture.failedFuture(new StoreUnavailableException("silent"));
		}

		@Override
		public CompletionStage<Void> remove(String key) {
			return CompletableFuture.failedFuture(new StoreUnavailableException("silent"));
		}

	}

}
