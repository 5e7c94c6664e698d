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

	private static final String EMBEDDINGS = "/api/embeddings";

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
	void findsAnInstanceThatIsCreatedAgainWithAnotherAddress() throws Exception {
		HttpServer application = instance((exchange) -> {
			answer(exchange, "done");
			exchange.close();
		});
		// There is no instance at this address.
		this.names.answer("127.0.0.2");
		startNginx(application.getAddress().getPort());
		assertThat(answer("POST", EMBEDDINGS)).startsWith("HTTP/1.1 502");
		this.names.answer("127.0.0.1");
		await().until(() -> answer("POST", EMBEDDINGS).startsWith("HTTP/1.1 200"));
		// One of two instances is gone, and the name server does not know it yet.
		this.names.answer("127.0.0.1", "127.0.0.2");
		int before = this.names.questions();
		await().until(() -> {
			assertThat(answer("POST", EMBEDDINGS)).startsWith("HTTP/1.1 200");
			return this.names.questions() > before + 1;
		});
		application.stop(0);
	}

	@Test
	void sendsARequestToAnotherInstanceIfOneDies() throws Exception {
		AtomicInteger requests = new AtomicInteger();
		HttpServer application = instance((exchange) -> {
			if (requests.incrementAndGet() % 2 == 0) {
				answer(exchange, "done");
			}
			exchange.close();
		});
		this.names.answer("127.0.0.1", "127.0.0.1");
		startNginx(application.getAddress().getPort());
		for (int i = 0; i < 5; i++) {
			assertThat(answer("POST", EMBEDDINGS)).startsWith("HTTP/1.1 200").contains("done");
		}
		assertThat(requests).hasValue(10);
		application.stop(0);
	}

	@Test
	void sendsARequestAtMostTwice() throws Exception {
		AtomicInteger requests = new AtomicInteger();
		HttpServer application = instance((exchange) -> {
			requests.incrementAndGet();
			exchange.close();
		});
		this.names.answer("127.0.0.1", "127.0.0.1", "127.0.0.1");
		startNginx(application.getAddress().getPort());
		assertThat(answer("POST", EMBEDDINGS)).startsWith("HTTP/1.1 502");
		assertThat(requests).hasValue(2);
		application.stop(0);
	}

	@Test
	void overwritesTheAddressThatTheClientInvents() throws Exception {
		HttpServer application = instance((exchange) -> {
			answer(exchange, "seen: " + exchange.getRequestHeaders().get("X-Forwarded-For"));
			exchange.close();
		});
		startNginx(application.getAddress().getPort());
		assertThat(answer("GET", "/api/search", "X-Forwarded-For: 203.0.113.7")).contains("seen: [unix:]");
		assertThat(answer("GET", "/actuator/health")).startsWith("HTTP/1.1 404");
		application.stop(0);
	}

	private static HttpServer instance(HttpHandler handler) throws IOException {
		HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
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
