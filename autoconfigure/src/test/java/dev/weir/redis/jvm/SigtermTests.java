package dev.weir.redis.jvm;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A web application gets SIGTERM or is killed while it answers a request and a stream.
 */
@Tag("long")
@Timeout(120)
class SigtermTests {

	/** A machine may stall for two thirds of this time. */
	private static final Duration TTL = Duration.ofSeconds(3);

	private static final List<String> REQUESTS = List.of("request", "stream");

	@TempDir
	private Path directory;

	private final List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();

	@Test
	void requestsAndStreamsKeepTheirLeasesUntilTheyHaveEnded() throws Exception {
		afterSigterm((application, next) -> {
			// Longer than a lease lives without renewal.
			await().during(TTL.plusMillis(500))
				.atMost(Duration.ofSeconds(20))
				.until(() -> next.stream().noneMatch(CompletableFuture::isDone));
			Files.createFile(this.directory.resolve("end"));
			for (CompletableFuture<HttpResponse<String>> answer : this.answers) {
				assertThat(answer.get(20, TimeUnit.SECONDS).body()).isEqualTo("valid: true");
			}
			for (CompletableFuture<Lease> lease : next) {
				lease.get(2, TimeUnit.SECONDS).close();
			}
			assertThat(application.waitFor(20, TimeUnit.SECONDS)).isTrue();
		});
	}

	@Test
	void theLeasesOfAKilledApplicationEndAfterTheirTimeToLive() throws Exception {
		afterSigterm((application, next) -> {
			application.destroyForcibly().waitFor();
			for (CompletableFuture<Lease> lease : next) {
				lease.get(TTL.toMillis() + 2000, TimeUnit.MILLISECONDS).close();
			}
		});
	}

	/**
	 * Sends SIGTERM while requests run and another instance waits for their leases.
	 * @param check receives the application and the leases of the other instance
	 */
	private void afterSigterm(Check check) throws Exception {
		try (RedisServer redis = RedisServer.start();
				TestRedis.Instance other = TestRedis.connect(RedisAddress.of(redis.uri()), TestRedis.PATIENCE);
				LeaseManager manager = new LeaseManager(other.store(), new LeaseSettings(TTL, "test", "other"),
						other.executor())) {
			Process application = start(redis);
			try {
				List<CompletableFuture<Lease>> next = waitFor(manager);
				ForkedJvm.signal(application, "TERM");
				check.accept(application, next);
			}
			finally {
				application.destroyForcibly();
			}
		}
	}

	/**
	 * Starts the application and its requests.
	 * @param redis its Redis
	 * @return the application
	 */
	private Process start(RedisServer redis) throws Exception {
		Process application = ForkedJvm.start(this.directory.resolve("output"), SigtermWorker.class, redis.uri(),
				this.directory.toString());
		Path port = this.directory.resolve("port");
		await().atMost(60, TimeUnit.SECONDS).until(() -> Files.exists(port));
		HttpClient client = HttpClient.newHttpClient();
		for (String name : REQUESTS) {
			URI uri = URI.create("http://127.0.0.1:" + Files.readString(port) + "/" + name);
			this.answers
				.add(client.sendAsync(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()));
		}
		await().atMost(20, TimeUnit.SECONDS)
			.until(() -> REQUESTS.stream().allMatch((name) -> Files.exists(this.directory.resolve(name))));
		return application;
	}

	private static List<CompletableFuture<Lease>> waitFor(LeaseManager manager) {
		return REQUESTS.stream()
			.map((name) -> manager
				.acquireAsync(new LeaseRequest(name, new LeaseKey(LeaseKind.LOCK, "weir:" + name), 1, null,
						Duration.ofSeconds(60), false, "test"))
				.toCompletableFuture())
			.toList();
	}

	@FunctionalInterface
	private interface Check {

		void accept(Process application, List<CompletableFuture<Lease>> next) throws Exception;

	}

}
