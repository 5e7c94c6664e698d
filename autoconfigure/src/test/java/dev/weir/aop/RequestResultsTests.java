package dev.weir.aop;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.local.LocalLeaseStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;
import reactor.core.publisher.Flux;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jetty.autoconfigure.servlet.JettyServletWebServerAutoConfiguration;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.context.request.async.DeferredResult;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for controllers whose work continues after their method has returned, with a real
 * Tomcat, a real Jetty, and clients that disconnect.
 */
@Timeout(60)
@ParameterizedClass
@ValueSource(classes = { JettyServletWebServerAutoConfiguration.class, TomcatServletWebServerAutoConfiguration.class })
class RequestResultsTests {

	@Parameter
	private Class<?> otherServer;

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static ConfigurableApplicationContext context;

	private static LocalLeaseStore store;

	private static int port;

	@BeforeParameterizedClassInvocation
	static void start(Class<?> otherServer) {
		context = SpringApplication.run(Application.class, "--server.port=0", "--server.address=127.0.0.1",
				"--weir.store=local", "--spring.mvc.async.request-timeout=5s", "--spring.main.banner-mode=off",
				"--spring.autoconfigure.exclude=" + RedissonAutoConfigurationV4.class.getName() + ","
						+ otherServer.getName() + "," + ServletWebSecurityAutoConfiguration.class.getName() + ","
						+ ManagementWebSecurityAutoConfiguration.class.getName());
		store = context.getBean(LocalLeaseStore.class);
		port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
	}

	@AfterParameterizedClassInvocation
	static void stop() {
		context.close();
	}

	@BeforeEach
	void begin() {
		context.getBean(Controller.class).begin();
	}

