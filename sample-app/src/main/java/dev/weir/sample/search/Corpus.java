package dev.weir.sample.search;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import dev.weir.sample.redis.FirstConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.io.Resource;
import org.springframework.stereotype.Component;

/**
 * Uploads the company notes of the sample like any client. Every instance sends the same
 * batch after its start, and the first instance stores it. The attempts continue until
 * Redis answers.
 */
@Component
@ConditionalOnBooleanProperty(name = "sample.search.corpus", matchIfMissing = true)
public class Corpus implements DisposableBean {

	private static final String BATCH_ID = "corpus-1";

	private static final long PAUSE_MILLIS = 1000;

	private static final Logger logger = LoggerFactory.getLogger(Corpus.class);

	private final VectorSearchService search;

	private final FirstConnection firstConnection;

	private final DocumentBatch batch;

	private final CountDownLatch loaded = new CountDownLatch(1);

	private final Thread thread;

	Corpus(VectorSearchService search, FirstConnection firstConnection, JsonMapper json,
			@Value("classpath:corpus/companies.jsonl") Resource notes) throws IOException {
		this.search = search;
		this.firstConnection = firstConnection;
		this.batch = new DocumentBatch(BATCH_ID, read(notes, json));
		this.thread = new Thread(this::load, "corpus");
		this.thread.setDaemon(true);
	}

	private static List<Document> read(Resource notes, JsonMapper json) throws IOException {
		try (BufferedReader lines = new BufferedReader(
				new InputStreamReader(notes.getInputStream(), StandardCharsets.UTF_8))) {
			return lines.lines().map((line) -> json.readValue(line, Document.class)).toList();
		}
	}

	@EventListener(ApplicationReadyEvent.class)
	void start() {
		this.thread.start();
	}

	@Override
	public void destroy() {
		this.thread.interrupt();
	}

	/**
	 * Returns a latch that opens when the notes are stored.
	 * @return the latch
	 */
	public CountDownLatch loaded() {
		return this.loaded;
	}

	private void load() {
		try {
			while (!tryToLoad()) {
				Thread.sleep(PAUSE_MILLIS);
			}
			this.loaded.countDown();
		}
		catch (InterruptedException ex) {
			logger.debug("The application ended before the notes were stored");
		}
	}

	private boolean tryToLoad() {
		try {
			this.firstConnection.await();
			UpsertResult result = this.search.upsert(this.batch);
			logger.info("{} company notes {}", result.documents(),
					result.stored() ? "stored" : "were there already: another instance has stored them");
			return true;
		}
		catch (RuntimeException ex) {
			logger.warn("The company notes could not be stored yet: {}", ex.getMessage());
			return false;
		}
	}

}
