package dev.weir.sample;

import java.io.BufferedReader;
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
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Runs nginx with the configuration of the deployment. A name server of the test returns
 * the addresses of the instances. All of them have the same port, as containers have.
 */
@Timeout(60)
class NginxTests {

	private static final Path CONFIGURATION = Path.of("deploy", "nginx.conf");

	private static final String CHAT = "/api/chat";

	@TempDir
	private Path directory;

	private NameServer names;

	private Process nginx;

	@BeforeEach
	void startNames() throws IOException {
		this.names = NameServer.start("127.0.0.1");
	}

	@AfterEach
	void stop() throws Exception {
		this.names.close();
		if (this.nginx != null) {
			this.nginx.destroy();
			assertThat(this.nginx.waitFor(30, TimeUnit.SECONDS)).isTrue();
		}
	}

	@Test
	void acceptsItsConfiguration() throws Exception {
		Programs.assertRuns(nginx(configuration(8080), "-t"));
	}

	@Test
	void acceptsItsConfigurationWithTls() throws Exception {
		Path key = this.directory.resolve("tls.key");
		Path certificate = this.directory.resolve("tls.crt");
		Programs.assertRuns(new ProcessBuilder(Programs.wanted("openssl", "openssl").getPath(), "req", "-x509",
				"-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", key.toString(), "-out",
				certificate.toString()));
		String configuration = local(
				Files.readString(CONFIGURATION).replaceFirst("listen 8080;", "").replaceAll("#tls (.*)", "$1"))
			.replace("/etc/nginx/tls/tls.key", key.toString())
			.replace("/etc/nginx/tls/tls.crt", certificate.toString())
			.replace("listen 8443", "listen unix:" + this.directory.resolve("tls"));
		assertThat(configuration).contains("ssl;", "return 308");
		Programs.assertRuns(nginx(configuration, "-t"));
	}