	@AfterEach
	void checkThatNoLeaseIsLeft() {
		context.getBean(Controller.class).finish();
		await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> assertThat(store.size()).isZero());
	}

	@ParameterizedTest
	@ValueSource(strings = { "/emitter", "/streaming", "/wrapped", "/callable", "/deferred", "/stage", "/flux",
			"/later-streaming", "/any?of=emitter", "/any?of=streaming", "/any?of=callable", "/any?of=deferred",
			"/any?of=stage", "/generic", "/template" })
	void keepsTheLeaseUntilTheWorkEnds(String path) throws Exception {
		CompletableFuture<HttpResponse<String>> response = get(path);
		await().until(() -> store.size() == 1);
		HttpResponse<String> second = get(path).get(20, TimeUnit.SECONDS);
		assertThat(second.statusCode()).isEqualTo(409);
		assertThat(second.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(store.size()).isEqualTo(1);
		assertThat(response).isNotDone();
		context.getBean(Controller.class).finish();
		assertThat(response.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
		assertThat(response.join().body()).contains("work");
		await().untilAsserted(() -> assertThat(store.size()).isZero());
	}

	@ParameterizedTest
	@ValueSource(strings = { "/emitter", "/streaming", "/wrapped", "/flux", "/later-streaming" })
	void releasesTheLeaseWhenTheClientDisconnects(String path) throws Exception {
		try (Socket client = new Socket("127.0.0.1", port)) {
			client.getOutputStream()
				.write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
			client.getInputStream().read();
			assertThat(store.size()).isEqualTo(1);
		}
		// The work continues to write, and a write fails soon.
		await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> assertThat(store.size()).isZero());
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "/emitter-fails", "/emitter-fails-late", "/streaming-fails", "/callable-fails", "/throws" })
	void releasesTheLeaseWhenTheWorkFails(String path) throws Exception {
		get(path).handle((response, failure) -> response).get(20, TimeUnit.SECONDS);
		await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> assertThat(store.size()).isZero());
	}

	@Test
	void releasesTheLeaseWhenADeferredResultTimesOut() throws Exception {
		assertThat(get("/times-out").get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(503);
		await().untilAsserted(() -> assertThat(store.size()).isZero());
	}

	/**
	 * A request that times out is over, but the code of its result runs on.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "/slow-callable", "/slow-streaming" })
	void keepsTheLeaseOfARequestThatTimesOutUntilItsWorkReturns(String path) throws Exception {
		CompletableFuture<HttpResponse<String>> response = get(path);
		response.handle((answer, failure) -> answer).get(20, TimeUnit.SECONDS);
		assertThat(store.size()).isEqualTo(1);
		assertThat(get(path).get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(409);
		context.getBean(Controller.class).finish();
		await().untilAsserted(() -> assertThat(store.size()).isZero());
	}

	@Test
	void releasesTheLeaseWhenTheResultIsNull() throws Exception {
		get("/null").get(20, TimeUnit.SECONDS);
		await().untilAsserted(() -> assertThat(store.size()).isZero());
	}

	@Test
	void failsOutsideOfARequestAndHoldsNoLease() {
		assertThatIllegalStateException().isThrownBy(() -> context.getBean(Controller.class).emitter())
			.withMessageContaining("Controller.emitter ends with the request, but this thread handles no request");
		assertThat(store.size()).isZero();
	}

	@Test
	void failsWithTheAttributesOfACompletedRequest() {
		ServletRequestAttributes attributes = new ServletRequestAttributes(new MockHttpServletRequest());
		RequestContextHolder.setRequestAttributes(attributes);
		try {
			attributes.requestCompleted();
			assertThatIllegalStateException().isThrownBy(() -> context.getBean(Controller.class).emitter())
				.withMessageContaining("this thread handles no request");
			assertThat(store.size()).isZero();
		}
		finally {
			RequestContextHolder.resetRequestAttributes();
		}
	}

	private static CompletableFuture<HttpResponse<String>> get(String path) {
		return HTTP.sendAsync(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
			.timeout(Duration.ofSeconds(20))
			.build(), HttpResponse.BodyHandlers.ofString());
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Controller controller(LockOperations locks) {
			return new Controller(locks);
		}

	}

	/**
	 * A controller whose subclass decides about the result.
	 *
	 * @param <R> the result
	 */
	abstract static class GenericController<R> {

		@GetMapping("/generic")
		@DistributedLock(name = "generic", waitTime = "0")
		R generic() {
			return work();
		}

		abstract R work();

	}

	@RestController
	static class Controller extends GenericController<CompletableFuture<String>> {

		private final LockOperations locks;

		Controller(LockOperations locks) {
			this.locks = locks;
		}

		@Override
		CompletableFuture<String> work() {
			return stage();
		}

		private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
			Thread thread = new Thread(task);
			thread.setDaemon(true);
			return thread;
		});

		private volatile CountDownLatch finished = new CountDownLatch(1);

		void begin() {
			this.finished = new CountDownLatch(1);
		}

		void finish() {
			this.finished.countDown();
		}

		/**
		 * Writes until the work may finish or a write fails.
		 * @param writer the writer
		 */
		private void work(Writer writer) throws IOException {
			CountDownLatch mayFinish = this.finished;
			try {
				do {
					writer.write();
				}
				while (!mayFinish.await(20, TimeUnit.MILLISECONDS));
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		@GetMapping("/emitter")
		@DistributedLock(name = "emitter", waitTime = "0")
		SseEmitter emitter() {
			SseEmitter emitter = new SseEmitter();
			this.threads.execute(() -> {
				try {
					work(() -> emitter.send("work"));
					emitter.complete();
				}
				catch (IOException | IllegalStateException ex) {
					// The client has disconnected. Spring ends the request.
				}
			});
			return emitter;
		}

		/**
		 * Declares nothing about its result.
		 * @param of the result
		 */
		@GetMapping("/any")
		@DistributedLock(name = "any", waitTime = "0")
		Object any(@RequestParam String of) {
			return switch (of) {
				case "emitter" -> emitter();
				case "streaming" -> streaming();
				case "callable" -> callable();
				case "deferred" -> deferred();
				default -> stage();
			};
		}

		@GetMapping("/template")
		Object template() {
			return this.locks.call(LockSpec.of("template").waitTime(Duration.ZERO), this::emitter);
		}

		@GetMapping("/streaming")
		@DistributedLock(name = "streaming", waitTime = "0")
		StreamingResponseBody streaming() {
			return streamingBody();
		}

		@GetMapping("/wrapped")
		@DistributedLock(name = "wrapped", waitTime = "0")
		ResponseEntity<StreamingResponseBody> wrapped() {
			return ResponseEntity.ok(streamingBody());
		}

		/**
		 * Has two asynchronous cycles, one after the other.
		 */
		@GetMapping("/later-streaming")
		@DistributedLock(name = "later-streaming", waitTime = "0")
		Callable<ResponseEntity<StreamingResponseBody>> laterStreaming() {
			return () -> ResponseEntity.ok(streamingBody());
		}

		private StreamingResponseBody streamingBody() {
			// Spring MVC does not pass a flush on, so a chunk must fill the buffer to be
			// sent.
			byte[] chunk = "work".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
			return (out) -> work(() -> out.write(chunk));
		}

		@GetMapping("/callable")
		@DistributedLock(name = "callable", waitTime = "0")
		Callable<String> callable() {
			return () -> {
				this.finished.await();
				return "work";
			};
		}

		@GetMapping("/deferred")
		@DistributedLock(name = "deferred", waitTime = "0")
		DeferredResult<String> deferred() {
			DeferredResult<String> result = new DeferredResult<>();
			this.threads.execute(() -> {
				try {
					this.finished.await();
					result.setResult("work");
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
			});
			return result;
		}

		@GetMapping("/stage")
		@DistributedLock(name = "stage", waitTime = "0")
		CompletableFuture<String> stage() {
			return CompletableFuture.supplyAsync(() -> {
				try {
					this.finished.await();
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
				return "work";
			}, this.threads);
		}

		@GetMapping(path = "/flux", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
		@DistributedLock(name = "flux", waitTime = "0")
		Flux<String> flux() {
			CountDownLatch mayFinish = this.finished;
			return Flux.interval(Duration.ZERO, Duration.ofMillis(20))
				.map((tick) -> "work")
				.onBackpressureDrop()
				.takeUntil((work) -> mayFinish.getCount() == 0);
		}

		@GetMapping("/emitter-fails-late")
		@DistributedLock(name = "emitter-fails-late", waitTime = "0")
		SseEmitter emitterFailsLate() throws IOException {
			SseEmitter emitter = new SseEmitter();
			emitter.send("work");
			emitter.completeWithError(new IllegalStateException("failed"));
			return emitter;
		}

		@GetMapping("/emitter-fails")
		@Semaphore(name = "emitter-fails", limit = 1)
		SseEmitter emitterFails() {
			SseEmitter emitter = new SseEmitter();
			this.threads.execute(() -> emitter.completeWithError(new IllegalStateException("expected")));
			return emitter;
		}

		@GetMapping("/streaming-fails")
		@Semaphore(name = "streaming-fails", limit = 1)
		StreamingResponseBody streamingFails() {
			return (out) -> {
				throw new IOException("expected");
			};
		}

		@GetMapping("/callable-fails")
		@Semaphore(name = "callable-fails", limit = 1)
		Callable<String> callableFails() {
			return () -> {
				throw new IOException("expected");
			};
		}

		@GetMapping("/throws")
		@Semaphore(name = "throws", limit = 1)
		Callable<String> throwsAtOnce() {
			throw new IllegalStateException("expected");
		}

		@GetMapping("/times-out")
		@Semaphore(name = "times-out", limit = 1)
		DeferredResult<String> timesOut() {
			return new DeferredResult<>(100L);
		}

		@GetMapping("/slow-callable")
		@DistributedLock(name = "slow-callable", waitTime = "0")
		Callable<String> slowCallable() {
			return () -> {
				awaitUninterruptibly();
				return "work";
			};
		}

		@GetMapping("/slow-streaming")
		@DistributedLock(name = "slow-streaming", waitTime = "0")
		StreamingResponseBody slowStreaming() {
			return (out) -> awaitUninterruptibly();
		}

		private void awaitUninterruptibly() {
			CountDownLatch mayFinish = this.finished;
			while (mayFinish.getCount() > 0) {
				try {
					mayFinish.await();
				}
				catch (InterruptedException ex) {
					// Spring interrupts the work of a request that times out.
				}
			}
		}

		@GetMapping("/null")
		@Semaphore(name = "null", limit = 1)
		Callable<String> nothing() {
			return null;
		}

	}

	/**
	 * Writes a part of the response.
	 */
	private interface Writer {

		void write() throws IOException;

	}

}
