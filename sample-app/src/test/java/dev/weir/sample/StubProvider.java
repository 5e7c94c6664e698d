package dev.weir.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A provider of embeddings and answers on this machine, which supports the protocol of
 * OpenAI. A text such as {@code "hang"} or {@code "status 429"} selects its behaviour. A
 * question such as {@code "usage 42"} gets an answer with that usage, {@code "tail 42"}
 * one that ends too early after the usage. {@code "pause 2"} gets status 429 with that
 * {@code Retry-After}. All other texts get the vector {@code [n, 1, 0]}, where n is made
 * from the text.
 */
final class StubProvider implements AutoCloseable {

	/** The model, with 3 dimensions. */
	static final String MODEL = "small";

	private final HttpServer server;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final CountDownLatch end = new CountDownLatch(1);

	private final List<Long> arrivals = Collections.synchronizedList(new ArrayList<>());

	private final List<Integer> calls = Collections.synchronizedList(new ArrayList<>());

	private final Map<String, Integer> embedded = new ConcurrentHashMap<>();

	private final AtomicInteger streams = new AtomicInteger();

	private final Semaphore closed = new Semaphore(0);

	private final Supplier<String> trouble;

	StubProvider() {
		this(() -> "none");
	}

	/**
	 * Starts a provider.
	 * @param trouble returns the behaviour for the next call, {@code "none"} to let the
	 * text select it
	 */
	StubProvider(Supplier<String> trouble) {
		this.trouble = trouble;
		try {
			this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.server.setExecutor(this.threads);
		this.server.createContext("/v1/embeddings", this::embed);
		this.server.createContext("/v1/chat/completions", this::chat);
		this.server.start();
	}

	String url() {
		return "http://127.0.0.1:" + this.server.getAddress().getPort() + "/v1";
	}

	/**
	 * Returns the properties with which an instance uses this provider.
	 * @param more more properties
	 * @return the properties
	 */
	String[] properties(String... more) {
		List<String> properties = new ArrayList<>(List.of("sample.chat.provider=openai",
				"sample.chat.openai.base-url=" + url(), "sample.chat.openai.model=tiny",
				"sample.embeddings.provider=openai", "sample.embeddings.openai.base-url=" + url(),
				"sample.embeddings.openai.model=" + MODEL, "sample.embeddings.openai.dimensions=3"));
		properties.addAll(List.of(more));
		if (properties.stream().noneMatch((property) -> property.contains(".provider.limit="))) {
			// Most tests send more calls than a service.
			properties.addAll(List.of("weir.rate-limit.policies.provider.limit=100000/1m",
					"weir.rate-limit.policies.provider.burst=100000"));
		}
		return properties.toArray(String[]::new);
	}

	/**
	 * Returns how many texts each call for embeddings had, in the order of the calls.
	 * @return the numbers of texts
	 */
	List<Integer> calls() {
		return List.copyOf(this.calls);
	}

	/**
	 * Returns when calls have arrived, for embeddings and answers.
	 * @return the times, by {@link System#nanoTime}
	 */
	List<Long> arrivals() {
		return this.arrivals;
	}

	/**
	 * Returns how often vectors were sent, by text.
	 * @return the numbers
	 */
	Map<String, Integer> embedded() {
		return this.embedded;
	}

	/**
	 * Returns a permit for each answer that could not be written to the end.
	 * @return the permits
	 */
	Semaphore closed() {
		return this.closed;
	}

	/**
	 * Returns how many streams of answers have begun.
	 * @return the number
	 */
	int streams() {
		return this.streams.get();
	}

	private void embed(HttpExchange exchange) throws IOException {
		this.arrivals.add(System.nanoTime());
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		List<String> texts = new ArrayList<>();
		Instance.json(body).get("input").forEach((text) -> texts.add(text.asString()));
		this.calls.add(texts.size());
		String next = this.trouble.get();
		String behaviour = !next.equals("none") ? next
				: texts.stream().filter(StubProvider::isBehaviour).findFirst().orElse("");
		if (behaviour.equals("drop")) {
			exchange.close();
		}
		else if (behaviour.startsWith("hang")) {
			await();
			exchange.close();
		}
		else if (behaviour.equals("stall")) {
			exchange.sendResponseHeaders(200, 1000);
			try (OutputStream out = exchange.getResponseBody()) {
				out.write("{\"data\": [".getBytes(StandardCharsets.UTF_8));
				out.flush();
				await();
			}
			catch (IOException ex) {
				exchange.close();
			}
		}
		else if (behaviour.startsWith("pause ")) {
			pause(exchange, behaviour);
		}
		else if (behaviour.startsWith("status ")) {
			exchange.getResponseHeaders().add("Retry-After", "7");
			send(exchange, Integer.parseInt(behaviour.substring(7)), "{\"error\": \"a secret of the provider\"}");
		}
		else {
			send(exchange, 200, switch (behaviour) {
				case "nothing" -> "{}";
				case "no JSON" -> "<html>";
				default -> vectors(texts);
			});
		}
	}

	private static boolean isBehaviour(String text) {
		return List.of("drop", "stall", "nothing", "no JSON").contains(text) || text.startsWith("hang")
				|| text.startsWith("pause ") || text.startsWith("status ");
	}

	private String vectors(List<String> texts) {
		texts.forEach((text) -> this.embedded.merge(text, 1, Integer::sum));
		List<Map<String, Object>> data = new ArrayList<>();
		for (int i = 0; i < texts.size(); i++) {
			String text = texts.get(i);
			JsonNode vector = Instance
				.json(text.startsWith("vector ") ? text.substring(7) : "[" + text.hashCode() % 1000 + ", 1, 0]");
			data.add(Map.of("index", i, "embedding", vector));
		}
		// The order of the vectors means nothing.
		Collections.shuffle(data, new Random(texts.hashCode()));
		return JsonMapper.shared().writeValueAsString(Map.of("data", data));
	}

	private static void pause(HttpExchange exchange, String behaviour) throws IOException {
		exchange.getResponseHeaders().add("Retry-After", behaviour.substring(6));
		send(exchange, 429, "{\"error\": \"a secret of the provider\"}");
	}

	private void chat(HttpExchange exchange) throws IOException {
		this.arrivals.add(System.nanoTime());
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		String question = Instance.json(body).get("messages").get(1).get("content").asString();
		boolean usage = Instance.json(body).at("/stream_options/include_usage").asBoolean();
		String behaviour = question.substring(question.indexOf("Question: ") + 10).replace("Please ", "");
		if (behaviour.equals("hang")) {
			await();
			exchange.close();
			return;
		}
		if (behaviour.equals("drop")) {
			exchange.close();
			return;
		}
		if (behaviour.startsWith("pause ")) {
			pause(exchange, behaviour);
			return;
		}
		if (behaviour.startsWith("status ")) {
			send(exchange, 500, "{\"error\": \"a secret of the provider\"}");
			return;
		}
		exchange.sendResponseHeaders(200, 0);
		try (OutputStream out = exchange.getResponseBody()) {
			piece(out, "{\"choices\": [{\"delta\": {\"content\": \"a\"}}], \"usage\": null}");
			this.streams.incrementAndGet();
			switch (behaviour) {
				case "stall" -> await();
				case "error in the stream" -> piece(out, "{\"error\": {\"message\": \"a secret\"}}");
				case "garbage" -> piece(out, "<html>");
				case "end too early" -> {
				}
				case "endless" -> {
					while (this.end.getCount() > 0) {
						piece(out, "{\"choices\": [{\"delta\": {\"content\": \"b\"}}]}");
						this.end.await(20, TimeUnit.MILLISECONDS);
					}
				}
				default -> {
					if (usage && behaviour.matches("(usage|tail) .*")) {
						piece(out, "{\"choices\": [], \"usage\": {\"total_tokens\": " + behaviour.split(" ")[1] + "}}");
					}
					if (!behaviour.startsWith("tail ")) {
						piece(out, "[DONE]");
					}
				}
			}
		}
		catch (IOException ex) {
			this.closed.release();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void piece(OutputStream out, String data) throws IOException {
		out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
		out.flush();
	}

	private void await() {
		try {
			this.end.await(60, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void send(HttpExchange exchange, int status, String body) throws IOException {
		byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().add("Content-Type", "application/json");
		exchange.sendResponseHeaders(status, bytes.length);
		exchange.getResponseBody().write(bytes);
		exchange.close();
	}

	@Override
	public void close() {
		this.end.countDown();
		this.server.stop(0);
		this.threads.shutdownNow();
	}

}
