package dev.weir.sample;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the files under {@code deploy} that cannot be run without containers.
 */
@ExtendWith(Cluster.Extension.class)
class DeploymentTests {

	private static final Path DEPLOY = Path.of("deploy");

	/** A metric in the dashboard. Every metric there has a selector. */
	private static final Pattern METRIC = Pattern.compile("([a-z_]+)\\{");

	private final Cluster cluster;

	@TempDir
	private Path directory;

	DeploymentTests(Cluster cluster) {
		this.cluster = cluster;
	}

	@Test
	void eachMetricOfTheDashboardExists() throws Exception {
		this.cluster.one().send(null, "/api/chat", "{\"question\": \"chips\"}").join();
		String live = this.cluster.one().get("/actuator/prometheus");
		Set<String> known = live.lines()
			.filter((line) -> !line.startsWith("#"))
			.map((line) -> line.replaceAll("[ {].*", ""))
			.collect(Collectors.toSet());
		JsonNode dashboard = Instance.json(Files.readString(DEPLOY.resolve("grafana/dashboards/weir.json")));
		Set<String> used = new TreeSet<>();
		for (JsonNode panel : dashboard.get("panels")) {
			for (JsonNode target : panel.get("targets")) {
				List<String> metrics = METRIC.matcher(target.get("expr").asString())
					.results()
					.map((result) -> result.group(1))
					.toList();
				assertThat(metrics).as(target.toString()).isNotEmpty();
				used.addAll(metrics);
			}
		}
		assertThat(used).contains("weir_rate_limit_decisions_total", "weir_lease_waiters").isSubsetOf(known);
	}

	@Test
	void containersOfComposeReferToEachOther() throws Exception {
		Map<String, Object> services = map(documents("compose.yaml").get(0).get("services"));
		assertThat(services).containsOnlyKeys("valkey", "app1", "app2", "nginx", "prometheus", "grafana");
		for (String app : List.of("app1", "app2")) {
			Map<String, Object> environment = map(map(services.get(app)).get("environment"));
			assertThat(environment).containsEntry("SPRING_DATA_REDIS_HOST", "valkey");
			assertThat(Files.readString(DEPLOY.resolve("nginx.conf"))).contains("server " + app + ":8080");
			assertThat(Files.readString(DEPLOY.resolve("prometheus.yml"))).contains(app + ":8080");
		}
		for (Object service : services.values()) {
			for (Object volume : (List<?>) map(service).getOrDefault("volumes", List.of())) {
				assertThat(DEPLOY.resolve(volume.toString().split(":")[0])).exists();
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "prometheus.yml", "grafana/provisioning/datasources/prometheus.yaml",
			"grafana/provisioning/dashboards/weir.yaml" })
	void otherFilesAreYaml(String file) throws Exception {
		assertThat(documents(file)).hasSize(1).first().asInstanceOf(InstanceOfAssertFactories.MAP).isNotEmpty();
	}

	@Test
	void prometheusAcceptsItsConfiguration() throws Exception {
		assertRuns(command(Programs.wanted("prometheus", "promtool"),
				Stream.of("check", "config", DEPLOY.resolve("prometheus.yml").toAbsolutePath().toString())));
	}

	@Test
	void nginxAcceptsItsConfiguration() throws Exception {
		assertRuns(nginx("127.0.0.1:8080", "-t"));
	}

	@Test
	@Timeout(60)
	void nginxStreamsTheChatAndTakesOtherAnswersFromTheApplicationAtOnce() throws Exception {
		CompletableFuture<Void> arrived = new CompletableFuture<>();
		CompletableFuture<Void> taken = new CompletableFuture<>();
		HttpServer application = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		application.createContext("/api/chat", (exchange) -> {
			// nginx would keep headers until there is a body, if it buffered this answer.
			answer(exchange, "");
			arrived.join();
			exchange.close();
		});
		application.createContext("/api/search", (exchange) -> {
			// More than the buffers of all sockets.
			answer(exchange, "word\n".repeat(6_000_000));
			taken.complete(null);
			exchange.close();
		});
		application.start();
		Process nginx = nginx("127.0.0.1:" + application.getAddress().getPort())
			.redirectOutput(this.directory.resolve("log").toFile())
			.start();
		try {
			try (SocketChannel client = request("/api/chat")) {
				BufferedReader answer = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
				assertThat(answer.readLine()).isEqualTo("HTTP/1.1 200 OK");
				arrived.complete(null);
			}
			try (SocketChannel client = request("/api/search")) {
				// The client reads nothing.
				taken.get();
			}
		}
		finally {
			arrived.complete(null);
			nginx.destroy();
			assertThat(nginx.waitFor(30, TimeUnit.SECONDS)).isTrue();
			application.stop(0);
		}
	}

	/**
	 * Returns a command that runs nginx as one process, in front of another address and
	 * on a socket in the directory of the test.
	 */
	private ProcessBuilder nginx(String application, String... arguments) throws IOException {
		String configuration = Files.readString(DEPLOY.resolve("nginx.conf"))
			.replaceAll("app[12]:8080", application)
			.replace("/tmp/", this.directory + "/")
			.replace("listen 80;", "listen unix:" + socket() + ";");
		Path file = Files.writeString(this.directory.resolve("nginx.conf"), configuration);
		return command(Programs.needed("nginx-light", "nginx"),
				Stream.concat(
						Stream.of("-e", "stderr", "-p", this.directory.toString(), "-c", file.toString(), "-g",
								"daemon off; master_process off; pid " + this.directory.resolve("pid") + ";"),
						Stream.of(arguments)));
	}

	private Path socket() {
		return this.directory.resolve("socket");
	}

	private SocketChannel request(String path) {
		return await().ignoreExceptions().until(() -> {
			SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket()));
			String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
			client.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
			return client;
		}, (client) -> true);
	}

	private static void answer(HttpExchange exchange, String body) throws IOException {
		exchange.sendResponseHeaders(200, 0);
		exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
		exchange.getResponseBody().flush();
	}

	private static ProcessBuilder command(File program, Stream<String> arguments) {
		return new ProcessBuilder(Stream.concat(Stream.of(program.getPath()), arguments).toList())
			.redirectErrorStream(true);
	}

	private static void assertRuns(ProcessBuilder command) throws Exception {
		Process process = command.start();
		String output = new String(process.getInputStream().readAllBytes());
		assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).as(output).isZero();
	}

	private static List<Map<String, Object>> documents(String file) throws IOException {
		Iterable<Object> documents = new Yaml().loadAll(Files.readString(DEPLOY.resolve(file)));
		return StreamSupport.stream(documents.spliterator(), false).map(DeploymentTests::map).toList();
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> map(Object value) {
		return (Map<String, Object>) value;
	}

}
