package dev.weir.sample.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

	/**
	 * Time after which users request new texts, which are in no cache, unless all texts
	 * are known before the load.
	 */
	private static final long ROUND = Duration.ofSeconds(20).toNanos();

	private static final int BATCH = 20;

	private static final int SOME = 10;

	private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final String run = UUID.randomUUID().toString();

	private final long start = System.nanoTime();

	private final List<URI> targets;

	private final Operator operator;

	private final Load load;

	private final Uploads uploads = new Uploads();

	/**
	 * Creates a driver.
	 * @param targets the addresses that get the requests: the instances, or the load
	 * balancer before them
	 * @param instance an instance whose actuator can be reached before and after the load
	 * @param load the load
	 */
	public LoadDriver(List<URI> targets, URI instance, Load load) {
		this.targets = targets;
		this.operator = new Operator(this.http, instance);
		this.load = load;
		for (URI target : targets) {
			if (!"127.0.0.1".equals(target.getHost())) {
				throw new IllegalArgumentException("All addresses must be on 127.0.0.1, not " + target);
			}
		}
	}

	public static void main(String[] args) throws Exception {
		List<URI> targets = new ArrayList<>();
		URI instance = null;
		Load load = Load.DEFAULT;
		for (int i = 0; i < args.length; i++) {
			switch (args[i]) {
				case "--users" -> load = load.users(Integer.parseInt(args[++i]));
				case "--pause" -> load = load.pause(Duration.ofMillis(Long.parseLong(args[++i])));
				case "--seconds" -> load = load.time(Duration.ofSeconds(Long.parseLong(args[++i])));
				case "--until" -> load = load.until(Path.of(args[++i]));
				case "--redis-outage" -> load = load.withOutage();
				case "--instance" -> instance = URI.create(args[++i]);
				default -> targets.add(URI.create(args[i]));
			}
		}
		if (targets.isEmpty()) {
			System.err
				.println("LoadDriver [--users 24] [--pause MILLIS] [--seconds 20] [--until FILE] [--redis-outage] "
						+ "[--instance http://127.0.0.1:PORT] http://127.0.0.1:PORT ...");
			System.exit(2);
		}
		LoadDriver driver = new LoadDriver(targets, (instance != null) ? instance : targets.get(0), load);
		Verdict verdict = driver.run();
		System.out.println(verdict.table());
		List<String> violations = new ArrayList<>(verdict.violations());
		violations.addAll(driver.leftovers());
		violations.stream().distinct().limit(20).forEach((violation) -> System.out.println("VIOLATION: " + violation));
		System.out.println(violations.isEmpty() ? "No violations" : violations.size() + " violations");
		System.exit(violations.isEmpty() ? 0 : 1);
	}

	/**
	 * Runs the load.
	 * @return the verdict
	 */
	public Verdict run() throws IOException, InterruptedException, ExecutionException {
		if (this.load.outage()) {
			embedAllTexts();
		}
		long before = this.operator.computed();
		long start = System.nanoTime();
		ExecutorService threads = Executors.newFixedThreadPool(this.load.users());
		try {
			List<Future<List<Answer>>> all = IntStream.range(0, this.load.users())
				.mapToObj((user) -> threads.submit(() -> ask(user, start)))
				.toList();
			awaitUploads(start);
			System.out.println("Load runs");
			List<Answer> answers = new ArrayList<>();
			for (Future<List<Answer>> some : all) {
				answers.addAll(some.get());
			}
			Duration taken = Duration.ofNanos(System.nanoTime() - start);
			return new Verdict(answers, taken, this.operator.computed() - before, this.load.outage(),
					this.load.outage());
		}
		finally {
			threads.shutdownNow();
		}
	}

	private void awaitUploads(long start) throws InterruptedException {
		// What happens next must meet a load that has something to lose.
		while (this.uploads.size() < SOME && !this.load.isOver(start)) {
			Thread.sleep(1);
		}
	}

	/**
	 * Returns the violations that are visible only after the load: uploaded documents
	 * that are not found, and leases that are left.
	 */
	public List<String> leftovers() throws IOException, InterruptedException {
		List<String> violations = new ArrayList<>(this.operator.leasesThatStay());
		violations.addAll(this.uploads.lost(this.operator));
		System.out.println(this.uploads.size() + " uploads were looked up");
		return violations;
	}

	private void embedAllTexts() throws IOException, InterruptedException {
		for (int from = 0; from < TEXTS; from += BATCH) {
			List<String> texts = IntStream.range(from, from + BATCH).mapToObj(this::text).toList();
			Answer answer = send(this.targets.get(0), Kind.BATCH, USERS.get(0), texts, Map.of("texts", texts));
			if (!answer.isAllowed()) {
				throw new IllegalStateException("The texts could not be embedded: status " + answer.status());
			}
		}
	}

	private List<Answer> ask(int number, long start) throws InterruptedException {
		Random random = new Random(number);
		String user = USERS.get(number % USERS.size());
		List<Answer> answers = new ArrayList<>();
		for (int i = 0; !this.load.isOver(start); i++) {
			URI instance = this.targets.get(random.nextInt(this.targets.size()));
			Thread.sleep(this.load.pause().toMillis());
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
		int round = this.load.outage() ? 0 : (int) ((System.nanoTime() - this.start) / ROUND);
		return text(round * TEXTS + random.nextInt(TEXTS));
	}

	private String text(int number) {
		return "Load " + this.run + " text " + number;
	}

	private Answer upload(URI instance, String user, String batch, Random random) throws InterruptedException {
		List<String> texts = random.ints(5).mapToObj((any) -> text(random)).distinct().toList();
		String ticker = this.uploads.ticker();
		String id = this.run + "-" + batch;
		List<Map<String, String>> documents = texts.stream()
			.map((text) -> Map.of("id", id + "-" + texts.indexOf(text), "ticker", ticker, "company", "Load", "sector",
					"Load", "title", "Load", "text", text))
			.toList();
		Answer answer = send(instance, Kind.UPLOAD, user, texts, Map.of("batch_id", id, "documents", documents));
		if (answer.isAllowed()) {
			this.uploads.stored(ticker, texts.get(0), texts.size());
		}
		return answer;
	}

	private Answer send(URI instance, Kind kind, String user, List<String> texts, Object body)
			throws InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(instance.resolve(kind.path()))
			.header("Content-Type", "application/json")
			.timeout(Duration.ofSeconds(60))
			.POST(HttpRequest.BodyPublishers.ofString(Answer.json(body)));
		if (!user.equals(USERS.get(0))) {
			request.header("Authorization", Operator.credentials(user));
		}
		long start = System.nanoTime();
		try {
			HttpResponse<String> response = this.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
			Duration time = Duration.ofNanos(System.nanoTime() - start);
			boolean known = response.statusCode() / 100 == 2 && kind != Kind.CHAT;
			JsonNode answer = known ? JsonMapper.shared().readTree(response.body()) : JsonMapper.shared().nullNode();
			return new Answer(kind, user, computed(texts, kind, answer), status(kind, response), time,
					Work.of(response, "embedding_batch"), Work.of(response, "vector_upsert"));
		}
		catch (IOException ex) {
			return new Answer(kind, user, Map.of(), Answer.CUT, Duration.ofNanos(System.nanoTime() - start), null,
					null);
		}
	}

	private static int status(Kind kind, HttpResponse<String> response) {
		boolean cut = kind == Kind.CHAT && response.statusCode() == 200 && !response.body().contains("event:end");
		return cut ? Answer.CUT : response.statusCode();
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

}
