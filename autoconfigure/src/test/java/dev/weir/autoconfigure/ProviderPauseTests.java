package dev.weir.autoconfigure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.outgoing.OutgoingRateLimits;
import dev.weir.outgoing.ReactiveOutgoingRateLimits;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two instances call a provider that answers once with 429 and {@code Retry-After: 2}:
 * neither sends anything for two seconds, then both go on within the limit. Callers of
 * both instances wait for tokens when the pause begins.
 */
@Timeout(120)
class ProviderPauseTests {

	private static final int RATE = 50;

	private static final int BURST = 5;

	private static final int CALLERS = 20;

	private static final Duration PAUSE = Duration.ofSeconds(2);

	/** Requests on their way, and the way of the message. */
	private static final Duration TOLERANCE = Duration.ofMillis(50);

	private static final Duration CALM = Duration.ofMillis(200);

	private static final int MAX_RUNS = 5;

	private final List<Arrival> arrivals = new CopyOnWriteArrayList<>();

	private final AtomicInteger requests = new AtomicInteger();

	private final AtomicLong refusedAt = new AtomicLong();

	private final AtomicLong heededAt = new AtomicLong();

	private final AtomicBoolean over = new AtomicBoolean();

	private final Stalls stalls = new Stalls();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final HttpClient http = HttpClient.newBuilder()
		.version(HttpClient.Version.HTTP_1_1)
		.executor(this.threads)
		.build();

	private HttpServer provider;

	@BeforeEach
	void start() throws IOException {
		this.provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
		this.provider.setExecutor(this.threads);
		this.provider.createContext("/", this::handle);
		this.provider.start();
		this.threads.execute(this.stalls);
	}

	@AfterEach
	void end() {
		this.over.set(true);
		this.stalls.over = true;
		this.provider.stop(0);
		this.threads.shutdownNow();
	}

	@Test
	void noInstanceSendsAnythingInAPauseAndThenAllGoOnWithinTheLimit() {
		// While the machine stalls, a run proves nothing.
		for (int run = 1; run == 1 || run <= MAX_RUNS && this.stalls.longest().compareTo(CALM) > 0; run++) {
			forget();
			run();
		}
		long begin = Math.max(this.heededAt.get(), this.refusedAt.get()) + late().toNanos();
		long end = this.refusedAt.get() + PAUSE.toNanos();
		assertThat(end - begin).isGreaterThan(Duration.ofSeconds(1).toNanos());
		assertThat(this.arrivals).noneMatch((arrival) -> arrival.at - begin > 0 && arrival.at - end < 0);
		for (String instance : List.of("one", "two")) {
			assertThat(this.arrivals)
				.anyMatch((arrival) -> arrival.instance.equals(instance) && arrival.at - this.refusedAt.get() < 0)
				.anyMatch((arrival) -> arrival.instance.equals(instance) && arrival.at - end >= 0);
		}
		assertWithinTheLimit();
	}

	private void forget() {
		this.arrivals.clear();
		this.requests.set(0);
		this.refusedAt.set(0);
		this.over.set(false);
	}

	private void run() {
		try (RedisServer redis = RedisServer.start()) {
			ApplicationContextRunner runner = new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(AllAutoConfigurations.with(AopAutoConfiguration.class)))
				.withPropertyValues("spring.data.redis.url=" + redis.uri(), "weir.redis.timeout=5s",
						"weir.rate-limit.policies.provider.limit=" + RATE + "/1s",
						"weir.rate-limit.policies.provider.burst=" + BURST,
						"weir.rate-limit.policies.provider.wait-time=10s");
			runner.run((one) -> runner.run((two) -> play(blocking(one), reactive(two))));
		}
	}

	/** A request needs a thread of the client and one of the provider. */
	private Duration late() {
		return TOLERANCE.plus(this.stalls.longest().multipliedBy(2));
	}

	private void assertWithinTheLimit() {
		List<Long> times = this.arrivals.stream().map(Arrival::at).sorted(Comparator.naturalOrder()).toList();
		double late = late().toNanos() / 1e9;
		for (int from = 0; from < times.size(); from++) {
			for (int to = from; to < times.size(); to++) {
				double seconds = (times.get(to) - times.get(from)) / 1e9 + late;
				assertThat((double) (to - from + 1)).isLessThanOrEqualTo(BURST + 1 + RATE * seconds);
			}
		}
	}

	/**
	 * Lets many callers of both instances call the provider, until it has been refused
	 * and called again for a while.
	 * @param calls makes a call, and returns the status of the response
	 */
	private void play(IntSupplier... calls) throws Exception {
		this.stalls.forget();
		List<Future<?>> callers = new ArrayList<>();
		for (IntSupplier call : calls) {
			for (int i = 0; i < CALLERS; i++) {
				callers.add(this.threads.submit(() -> {
					while (!this.over.get()) {
						if (call.getAsInt() == 429) {
							this.heededAt.set(System.nanoTime());
						}
					}
				}));
			}
		}
		for (Future<?> caller : callers) {
			caller.get(60, TimeUnit.SECONDS);
		}
	}

	private IntSupplier blocking(ApplicationContext context) {
		RestClient client = RestClient.builder()
			.requestFactory(new JdkClientHttpRequestFactory(this.http))
			.requestInterceptor(context.getBean(OutgoingRateLimits.class).limit("provider"))
			.build();
		return () -> client.get()
			.uri(address())
			.header("X-Instance", "one")
			.exchange((request, response) -> response.getStatusCode().value());
	}

	private IntSupplier reactive(ApplicationContext context) {
		WebClient client = WebClient.builder()
			.clientConnector(new JdkClientHttpConnector(this.http))
			.filter(context.getBean(ReactiveOutgoingRateLimits.class).limit("provider"))
			.build();
		return () -> client.get()
			.uri(address())
			.header("X-Instance", "two")
			.exchangeToMono((response) -> response.releaseBody().thenReturn(response.statusCode().value()))
			.block();
	}

	private String address() {
		return "http://127.0.0.1:" + this.provider.getAddress().getPort() + "/";
	}

	private void handle(HttpExchange exchange) throws IOException {
		long now = System.nanoTime();
		this.arrivals.add(new Arrival(exchange.getRequestHeaders().getFirst("X-Instance"), now));
		boolean refused = this.requests.incrementAndGet() == 2 * RATE;
		if (refused) {
			exchange.getResponseHeaders().set("Retry-After", String.valueOf(PAUSE.toSeconds()));
			this.refusedAt.set(now);
		}
		long since = now - this.refusedAt.get();
		this.over.compareAndSet(false, this.refusedAt.get() != 0 && since > PAUSE.plusSeconds(1).toNanos());
		exchange.sendResponseHeaders(refused ? 429 : 200, -1);
		exchange.close();
	}

	/**
	 * A request at the provider.
	 *
	 * @param instance the instance that has sent it
	 * @param at when it arrived
	 */
	private record Arrival(String instance, long at) {

	}

	/**
	 * Measures for how long this machine lets a thread wait that could run.
	 */
	private static final class Stalls implements Runnable {

		private final AtomicLong longest = new AtomicLong();

		private volatile boolean over;

		@Override
		public void run() {
			long before = System.nanoTime();
			while (!this.over) {
				LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
				long now = System.nanoTime();
				this.longest.accumulateAndGet(now - before, Math::max);
				before = now;
			}
		}

		void forget() {
			this.longest.set(0);
		}

		Duration longest() {
			return Duration.ofNanos(this.longest.get());
		}

	}

}
