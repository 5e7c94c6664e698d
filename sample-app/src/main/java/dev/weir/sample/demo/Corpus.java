package dev.weir.sample.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import dev.weir.sample.service.search.Document;
import dev.weir.sample.service.search.DocumentBatch;
import dev.weir.sample.service.search.UpsertResult;
import dev.weir.sample.service.search.VectorSearchService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.core.io.Resource;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Uploads the company notes like any client. Every instance sends the same batch, and the
 * first instance stores it. Each instance checks regularly that the notes are still
 * there, because a Redis without persistence loses them when it is started again.
 */
@Component
@ConditionalOnBooleanProperty(name = "sample.demo.corpus", matchIfMissing = true)
public class Corpus {

	/** No user can have this name. */
	private static final String OWNER = "";

	private static final String BATCH_ID = "corpus-1";

	private static final Logger logger = LoggerFactory.getLogger(Corpus.class);

	private final VectorSearchService search;

	private final DocumentBatch batch;

	private final CountDownLatch loaded = new CountDownLatch(1);

	Corpus(VectorSearchService search, JsonMapper json, @Value("classpath:demo/corpus/companies.jsonl") Resource notes)
			throws IOException {
		this.search = search;
		this.batch = new DocumentBatch(BATCH_ID, read(notes, json));
	}

	private static List<Document> read(Resource notes, JsonMapper json) throws IOException {
		try (BufferedReader lines = new BufferedReader(
				new InputStreamReader(notes.getInputStream(), StandardCharsets.UTF_8))) {
			return lines.lines().map((line) -> json.readValue(line, Document.class)).toList();
		}
	}

	/**
	 * Returns a latch that opens when the notes are stored.
	 * @return the latch
	 */
	public CountDownLatch loaded() {
		return this.loaded;
	}

	/**
	 * Returns the notes that are stored now.
	 * @return the notes, none if they are not stored
	 */
	List<Document> stored() {
		return this.search.contains(OWNER, this.batch) ? this.batch.documents() : List.of();
	}

	@Scheduled(fixedDelay = 2, timeUnit = TimeUnit.SECONDS)
	void load() {
		try {
			boolean first = this.loaded.getCount() > 0;
			if (first || !this.search.contains(OWNER, this.batch)) {
				UpsertResult result = this.search.upsert(OWNER, this.batch);
				logger.info("{} company notes {}", result.documents(),
						result.stored() ? "stored" : "were there already: another instance has stored them");
				this.loaded.countDown();
			}
		}
		catch (RuntimeException ex) {
			logger.warn("The company notes could not be stored yet: {}", ex.getMessage());
		}
	}

}