	@Test
	void streamsTheChatAndTakesOtherAnswersFromTheApplicationAtOnce() throws Exception {
		CompletableFuture<Void> arrived = new CompletableFuture<>();
		CompletableFuture<Void> taken = new CompletableFuture<>();
		HttpServer application = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		application.createContext(CHAT, (exchange) -> {
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
		startNginx(application.getAddress().getPort());
		try {
			try (SocketChannel client = request("GET", CHAT)) {
				BufferedReader answer = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
				assertThat(answer.readLine()).isEqualTo("HTTP/1.1 200 OK");
				arrived.complete(null);
			}
			try (SocketChannel client = request("GET", "/api/search")) {
				// The client reads nothing.
				taken.get();
			}
		}
		finally {
			arrived.complete(null);
			application.stop(0);
		}
	}

	@Test
	@EnabledOnOs(value = OS.LINUX, disabledReason = "Other systems have only 127.0.0.1")
	void findsAnInstanceThatIsCreatedAgainWithAnotherAddress() throws Exception {
		HttpHandler hello = (exchange) -> {
			answer(exchange, "from " + exchange.getLocalAddress().getAddress().getHostAddress());
			exchange.close();
		};
		HttpServer one = instance("127.0.0.2", 0, hello);
		int port = one.getAddress().getPort();
		HttpServer two = instance("127.0.0.3", port, hello);
		this.names.answer("127.0.0.2", "127.0.0.3");
		startNginx(port);
		assertAnswersFrom("127.0.0.2", "127.0.0.3");
		two.stop(0);
		HttpServer again = instance("127.0.0.4", port, hello);
		// Until nginx asks for the addresses again, it sends requests to the old one in
		// vain.
		this.names.answer("127.0.0.2", "127.0.0.4");
		assertAnswersFrom("127.0.0.2", "127.0.0.4");
		one.stop(0);
		again.stop(0);
	}

	@Test
	@EnabledOnOs(value = OS.LINUX, disabledReason = "Other systems have only 127.0.0.1")
	void sendsARequestToAnotherInstanceIfOneDies() throws Exception {
		AtomicInteger deaths = new AtomicInteger();
		HttpServer one = instance("127.0.0.2", 0, (exchange) -> {
			answer(exchange, "done");
			exchange.close();
		});
		int port = one.getAddress().getPort();
		HttpServer two = instance("127.0.0.3", port, (exchange) -> {
			deaths.incrementAndGet();
			exchange.close();
		});
		this.names.answer("127.0.0.2", "127.0.0.3");
		startNginx(port);
		for (int i = 0; deaths.get() < 5; i++) {
			assertThat(answer("POST", "/api/embeddings/" + i)).startsWith("HTTP/1.1 200").contains("done");
		}
		one.stop(0);
		two.stop(0);
	}

	@Test
	@EnabledOnOs(value = OS.LINUX, disabledReason = "Other systems have only 127.0.0.1")
	void sendsARequestAtMostTwice() throws Exception {
		AtomicInteger requests = new AtomicInteger();
		HttpHandler death = (exchange) -> {
			requests.incrementAndGet();
			exchange.close();
		};
		HttpServer one = instance("127.0.0.2", 0, death);
		int port = one.getAddress().getPort();
		HttpServer two = instance("127.0.0.3", port, death);
		HttpServer three = instance("127.0.0.4", port, death);
		this.names.answer("127.0.0.2", "127.0.0.3", "127.0.0.4");
		startNginx(port);
		assertThat(answer("POST", "/api/search")).startsWith("HTTP/1.1 502");
		assertThat(requests).hasValue(2);
		Stream.of(one, two, three).forEach((server) -> server.stop(0));
	}

	@Test
	void overwritesTheAddressThatTheClientInvents() throws Exception {
		HttpServer application = instance("127.0.0.1", 0, (exchange) -> {
			answer(exchange, "seen: " + exchange.getRequestHeaders().get("X-Forwarded-For"));
			exchange.close();
		});
		startNginx(application.getAddress().getPort());
		assertThat(answer("GET", "/api/search", "X-Forwarded-For: 203.0.113.7")).contains("seen: [unix:]");
		assertThat(answer("GET", "/actuator/health")).startsWith("HTTP/1.1 404");
		application.stop(0);
	}

	private void assertAnswersFrom(String... addresses) {
		Set<String> seen = new HashSet<>();
		await().until(() -> {
			String answer = answer("POST", "/api/embeddings");
			assertThat(answer).startsWith("HTTP/1.1 200");
			seen.add(answer.replaceAll("(?s).*from (\\S+).*", "$1"));
			return seen.containsAll(Set.of(addresses));
		});
	}

	private static HttpServer instance(String address, int port, HttpHandler handler) throws IOException {
		HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 0);
		server.createContext("/api/", handler);
		server.start();
		return server;
	}

	private void startNginx(int port) throws IOException {
		this.nginx = nginx(configuration(port)).redirectOutput(this.directory.resolve("log").toFile()).start();
	}

	private String configuration(int port) throws IOException {
		return local(Files.readString(CONFIGURATION).replace("app:8080", "app:" + port));
	}

	private String local(String configuration) {
		return configuration.replace("/tmp/", this.directory + "/")
			.replace("resolver 127.0.0.11 ", "resolver 127.0.0.1:" + this.names.port() + " ")
			.replace("listen 8080;", "listen unix:" + socket() + ";");
	}

	/**
	 * Returns a command that runs nginx as one process, on a socket in the directory of
	 * the test.
	 */
	private ProcessBuilder nginx(String configuration, String... arguments) throws IOException {
		Path file = Files.writeString(this.directory.resolve("nginx.conf"), configuration);
		return Programs.command(Programs.needed("nginx-light", "nginx"),
				Stream.concat(Stream.of("-e", "stderr", "-p", this.directory.toString(), "-c", file.toString(), "-g",
						"daemon off; master_process off;"), Stream.of(arguments)));
	}

	private Path socket() {
		return this.directory.resolve("socket");
	}

	private String answer(String method, String path, String... headers) throws IOException {
		try (SocketChannel client = request(method, path, headers)) {
			return new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	private SocketChannel request(String method, String path, String... headers) {
		String request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
				+ Stream.of(headers).map((header) -> header + "\r\n").reduce("", String::concat)
				+ "Content-Length: 0\r\n\r\n";
		return await().ignoreExceptions().until(() -> {
			SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket()));
			client.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
			return client;
		}, (client) -> true);
	}

	private static void answer(HttpExchange exchange, String body) throws IOException {
		exchange.sendResponseHeaders(200, 0);
		exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
		exchange.getResponseBody().flush();
	}

}
