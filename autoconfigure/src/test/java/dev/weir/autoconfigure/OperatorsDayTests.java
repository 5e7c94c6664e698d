package dev.weir.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.Semaphore;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseLostException;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.Reservation;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests the tasks of an operator on instances with default settings, without knowledge of
 * their code.
 */
@Tag("long")
@Timeout(90)
class OperatorsDayTests {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static TestRedis redis;

	/** Its endpoint is read-only, which is the default. */
	private static ConfigurableApplicationContext reading;

	private static ConfigurableApplicationContext operated;

	private static ConfigurableApplicationContext other;

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		reading = run();
		operated = run("--management.endpoint.weir.access=unrestricted");
		other = run("--management.endpoint.weir.access=unrestricted");
	}

	@AfterAll
	static void stop() {
		reading.close();
		operated.close();
		other.close();
		redis.close();
	}

	private static ConfigurableApplicationContext run(String... properties) {
		List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--server.address=127.0.0.1",
				"--spring.application.name=shop", "--spring.data.redis.url=" + redis.server().uri(),
				"--weir.redis.timeout=5s", "--weir.changes.secret=a secret of the tests",
				"--management.endpoints.web.exposure.include=weir", "--weir.semaphore.policies.batch.timeout=5m",
				"--weir.lock.policies.unused.timeout=1m", "--weir.semaphore.policies.waiting.timeout=10m",
				"--weir.semaphore.policies.waiting.limit=7",
				"--spring.autoconfigure.exclude=" + RedissonAutoConfigurationV4.class.getName() + ","
						+ ServletWebSecurityAutoConfiguration.class.getName() + ","
						+ ManagementWebSecurityAutoConfiguration.class.getName()));
		arguments.addAll(List.of(properties));
		return new SpringApplication(Application.class).run(arguments.toArray(String[]::new));
	}

	@Test
	void theOperatorFindsAPolicyAndHalvesItsLimitInAllInstances() throws Exception {
		JsonNode limit = value(policy(operated, "rate-limit", "chat:stream"), "limit");
		assertThat(limit.get("value").asInt()).isEqualTo(10);
		assertThat(limit.get("source").asString()).isEqualTo("ANNOTATION");
		assertThat(limits(reading)).isEqualTo("\"chat:stream\";q=10;w=3600");
		JsonNode changed = post(operated, "policies",
				"{\"kind\":\"rate-limit\",\"name\":\"chat:stream\",\"limit\":\"5\",\"scope\":\"all\"}");
		assertThat(changed.get("instances").asInt()).isEqualTo(2);
		assertThat(value(changed.get("policy"), "limit").get("source").asString()).isEqualTo("PROPERTY");
		assertThat(limits(operated)).isEqualTo("\"chat:stream\";q=5;w=3600");
		await().untilAsserted(() -> assertThat(limits(other)).isEqualTo("\"chat:stream\";q=5;w=3600"));
		JsonNode bucket = get(operated, "buckets?policy=chat:stream").get("buckets").get(0);
		assertThat(bucket.get("key").asString()).isEqualTo("weir:chat:stream");
		assertThat(bucket.get("burst").asInt()).isEqualTo(5);
		assertThat(bucket.get("remaining").asInt()).isLessThan(5);
		assertThat(delete(operated, "buckets?key=weir:chat:stream").statusCode()).isEqualTo(200);
		assertThat(get(operated, "buckets?policy=chat:stream").get("buckets")).isEmpty();
		assertThat(header(operated, "RateLimit")).startsWith("\"chat:stream\";r=4");
		// The endpoint of this instance is read-only, so the instance does not receive
		// changes from other instances either.
		assertThat(limits(reading)).isEqualTo("\"chat:stream\";q=10;w=3600");
		post(operated, "policies",
				"{\"kind\":\"rate-limit\",\"name\":\"chat:stream\",\"limit\":\"\",\"scope\":\"all\"}");
		assertThat(limits(operated)).isEqualTo("\"chat:stream\";q=10;w=3600");
		assertThat(audited(operated)).contains("WEIR_POLICY_CHANGED", "WEIR_BUCKET_RESET");
		await().untilAsserted(() -> assertThat(changesOfChat(other)).isEqualTo(2));
		assertThat(changesOfChat(operated)).isEqualTo(2);
		assertThat(changesOfChat(reading)).isZero();
	}

	@Test
	void theOperatorLiftsAPauseWithoutFillingTheBucket() throws Exception {
		RateLimitOperations limits = other.getBean(RateLimitOperations.class);
		RateLimitSpec spec = RateLimitSpec.of("provider").limit(RateLimit.of(10, Duration.ofHours(1)));
		limits.tryConsume(spec.cost(4));
		limits.pause(spec, Duration.ofHours(1));
		JsonNode bucket = get(operated, "buckets?policy=provider").get("buckets").get(0);
		assertThat(Duration.parse(bucket.get("paused").asString())).isGreaterThan(Duration.ofMinutes(59));
		CompletableFuture<Reservation> waiting = limits.acquireAsync(spec, Duration.ofHours(5));
		HttpResponse<String> lifted = delete(operated, "pauses?key=weir:provider");
		assertThat(lifted.statusCode()).isEqualTo(200);
		assertThat(lifted.body()).isEqualTo("{\"lifted\":\"weir:provider\"}");
		assertThat(waiting).succeedsWithin(Duration.ofSeconds(20));
		bucket = get(operated, "buckets?policy=provider").get("buckets").get(0);
		assertThat(bucket.path("paused").isMissingNode() || bucket.path("paused").isNull()).isTrue();
		assertThat(bucket.get("limit").asInt()).isEqualTo(10);
		assertThat(bucket.get("remaining").asInt()).isEqualTo(5);
		assertThat(delete(operated, "pauses?key=other:provider").statusCode()).isEqualTo(400);
		assertThat(audited(operated)).contains("WEIR_PAUSE_LIFTED");
	}

	@Test
	void theOperatorFindsAStuckLockAndItsHolderAndReleasesIt() throws Exception {
		Reports stuck = reading.getBean(Reports.class);
		CompletableFuture<String> holder = CompletableFuture.supplyAsync(() -> stuck.report("2026"));
		assertThat(stuck.entered().await(20, TimeUnit.SECONDS)).isTrue();
		Reports other = operated.getBean(Reports.class);
		assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(() -> other.report("2026"));
		JsonNode lease = get(operated, "leases?policy=report").get("leases").get(0);
		assertThat(lease.get("key").asString()).isEqualTo("weir:report:2026");
		assertThat(lease.get("application").asString()).isEqualTo("shop");
		assertThat(lease.get("instance").asString()).startsWith(Long.toString(ProcessHandle.current().pid()));
		assertThat(lease.get("purpose").asString()).isEqualTo("Reports.report");
		assertThat(Instant.parse(lease.get("since").asString())).isBefore(Instant.now().plusMillis(1));
		assertThat(lease.get("remaining").asString()).startsWith("PT");
		HttpResponse<String> released = delete(operated,
				"leases?key=weir:report:2026&owner=" + lease.get("owner").asString());
		assertThat(released.body()).contains(lease.get("owner").asString());
		assertThat(get(operated, "leases?policy=report").get("leases")).isEmpty();
		other.mayLeave().countDown();
		assertThat(other.report("2026")).isEqualTo("report of 2026");
		stuck.mayLeave().countDown();
		assertThatExceptionOfType(CompletionException.class).isThrownBy(holder::join)
			.withCauseInstanceOf(LeaseLostException.class);
		assertThat(audited(operated)).contains("WEIR_LEASE_RELEASED");
	}

	@Test
	void eachValueHasASource() throws Exception {
		JsonNode batch = policy(operated, "semaphore", "batch");
		assertThat(batch.get("methods").get(0).asString()).isEqualTo(Reports.class.getName() + ".batch");
		assertThat(value(batch, "limit").toString()).isEqualTo("{\"value\":3,\"source\":\"ANNOTATION\"}");
		assertThat(value(batch, "timeout").toString()).isEqualTo("{\"value\":\"PT5M\",\"source\":\"PROPERTY\"}");
		assertThat(value(batch, "waitTime").toString()).isEqualTo("{\"value\":\"PT5M\",\"source\":\"PROPERTY\"}");
		assertThat(value(batch, "onLost").toString()).isEqualTo("{\"value\":\"FAIL\",\"source\":\"DEFAULT\"}");
		JsonNode report = policy(operated, "lock", "report");
		assertThat(value(report, "waitTime").toString()).isEqualTo("{\"value\":\"PT0S\",\"source\":\"ANNOTATION\"}");
		assertThat(value(report, "timeout").get("source").asString()).isEqualTo("DEFAULT");
		assertThat(policy(operated, "lock", "unused").get("methods")).isEmpty();
	}

	@Test
	void aChangeTakesPrecedenceOverPropertiesUntilItIsTakenBack() throws Exception {
		JsonNode changed = post(operated, "policies",
				"{\"kind\":\"semaphore\",\"name\":\"waiting\",\"timeout\":\"1m\"}");
		assertThat(changed.get("instances").asInt()).isEqualTo(1);
		assertThat(value(changed.get("policy"), "timeout").get("value").asString()).isEqualTo("PT1M");
		assertThat(value(changed.get("policy"), "limit").toString()).isEqualTo("{\"value\":7,\"source\":\"PROPERTY\"}");
		assertThat(value(policy(reading, "semaphore", "waiting"), "timeout").get("value").asString())
			.isEqualTo("PT10M");
		changed = post(operated, "policies", "{\"kind\":\"semaphore\",\"name\":\"waiting\",\"timeout\":\"\"}");
		assertThat(value(changed.get("policy"), "timeout").get("value").asString()).isEqualTo("PT10M");
	}

	@Test
	void aReadOnlyEndpointRejectsChanges() throws Exception {
		HttpRequest post = request(reading, "policies")
			.POST(HttpRequest.BodyPublishers.ofString("{\"kind\":\"lock\",\"name\":\"report\",\"timeout\":\"1s\"}"))
			.build();
		assertThat(HTTP.send(post, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(405);
		assertThat(delete(reading, "leases?key=weir:report:2026").statusCode()).isEqualTo(405);
	}

	@Test
	void rejectsInvalidChangesWithAReason() throws Exception {
		assertThat(refused("{\"kind\":\"semaphore\",\"name\":\"batch\",\"limit\":\"0\",\"scope\":\"all\"}"))
			.contains("'limit' must be at least 1, not 0");
		assertThat(refused("{\"kind\":\"semaphore\",\"name\":\"batch\",\"shadow\":\"true\"}"))
			.contains("A semaphore has no 'shadow'");
		assertThat(refused("{\"kind\":\"mutex\",\"name\":\"batch\",\"limit\":\"1\"}"))
			.contains("is not a kind of policy");
		assertThat(refused("{\"kind\":\"semaphore\",\"name\":\"batch\",\"limit\":\"1\",\"scope\":\"some\"}"))
			.contains("no scope 'some'");
		assertThat(value(policy(operated, "semaphore", "batch"), "limit").get("value").asInt()).isEqualTo(3);
		assertThat(delete(operated, "leases?key=session:alice").body()).contains("begin with 'weir:'");
		assertThat(send(request(operated, "locks").GET()).statusCode()).isEqualTo(400);
		assertThat(send(request(operated, "leases?cursor=x").GET()).body()).contains("is no cursor");
	}

	@Test
	void rejectsAChangeOfAPolicyThatDoesNotExist() throws Exception {
		assertThat(refused("{\"kind\":\"rate-limit\",\"name\":\"chat:strem\",\"limit\":\"5\"}"))
			.contains("There is no rate-limit policy 'chat:strem'. Did you mean 'chat:stream'?");
	}

	private static String refused(String body) throws Exception {
		HttpResponse<String> response = send(
				request(operated, "policies").POST(HttpRequest.BodyPublishers.ofString(body)));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
		return response.body();
	}

	private static List<String> audited(ConfigurableApplicationContext instance) {
		return instance.getBean(Audit.class).events.stream().map(AuditEvent::getType).toList();
	}

	private static long changesOfChat(ConfigurableApplicationContext instance) {
		return instance.getBean(Audit.class).events.stream()
			.filter((event) -> event.getType().equals("WEIR_POLICY_CHANGED")
					&& "chat:stream".equals(event.getData().get("name")) && "all".equals(event.getData().get("scope"))
					&& event.getPrincipal().equals("anonymous"))
			.count();
	}

	private static String limits(ConfigurableApplicationContext instance) throws Exception {
		return header(instance, "RateLimit-Policy");
	}

	private static String header(ConfigurableApplicationContext instance, String name) throws Exception {
		HttpResponse<String> response = send(HttpRequest.newBuilder(URI.create(address(instance) + "/chat")).GET());
		return response.headers().firstValue(name).orElse("");
	}

	private static JsonNode policy(ConfigurableApplicationContext instance, String kind, String name) throws Exception {
		return StreamSupport.stream(get(instance, "").get("policies").spliterator(), false)
			.filter((policy) -> policy.get("kind").asString().equals(kind)
					&& policy.get("name").asString().equals(name))
			.findFirst()
			.orElseThrow();
	}

	private static JsonNode value(JsonNode policy, String attribute) {
		return policy.get("values").get(attribute);
	}

	private static JsonNode get(ConfigurableApplicationContext instance, String path) throws Exception {
		HttpResponse<String> response = send(request(instance, path).GET());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return JsonMapper.shared().readTree(response.body());
	}

	private static JsonNode post(ConfigurableApplicationContext instance, String path, String body) throws Exception {
		HttpResponse<String> response = send(request(instance, path).POST(HttpRequest.BodyPublishers.ofString(body)));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return JsonMapper.shared().readTree(response.body());
	}

	private static HttpResponse<String> delete(ConfigurableApplicationContext instance, String path) throws Exception {
		return send(request(instance, path).DELETE());
	}

	private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
		return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	private static HttpRequest.Builder request(ConfigurableApplicationContext instance, String path) {
		String separator = path.isEmpty() ? "" : "/";
		return HttpRequest.newBuilder(URI.create(address(instance) + "/actuator/weir" + separator + path))
			.header("Content-Type", "application/json");
	}

	private static String address(ConfigurableApplicationContext instance) {
		return "http://127.0.0.1:" + instance.getEnvironment().getRequiredProperty("local.server.port");
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Chat chat() {
			return new Chat();
		}

		@Bean
		Reports reports() {
			return new Reports();
		}

		@Bean
		Audit audit() {
			return new Audit();
		}

	}

	@RestController
	static class Chat {

		@GetMapping("/chat")
		@RateLimited(name = "chat:stream", limit = 10, window = "1h")
		String chat() {
			return "hello";
		}

	}

	static class Reports {

		private final CountDownLatch entered = new CountDownLatch(1);

		private final CountDownLatch mayLeave = new CountDownLatch(1);

		CountDownLatch entered() {
			return this.entered;
		}

		CountDownLatch mayLeave() {
			return this.mayLeave;
		}

		@DistributedLock(name = "report", key = "#year", waitTime = "0")
		String report(String year) {
			this.entered.countDown();
			try {
				this.mayLeave.await(60, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return "report of " + year;
		}

		@Semaphore(name = "batch", limit = 3)
		void batch() {
		}

	}

	static class Audit {

		private final List<AuditEvent> events = new CopyOnWriteArrayList<>();

		@EventListener
		void on(AuditApplicationEvent event) {
			this.events.add(event.getAuditEvent());
		}

	}

}
