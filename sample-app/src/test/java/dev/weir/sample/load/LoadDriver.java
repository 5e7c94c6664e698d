package dev.weir.sample.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import dev.weir.sample.load.Answer.Kind;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Sends mixed requests of several users to the instances of the sample for a limited
 * time, and judges the answers. The instances must be on this machine, where all have the
 * same clock, and must not have other users at the same time.
 */
public final class LoadDriver {

	private static final List<String> USERS = List.of("anonymous", "alice", "bob");

	/**
	 * Number of texts in each round. It is small, so that users request the same texts at
	 * the same time.
	 */
	private static final int TEXTS = 300;

	/** Time after which users request new texts, which are in no cache. */
	private static final long ROUND = Duration.ofSeconds(20).toNanos();

	private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final String run = UUID.randomUUID().toString();

	private final long start = System.nanoTime();

	private final List<URI> instances;

	/**
	 * Creates a load driver.
	 * @param instances the addresses of the instances
	 */
	public LoadDriver(List<URI> instances) {
		this.instances = instances;
		for (URI instance : instances) {
			if (!"127.0.0.1".equals(instance.getHost())) {
				throw new IllegalArgumentException("All instances must be on 127.0.0.1, not " + instance);
			}
		}
	}

	public static void main(String[] args) throws Exception {
		int users = 24;
		Duration time = Duration.ofSeconds(20);
		List<URI> instances = new ArrayList<>();
		for (int i = 0; i < args.length; i++) {
			switch (args[i]) {
				case "--users" -> users = Integer.parseInt(args[++i]);
				case "--seconds" -> time = Duration.ofSeconds(Long.parseLong(args[++i]));
				default -> instances.add(URI.create(args[i]));
			}
		}
		if (instances.isEmpty()) {
			System.err.println("LoadDriver [--users 24] [--seconds 20] http://127.0.0.1:PORT ...");
			System.exit(2);
		}
		Verdict verdict = new LoadDriver(instances).run(users, time);
		System.out.println(verdict.table());
		List<String> violations = verdict.violations();
		violations.stream().distinct().limit(20).forEach((violation) -> System.out.println("VIOLATION: " + violation));
		System.out.println(violations.isEmpty() ? "No violations" : violations.size() + " violations");
		System.exit(violations.isEmpty() ? 0 : 1);
	}

	/**
	 * Runs the load.
	 * @param users the number of users
	 * @param time the duration of the load
	 * @return the verdict
	 */
	public Verdict run(int users, Duration time) throws IOException, InterruptedException, ExecutionException {
		long before = computed();
		long start = System.nanoTime();
		ExecutorService threads = Executors.newFixedThreadPool(users);
		try {
			List<Future<List<Answer>>> all = IntStream.range(0, users)
				.mapToObj((user) -> threads.submit(() -> ask(user, start + time.toNanos())))
				.toList();
			List<Answer> answers = new ArrayList<>();
			for (Future<List<Answer>> some : all) {
				answers.addAll(some.get());
			}
			Duration taken = Duration.ofNanos(System.nanoTime() - start);
			return new Verdict(answers, taken, computed() - before);
		}
		finally {
			threads.shutdownNow();
		}
	}

	private List<Answer> ask(int number, long end) throws IOException, InterruptedException {
		Random random = new Random(number);
		String user = USERS.get(number % USERS.size());
		List<Answer> answers = new ArrayList<>();
		for (int i = 0; System.nanoTime() < end; i++) {
			URI instance = this.instances.get(random.nextInt(this.instances.size()));
			int dice = random.nextInt(100);
			if (dice < 45) {
				String text = text(random);
				answers.add(send(instance, Kind.EMBEDDING, user, List.of(text), Map.of("text", text)));
			}
			else if (dice < 65) {
				List<String> texts = random.ints(8).mapToObj((any) -> text(random)).distinct().toList();
				answers.add(send(instance, Kind.BATCH, user, texts, Map.of("texts", texts)));
			}
			else if (dice < 80) {
				String text = text(random);
				answers.add(send(instance, Kind.SEARCH, user, List.of(text), Map.of("query", text)));
			}
			else if (dice < 90) {
				// Only known users may upload.
				answers.add(upload(instance, USERS.get(1 + number % 2), number + "-" + i, random));
			}
			else {
				String text = text(random);
				answers.add(send(instance, Kind.CHAT, user, List.of(text), Map.of("question", text)));
			}
		}
		return answers;
	}

	private String text(Random random) {
		long round = (System.nanoTime() - this.start) / ROUND;
		return "Load " + this.run + " text " + round + "-" + random.nextInt(TEXTS);
	}

	private Answer upload(URI instance, String user, String batch, Random random)
			throws IOException, InterruptedException {
		List<String> texts = random.ints(5).mapToObj((any) -> text(random)).distinct().toList();
		List<Map<String, String>> documents = texts.stream()
			.map((text) -> Map.of("id", batch + "-" + texts.indexOf(text), "ticker", "LOAD", "company", "Load",
					"sector", "Load", "title", "Load", "text", text))
			.toList();
		return send(instance, Kind.UPLOAD, user, texts,
				Map.of("batch_id", "load-" + this.run + "-" + batch, "documents", documents));
	}

	private Answer send(URI instance, Kind kind, String user, List<String> texts, Object body)
			throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(instance.resolve(kind.path()))
			.header("Content-Type", "application/json")
			.timeout(Duration.ofSeconds(60))
			.POST(HttpRequest.BodyPublishers.ofString(Answer.json(body)));
		if (!user.equals(USERS.get(0))) {
			byte[] credentials = (user + ":" + user).getBytes(StandardCharsets.UTF_8);
			request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));
		}
		long start = System.nanoTime();
		HttpResponse<String> response = this.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
		Duration time = Duration.ofNanos(System.nanoTime() - start);
		boolean known = response.statusCode() / 100 == 2 && kind != Kind.CHAT;
		JsonNode answer = known ? JsonMapper.shared().readTree(response.body()) : JsonMapper.shared().nullNode();
		return new Answer(kind, user, computed(texts, kind, answer), response.statusCode(), time,
				Work.of(response, "embedding_batch"), Work.of(response, "vector_upsert"));
	}

	private static Map<String, Boolean> computed(List<String> texts, Kind kind, JsonNode answer) {
		// Only answers with embeddings report whether they were computed for the request.
		Map<String, Boolean> computed = new HashMap<>();
		for (int i = 0; i < texts.size(); i++) {
			JsonNode embedding = answer.has("embeddings") ? answer.get("embeddings").get(i) : answer;
			computed.put(texts.get(i),
					kind != Kind.SEARCH && embedding.has("cached") && !embedding.get("cached").asBoolean());
		}
		return computed;
	}

	private long computed() throws IOException, InterruptedException {
		HttpRequest request = HttpRequest.newBuilder(this.instances.get(0).resolve("/actuator/info")).build();
		String info = this.http.send(request, HttpResponse.BodyHandlers.ofString()).body();
		return JsonMapper.shared().readTree(info).get("embeddings").get("computed").asLong();
	}

}
