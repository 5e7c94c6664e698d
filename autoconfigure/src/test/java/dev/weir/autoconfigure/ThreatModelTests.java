package dev.weir.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.weir.actuate.ChangeMessage;
import dev.weir.actuate.MessageSignature;
import dev.weir.actuate.PolicyChange;
import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreProbe;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.policy.PolicyCatalog;
import dev.weir.policy.PolicyKind;
import dev.weir.policy.expression.Digests;
import dev.weir.redis.TestRedis;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpStatus;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Tests the threat model of {@code docs/security.md}: each attacker tries what the model
 * calls impossible.
 */
@Tag("long")
@Timeout(90)
class ThreatModelTests {

	private static final String HASH_KEY = "a key of the tests";

	private static final int LIMIT = 5;

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private final List<ConfigurableApplicationContext> started = new ArrayList<>();

	private TestRedis redis;

	@BeforeEach
	void start() {
		this.redis = new TestRedis();
	}

	@AfterEach
	void stop() {
		this.started.forEach(ConfigurableApplicationContext::close);
		this.redis.close();
	}

	private ConfigurableApplicationContext run(String... properties) {
		List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--server.address=127.0.0.1",
				"--spring.application.name=shop", "--spring.data.redis.url=" + this.redis.server().uri(),
				"--weir.redis.timeout=5s", "--management.endpoints.web.exposure.include=weir",
				"--weir.rate-limit.user-hash-key=" + HASH_KEY, "--weir.semaphore.policies.batch.limit=3"));
		arguments.addAll(List.of(properties));
		ConfigurableApplicationContext application = new SpringApplication(Application.class)
			.run(arguments.toArray(String[]::new));
		this.started.add(application);
		return application;
	}

	@Test
	void anAnonymousClientGetsNoSecondBucketAndNoErrorOfTheServer() throws Exception {
		ConfigurableApplicationContext application = run();
		List<Integer> statuses = new ArrayList<>();
		for (int i = 0; i < 40; i++) {
			String invented = "203.0.113." + i;
			statuses.add(get(application, "/limited", switch (i % 5) {
				case 0 -> new String[] { "X-Forwarded-For", invented };
				case 1 -> new String[] { "Forwarded", "for=" + invented };
				case 2 -> new String[] { "X-Real-IP", invented, "X-Client-IP", invented };
				case 3 -> new String[] { "X-Forwarded-For", ":".repeat(7_000) + "x" };
				default -> new String[] { "X-Forwarded-User", "user" + i, "Cookie", "JSESSIONID=" + i };
			}).statusCode());
		}
		assertThat(statuses).containsOnly(200, 429);
		assertThat(statuses.stream().filter((status) -> status == 200)).hasSize(LIMIT);
		assertThat(get(application, "/actuator/weir").statusCode()).isEqualTo(401);
	}

	@Test
	void aUserCannotTakeTheTokensOrTheKeyOfAnother() throws Exception {
		ConfigurableApplicationContext application = run();
		for (String name : List.of("bob%@", "user%3Abob", "b\u043eb")) {
			for (int i = 0; i <= LIMIT; i++) {
				getAs(application, name, "/limited");
			}
			assertThat(getAs(application, name, "/limited").statusCode()).isEqualTo(429);
		}
		assertThat(getAs(application, "bob", "/limited").statusCode()).isEqualTo(200);
		assertThat(get(application, "/limited").statusCode()).isEqualTo(200);
		this.redis.server().command("SET", "weir:doc:a", "another service", "PX", "80000");
		for (String key : List.of("a%00", "A", "a%20", "%25a", "a%3Ab", "%7Ba%7D", "a%0A")) {
			assertThat(getAs(application, "bob", "/locked/" + key).statusCode()).as(key).isIn(200, 400);
		}
		assertThat(getAs(application, "bob", "/locked/a").statusCode()).isEqualTo(409);
		LockOperations locks = application.getBean(LockOperations.class);
		assertThatIllegalArgumentException().isThrownBy(() -> locks.tryAcquire(LockSpec.of("doc:a")))
			.withMessageContaining("the same key in Redis");
	}

	@Test
	void aUserCannotSettleTheReservationOfAnother() throws Exception {
		ConfigurableApplicationContext application = run();
		assertThat(getAs(application, "bob", "/budget/a").statusCode()).isEqualTo(200);
		List<String> before = keys("*%tokens");
		String bucket = before.get(0);
		String marker = keys("*%settled:*").get(0);
		assertThat(marker).startsWith("{" + bucket + "}%settled:");
		String value = this.redis.server().text("GET", bucket);
		for (String key : List.of("%25tokens", "a%25tokens%7D%25settled:1", "%7B" + bucket.replace("%", "%25") + "%7D",
				marker.replace("%", "%25").replace("{", "%7B").replace("}", "%7D"), "a%25%3Aa")) {
			assertThat(getAs(application, "alice", "/budget/" + key).statusCode()).as(key).isIn(200, 400);
		}
		assertThat(this.redis.server().text("GET", bucket)).isEqualTo(value);
		assertThat(keys("*%settled:*")).allMatch((key) -> key.matches("\\{weir:[^{}]+%tokens}%settled:[0-9a-f-]{36}"));
		assertThat(keys("*")).allMatch((key) -> key.endsWith("%tokens") || key.contains("%tokens}%settled:"));
	}

	private List<String> keys(String pattern) {
		return this.redis.server().list("KEYS", pattern).stream().map(String::valueOf).toList();
	}

	@Test
	void anOperatorCannotSwitchGuardsOffWithReadsAndReachesOnlyKeysOfWeir() throws Exception {
		ConfigurableApplicationContext reading = run();
		this.redis.server().command("SET", "weir:doc:a", "another service", "PX", "80000");
		this.redis.server().command("SET", "session:alice", "secret");
		for (int i = 0; i < 5; i++) {
			assertThat(operate(reading, "GET", "/leases?cursor=0-99999999999999999999", null).statusCode())
				.isEqualTo(400);
			assertThat(operate(reading, "GET", "/buckets?cursor=x", null).statusCode()).isEqualTo(400);
			assertThat(operate(reading, "GET", "/leases?policy=" + "%5Bx%5D".repeat(200), null).statusCode())
				.isEqualTo(400);
		}
		assertThat(operate(reading, "DELETE", "/leases?key=weir:doc:a", null).statusCode()).isEqualTo(405);
		assertThat(operate(reading, "POST", "/policies", "{}").statusCode()).isEqualTo(405);
		assertThat(reading.getBean(StoreProbe.class).circuits()).containsValue(false).doesNotContainValue(true);
		assertThat(getAs(reading, "bob", "/locked/a").statusCode()).isEqualTo(409);
		ConfigurableApplicationContext writing = run("--management.endpoint.weir.access=unrestricted");
		assertThat(operate(writing, "DELETE", "/leases?key=session:alice", null).statusCode()).isEqualTo(400);
		assertThat(this.redis.server().text("GET", "session:alice")).isEqualTo("secret");
		assertThat(change(writing, "{\"kind\":\"lock\",\"name\":\"invented\",\"enabled\":\"false\"}")).isEqualTo(400);
		assertThat(change(writing, "{\"kind\":\"lock\",\"name\":\"doc\",\"timeout\":\"soon\"}")).isEqualTo(400);
		assertThat(change(writing, "{\"kind\":\"lock\",\"name\":\"doc\",\"enabled\":\"false\",\"scope\":\"all\"}"))
			.isEqualTo(400);
		assertThat(audited(writing)).isEmpty();
		assertThat(change(writing, "{\"kind\":\"lock\",\"name\":\"doc\",\"waitTime\":\"1s\"}")).isEqualTo(200);
		assertThat(audited(writing)).singleElement()
			.satisfies((event) -> assertThat(event.getPrincipal()).isEqualTo("bob"));
	}

	@Test
	void aPublisherCannotSwitchGuardsOffOrRaiseLimits() throws Exception {
		ConfigurableApplicationContext unsigned = run("--management.endpoint.weir.access=unrestricted");
		ConfigurableApplicationContext signed = run("--management.endpoint.weir.access=unrestricted",
				"--weir.changes.secret=a secret of the tests");
		await().until(() -> this.redis.server().number("PUBLISH", "weir:changes", "hello") == 2);
		String before = policies(unsigned);
		assertThat(policies(signed)).isEqualTo(before);
		this.redis.server().command("SET", "weir:doc:a", "another service", "PX", "80000");
		PolicyChange off = new PolicyChange(PolicyKind.LOCK, "doc", Map.of("enabled", "false"));
		PolicyChange more = new PolicyChange(PolicyKind.SEMAPHORE, "batch", Map.of("limit", "1000"));
		PolicyChange invented = new PolicyChange(PolicyKind.LOCK, "invented", Map.of("enabled", "false"));
		for (PolicyChange change : List.of(off, more, invented)) {
			String text = new ChangeMessage("id" + change.name(), Instant.now(), "root\nroot", change).toText();
			publish(text);
			publish(text + "&mac=" + "00".repeat(32));
			publish(new MessageSignature("a guess of the attacker", "weir:changes").sign(text));
			publish(change.kind() + " " + change.name() + " enabled=false");
		}
		publish("x".repeat(20_000_000));
		for (Object channel : this.redis.server().list("PUBSUB", "CHANNELS", "weir:*")) {
			for (int i = 0; i < 100; i++) {
				this.redis.server().command("PUBLISH", channel.toString(), "lock:weir:doc:a");
				this.redis.server().command("PUBLISH", channel.toString(), "lock: ");
			}
		}
		// Messages are processed in order, so this one shows that the others were.
		// It is dropped while too many of them wait.
		String last = new ChangeMessage("last", Instant.now(), "operator",
				new PolicyChange(PolicyKind.SEMAPHORE, "batch", Map.of("limit", "2")))
			.toText();
		await().until(() -> {
			publish(last);
			return !policies(unsigned).equals(before);
		});
		assertThat(policies(unsigned)).isEqualTo(before.replace("limit=3", "limit=2"));
		assertThat(audited(unsigned)).hasSize(1);
		assertThat(policies(signed)).isEqualTo(before);
		assertThat(audited(signed)).isEmpty();
		assertThat(getAs(unsigned, "bob", "/locked/a").statusCode()).isEqualTo(409);
		assertThat(getAs(signed, "bob", "/locked/a").statusCode()).isEqualTo(409);
	}

	@Test
	void aWriterOfKeysDisturbsOnlyTheKeysThatItWrites() throws Exception {
		ConfigurableApplicationContext application = run();
		get(application, "/limited");
		String bucket = this.redis.server().list("KEYS", "weir:*%tokens").get(0).toString();
		for (String[] garbage : List.of(new String[] { "SET", "", "x" }, new String[] { "SET", "", "1 1 1 1 1 1e999" },
				new String[] { "SET", "", "9".repeat(1_000_000) }, new String[] { "HSET", "", "a", "b" },
				new String[] { "RPUSH", "", "\u00ac\u00ed\u0000\u0005sr" })) {
			for (String key : List.of(bucket, "weir:doc:a", "{weir:doc:a}%waiters")) {
				String[] command = garbage.clone();
				command[1] = key;
				this.redis.server().command("DEL", key);
				this.redis.server().command(command);
			}
			for (int i = 0; i < 4; i++) {
				assertThat(getAs(application, "bob", "/locked/a").statusCode()).isIn(409, 500);
				assertThat(getAs(application, "bob", "/locked/b").statusCode()).isEqualTo(200);
			}
			get(application, "/limited");
			assertThat(application.getBean(StoreProbe.class).circuits()).containsOnly(Map.entry("redis", false));
		}
		assertThat(getAs(application, "bob", "/limited").statusCode()).isEqualTo(200);
	}

	@Test
	void aHugeValueUnderAKeyDoesNotBlockRedis() throws Exception {
		ConfigurableApplicationContext application = run();
		get(application, "/limited");
		String bucket = this.redis.server().list("KEYS", "weir:*%tokens").get(0).toString();
		for (String key : List.of(bucket, "weir:doc:a")) {
			this.redis.server().command("DEL", key);
			this.redis.server().command("SETRANGE", key, "60000000", "x");
		}
		for (int i = 0; i < 100_000; i += 1000) {
			List<String> command = new ArrayList<>(List.of("ZADD", "{weir:doc:b}%waiters"));
			for (int j = i; j < i + 1000; j++) {
				command.addAll(List.of(Long.toString(65_536L * j), "gone" + j));
			}
			this.redis.server().command(command.toArray(String[]::new));
		}
		this.redis.server().command("CONFIG", "SET", "slowlog-log-slower-than", "200000");
		this.redis.server().command("SLOWLOG", "RESET");
		get(application, "/limited");
		assertThat(getAs(application, "bob", "/locked/a").statusCode()).isEqualTo(409);
		assertThat(getAs(application, "bob", "/locked/b").statusCode()).isEqualTo(200);
		assertThat(this.redis.server().number("SLOWLOG", "LEN")).isZero();
		assertThat(application.getBean(StoreProbe.class).circuits()).containsOnly(Map.entry("redis", false));
	}

	@Test
	void aReaderOfRedisFindsNoUserAndNoSecret() throws Exception {
		ConfigurableApplicationContext application = run("--weir.changes.secret=a secret of the tests");
		LockOperations locks = application.getBean(LockOperations.class);
		getAs(application, "bob", "/limited");
		get(application, "/limited");
		List<String> found = new ArrayList<>();
		locks.run(LockSpec.of("job", "42"), () -> {
			for (Object key : this.redis.server().list("KEYS", "*")) {
				found.add(key.toString());
				found.add(this.redis.server().text("GET", key.toString()));
			}
		});
		assertThat(found).hasSize(6).anyMatch((text) -> text.contains("%@"));
		assertThat(found).noneMatch((text) -> text.contains("bob") || text.contains("127.0.0.1")
				|| text.contains(HASH_KEY) || text.contains("secret"));
		for (String guess : List.of("bob", "user:bob", "127.0.0.1", "ip:127.0.0.1")) {
			assertThat(found).noneMatch((text) -> text.contains(Digests.sha256(guess).substring(0, 32)));
		}
	}

	@Test
	void aNeighbourOnTheMachineCannotReadOrReplaceTheFilesOfTheEmbeddedRedis() throws Exception {
		Path directory = Path.of(this.redis.server().list("CONFIG", "GET", "dir").get(1).toString());
		for (Path closed : List.of(directory, directory.getParent())) {
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(closed))).isEqualTo("rwx------");
			assertThat(Files.getOwner(closed)).isEqualTo(Files.getOwner(Path.of(System.getProperty("user.home"))));
		}
		assertThat(this.redis.server().list("CONFIG", "GET", "bind").get(1)).isEqualTo("127.0.0.1");
		assertThat(this.redis.server().list("CONFIG", "GET", "protected-mode").get(1)).isEqualTo("yes");
	}

	private void publish(String message) {
		this.redis.server().command("PUBLISH", "weir:changes", message);
	}

	private static String policies(ConfigurableApplicationContext application) {
		return application.getBean(PolicyCatalog.class)
			.all()
			.stream()
			.map((policy) -> policy.name() + policy.values()
				.entrySet()
				.stream()
				.map((value) -> value.getKey() + "=" + value.getValue().value())
				.toList())
			.toList()
			.toString();
	}

	private static List<AuditEvent> audited(ConfigurableApplicationContext application) {
		return application.getBean(Audit.class).events;
	}

	private static int change(ConfigurableApplicationContext application, String body) throws Exception {
		return operate(application, "POST", "/policies", body).statusCode();
	}

	private static HttpResponse<String> operate(ConfigurableApplicationContext application, String method, String path,
			String body) throws Exception {
		return send(application, "/actuator/weir" + path, method, body, "Authorization", basic("bob"));
	}

	private static HttpResponse<String> getAs(ConfigurableApplicationContext application, String user, String path)
			throws Exception {
		return get(application, path, "Authorization", basic(user));
	}

	private static String basic(String user) {
		return "Basic " + Base64.getEncoder().encodeToString((user + ":pw").getBytes(StandardCharsets.UTF_8));
	}

	private static HttpResponse<String> get(ConfigurableApplicationContext application, String path, String... headers)
			throws Exception {
		return send(application, path, "GET", null, headers);
	}

	private static HttpResponse<String> send(ConfigurableApplicationContext application, String path, String method,
			String body, String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest
			.newBuilder(URI
				.create("http://127.0.0.1:" + application.getEnvironment().getProperty("local.server.port") + path))
			.method(method,
					(body != null) ? HttpRequest.BodyPublishers.ofString(body) : HttpRequest.BodyPublishers.noBody());
		if (body != null) {
			request.header("Content-Type", "application/json");
		}
		if (headers.length > 0) {
			request.headers(headers);
		}
		return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	/**
	 * Keeps the events of the audit.
	 */
	static class Audit {

		private final List<AuditEvent> events = new CopyOnWriteArrayList<>();

		@EventListener
		void on(AuditApplicationEvent event) {
			if (event.getAuditEvent().getType().startsWith("WEIR_")) {
				this.events.add(event.getAuditEvent());
			}
		}

	}

	@RestController
	static class Pages {

		@ExceptionHandler
		@ResponseStatus(HttpStatus.INTERNAL_SERVER_ERROR)
		String failed(IllegalStateException failure) {
			return String.valueOf(failure.getMessage());
		}

		@GetMapping("/limited")
		@RateLimited(name = "pages", limit = LIMIT, window = "1h", perUser = true)
		String limited() {
			return "limited";
		}

		@GetMapping("/budget/{key}")
		@RateLimited(name = "budget", limit = 100, window = "365d", perUser = true, key = "#key", cost = 10,
				settle = "3")
		String budget(@PathVariable("key") String key) {
			return "budget";
		}

		@GetMapping("/locked/{key}")
		@DistributedLock(name = "doc", key = "#key", waitTime = "0", onUnavailable = OnUnavailable.PROCEED)
		String locked(@PathVariable("key") String key) {
			return "locked";
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = RedissonAutoConfigurationV4.class)
	static class Application {

		@Bean
		Pages pages() {
			return new Pages();
		}

		@Bean
		Audit audit() {
			return new Audit();
		}

		@Bean
		SecurityFilterChain security(HttpSecurity http) throws Exception {
			return http
				.authorizeHttpRequests(
						(requests) -> requests.requestMatchers("/actuator/**").authenticated().anyRequest().permitAll())
				.csrf((csrf) -> csrf.disable())
				.httpBasic(Customizer.withDefaults())
				.build();
		}

		@Bean
		InMemoryUserDetailsManager users() {
			return new InMemoryUserDetailsManager(List.of("bob", "bob%@", "user%3Abob", "b\u043eb")
				.stream()
				.map((name) -> (UserDetails) User.withUsername(name).password("{noop}pw").build())
				.toList());
		}

	}

}
