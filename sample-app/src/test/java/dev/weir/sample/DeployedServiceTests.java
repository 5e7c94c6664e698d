package dev.weir.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import dev.weir.embeddedredis.EmbeddedRedisException;
import dev.weir.embeddedredis.RedisServer;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Probe;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.util.DigestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Runs the service as the image does: with the class path of the image, the variables of
 * the manifest, the files of the Secrets, and the users of Valkey.
 */
@Timeout(150)
class DeployedServiceTests {

	private static final String PASSWORD = "a password of the tests";

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	@TempDir
	private static Path directory;

	private static ModelServer models;

	private static RedisServer redis;

	private static RedisClient client;

	private static StatefulRedisConnection<String, String> admin;

	private static Process service;

	private static List<Integer> ports;

	@BeforeAll
	static void start() throws Exception {
		models = ModelServer.start();
		redis = RedisServer.start("--aclfile", users().toString());
		client = RedisClient.create();
		admin = client.connect(RedisURI.builder()
			.withHost(redis.host())
			.withPort(redis.port())
			.withAuthentication("admin", PASSWORD.toCharArray())
			.build());
		service = startService();
	}

	private static Process startService() throws Exception {
		ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-XX:TieredStopAtLevel=1", "-cp",
				Path.of("target", "classes") + ":" + Files.readString(Path.of("target", "service.classpath")),
				"dev.weir.sample.service.ServiceApplication", "--spring.data.redis.port=" + redis.port());
		builder.environment().putAll(environment());
		Path log = directory.resolve("log");
		Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
		Pattern started = Pattern.compile("Tomcat started on port (\\d+)");
		await().atMost(90, TimeUnit.SECONDS).untilAsserted(() -> {
			ports = started.matcher(Files.readString(log))
				.results()
				.map((MatchResult result) -> Integer.valueOf(result.group(1)))
				.toList();
			assertThat(ports).as(Files.readString(log)).hasSize(2);
		});
		await().atMost(30, TimeUnit.SECONDS)
			.untilAsserted(
					() -> assertThat(send(request(1, "/actuator/health/readiness")).statusCode()).isEqualTo(200));
		return process;
	}

	@Test
	void eachFunctionWorksWithThePermissionsOfValkey() throws Exception {
		admin.sync().set("session:1", "a key of another application");
		assertAnswer(200, post(0, "/api/embeddings", "{\"text\": \"a\"}"));
		assertAnswer(200, post(0, "/api/embeddings", "{\"text\": \"a\"}"));
		assertAnswer(200, post(0, "/api/embeddings/batch", "{\"texts\": [\"a\", \"b\", \"c\"]}"));
		assertAnswer(201, post(0, "/api/documents", documents("one")));
		assertAnswer(200, post(0, "/api/search", "{\"query\": \"bells\"}"));
		assertAnswer(200, post(0, "/api/search", "{\"query\": \"bells\"}"));
		assertAnswer(201, post(0, "/api/documents", documents("two")));
		assertAnswer(200, post(0, "/api/documents", documents("two")));
		assertAnswer(200, post(0, "/api/search", "{\"query\": \"bells\"}"));
		assertThat(post(0, "/api/chat", "{\"question\": \"Who casts bells?\"}").body()).contains("event:end");
		assertAnswer(200, send("operator", request(0, "/api/documents/reindex")
			.POST(HttpRequest.BodyPublishers.ofString("{\"model\": \"the-model-before\", \"dimensions\": 3}"))));
		callersThatWait();
		// The second call waits for the end of the pause.
		assertAnswer(503, post(0, "/api/embeddings", "{\"text\": \"busy\"}"));
		assertAnswer(200, post(0, "/api/embeddings", "{\"text\": \"after the pause\"}"));
		for (String list : List.of("", "/leases", "/buckets", "/circuits")) {
			assertAnswer(200, send("operator", request(1, "/actuator/weir" + list)));
		}
		assertAnswer(200, send("operator", request(1, "/actuator/weir/policies")
			.POST(HttpRequest.BodyPublishers.ofString(
					"{\"kind\": \"rate-limit\", \"name\": \"chat:user\", \"limit\": \"31/1m\", \"scope\": \"all\"}"))));
		assertThat(send("operator", request(1, "/actuator/health")).body()).contains("\"weir\"")
			.doesNotContain("DEGRADED")
			.doesNotContain("DOWN");
		// Redisson tries once to use a key of this name, and works without it.
		assertThat(admin.sync().aclLog()).filteredOn((entry) -> "weir-sample".equals(entry.get("username")))
			.extracting((entry) -> entry.get("object"))
			.isSubsetOf("test1");
	}

	@Test
	void theActuatorHasAPortOfItsOwn() {
		assertAnswer(403, send("operator", request(0, "/actuator/health")));
		assertAnswer(403, send("operator", request(0, "/actuator/weir")));
		assertAnswer(404, post(1, "/api/embeddings", "{\"text\": \"a\"}"));
		assertAnswer(401, send(request(1, "/actuator/weir")));
		assertAnswer(403, send("Ada", request(1, "/actuator/weir")));
		assertThat(send(request(1, "/actuator/prometheus")).body()).contains("weir_redis_circuit_open");
		for (Probe probe : List.of(container().getStartupProbe(), container().getLivenessProbe(),
				container().getReadinessProbe())) {
			assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("management");
			assertThat(send(request(1, probe.getHttpGet().getPath())).body()).isEqualTo("{\"status\":\"UP\"}");
		}
	}

	@Test
	void theHealthCheckOfComposeAsksForTheReadiness() throws Exception {
		String check = command("app", "healthcheck", "test");
		assertThat(bash(check.replace("8081", ports.get(1).toString())).waitFor()).isZero();
		// This port has no such page.
		assertThat(bash(check.replace("8081", ports.get(0).toString())).waitFor()).isNotZero();
		assertThat(bash(check.replace("8081", "1")).waitFor()).isNotZero();
	}

	@Test
	void composeWritesTheUsersOfValkey() throws Exception {
		String script = command("valkey", "command").replace("$$", "$")
			.replace("/etc/valkey/users.acl", Path.of("deploy", "valkey", "users.acl").toString())
			.replace("/tmp/users.acl", directory.resolve("written.acl").toString())
			.replaceAll("(?s)exec valkey-server.*", "");
		assertThat(bash(script).waitFor()).isZero();
		assertThat(directory.resolve("users.acl")).content()
			.startsWith(Files.readString(directory.resolve("written.acl")));
	}

	private static String command(String service, String... names) {
		Object value = DeploymentTests.services().get(service);
		for (String name : names) {
			value = ((Map<?, ?>) value).get(name);
		}
		List<?> command = (List<?>) value;
		return command.get(command.size() - 1).toString();
	}

	private static Process bash(String script) throws IOException {
		ProcessBuilder builder = new ProcessBuilder("bash", "-euc", script);
		builder.environment().put("VALKEY_PASSWORD", PASSWORD);
		return builder.redirectErrorStream(true).redirectOutput(directory.resolve("bash").toFile()).start();
	}

	@Test
	void theUserOfTheHealthChecksMayOnlyPing() {
		assertThat(redis.text("PING")).isEqualTo("PONG");
		for (String command : List.of("GET a", "SET a b", "INFO", "KEYS *", "EVAL return(1) 0", "SUBSCRIBE changes")) {
			assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> redis.command(command.split(" ")))
				.withMessageContaining("NOPERM");
		}
	}

	@Test
	void theServiceMayUseNoOtherKeysAndCommands() {
		RedisURI uri = RedisURI.builder()
			.withHost(redis.host())
			.withPort(redis.port())
			.withAuthentication("weir-sample", PASSWORD.toCharArray())
			.build();
		try (StatefulRedisConnection<String, String> connection = client.connect(uri)) {
			for (Executable forbidden : List.<Executable>of(() -> connection.sync().set("session:1", "x"),
					() -> connection.sync().del("weir:doc"), () -> connection.sync().flushall(),
					() -> connection.sync().configGet("*"), () -> connection.sync().keys("*"),
					() -> connection.sync().publish("news", "x"))) {
				assertThatExceptionOfType(RedisCommandExecutionException.class).isThrownBy(forbidden::execute)
					.withMessageContaining("NOPERM");
			}
		}
		finally {
			admin.sync().aclLogReset();
		}
	}

	/**
	 * Lets a caller wait for a permit and for a lock that another service holds.
	 */
	private static void callersThatWait() {
		String lock = "embedding_lock:"
				+ DigestUtils.md5DigestAsHex("waiting:text-embedding-3-small".getBytes(StandardCharsets.UTF_8));
		admin.sync().psetex(lock, 20_000, "another service");
		for (int i = 0; i < 3; i++) {
			admin.sync().zadd("embedding_batch", System.currentTimeMillis() + 20_000, "holder " + i);
		}
		CompletableFuture<HttpResponse<String>> answer = sendAsync("Ada", request(0, "/api/embeddings/batch")
			.POST(HttpRequest.BodyPublishers.ofString("{\"texts\": [\"waiting\"]}")));
		await().atMost(20, TimeUnit.SECONDS).until(() -> admin.sync().exists("{embedding_batch}%waiters") == 1);
		admin.sync().del("embedding_batch");
		await().atMost(20, TimeUnit.SECONDS).until(() -> admin.sync().exists("{" + lock + "}%waiters") == 1);
		admin.sync().del(lock);
		assertAnswer(200, answer.join());
	}

	private static String documents(String batch) {
		return """
				{"batch_id": "%s", "documents": [{"id": "%s", "ticker": "BELL", "company": "Bell Works",
				"sector": "Bells", "title": "Bells", "text": "Bell Works casts bells (%s)."}]}""".formatted(batch,
				batch, batch);
	}

	private static void assertAnswer(int status, HttpResponse<String> answer) {
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
	}

	/**
	 * Writes the file with the users as a deployment does, and adds a user for this test.
	 */
	private static Path users() throws Exception {
		String hash = HexFormat.of()
			.formatHex(MessageDigest.getInstance("SHA-256").digest(PASSWORD.getBytes(StandardCharsets.UTF_8)));
		String users = Files.readString(Path.of("deploy", "valkey", "users.acl"))
			.replaceAll("(?m)^#.*\n", "")
			.replace("PASSWORD_SHA256", hash);
		return Files.writeString(directory.resolve("users.acl"), users + "user admin on #" + hash + " ~* &* +@all\n");
	}

	private static Container container() {
		return Manifests.ofTheSample().workload("weir-sample").container();
	}

	private static Map<String, String> environment() throws IOException {
		Map<String, String> variables = new HashMap<>();
		for (EnvVar variable : container().getEnv()) {
			variables.put(variable.getName(), (variable.getValue() != null) ? variable.getValue() : PASSWORD);
		}
		Path users = Files.createDirectory(directory.resolve("users"));
		String hash = "{bcrypt}" + new BCryptPasswordEncoder(4).encode(PASSWORD);
		Files.writeString(users.resolve("sample.security.users.Ada"), hash);
		Files.writeString(users.resolve("sample.security.users.operator"), hash);
		Files.writeString(users.resolve("sample.security.operators"), "operator");
		variables.put("SPRING_CONFIG_IMPORT",
				variables.get("SPRING_CONFIG_IMPORT").replace("/etc/weir-sample/users", users.toString()));
		variables.put("SPRING_DATA_REDIS_HOST", "127.0.0.1");
		variables.put("SAMPLE_EMBEDDINGS_OPENAI_BASEURL", models.url());
		variables.put("SAMPLE_EMBEDDINGS_OPENAI_DIMENSIONS", "3");
		variables.put("SAMPLE_CHAT_OPENAI_BASEURL", models.url());
		variables.put("SERVER_ADDRESS", "127.0.0.1");
		variables.put("MANAGEMENT_SERVER_PORT", "0");
		variables.put("SERVER_PORT", "0");
		return variables;
	}

	private static HttpResponse<String> post(int port, String path, String body) {
		return send("Ada", request(port, path).POST(HttpRequest.BodyPublishers.ofString(body)));
	}

	private static HttpRequest.Builder request(int port, String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports.get(port) + path))
			.header("Content-Type", "application/json")
			.timeout(Duration.ofSeconds(30));
	}

	private static HttpResponse<String> send(String user, HttpRequest.Builder request) {
		return sendAsync(user, request).join();
	}

	private static CompletableFuture<HttpResponse<String>> sendAsync(String user, HttpRequest.Builder request) {
		String credentials = user + ":" + PASSWORD;
		return sendAsync(request.header("Authorization",
				"Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8))));
	}

	private static HttpResponse<String> send(HttpRequest.Builder request) {
		return sendAsync(request).join();
	}

	private static CompletableFuture<HttpResponse<String>> sendAsync(HttpRequest.Builder request) {
		return HTTP.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	@AfterAll
	static void stop() throws Exception {
		if (service != null) {
			service.destroyForcibly().waitFor();
		}
		client.shutdown();
		redis.close();
		models.close();
	}

}
