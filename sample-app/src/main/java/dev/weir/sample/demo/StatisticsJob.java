package dev.weir.sample.demo;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.weir.annotation.RunsOnLeader;
import dev.weir.sample.service.search.Document;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Counts the company notes once a minute, in one of the instances: the leader of
 * statistics. If this instance stops, another one becomes the leader and counts at once.
 */
@Component
@ConditionalOnLiveView
class StatisticsJob {

	private static final String KEY = "{live}:statistics";

	private static final Duration MAX_AGE = Duration.ofMinutes(1);

	private final ObjectProvider<Corpus> corpus;

	private final Instances instances;

	private final StringRedisTemplate redis;

	private final JsonMapper json;

	/** When this instance has counted last. A new leader has not counted yet. */
	private @Nullable Instant refreshedAt;

	StatisticsJob(ObjectProvider<Corpus> corpus, Instances instances, StringRedisTemplate redis, JsonMapper json) {
		this.corpus = corpus;
		this.instances = instances;
		this.redis = redis;
		this.json = json;
	}

	@Scheduled(fixedDelay = 1, timeUnit = TimeUnit.SECONDS)
	@RunsOnLeader("statistics")
	void refresh() {
		Instant now = Instant.now();
		if (this.refreshedAt != null && now.isBefore(this.refreshedAt.plus(MAX_AGE))) {
			return;
		}
		List<Document> notes = this.corpus.stream().flatMap((found) -> found.stored().stream()).toList();
		if (!notes.isEmpty()) {
			CorpusStatistics statistics = new CorpusStatistics(notes.size(),
					(int) notes.stream().map(Document::company).distinct().count(),
					notes.stream().mapToInt((note) -> note.text().split("\\s+").length).sum(), now,
					this.instances.name());
			this.redis.opsForValue().set(KEY, this.json.writeValueAsString(statistics));
			this.refreshedAt = now;
		}
	}

	/**
	 * Returns the last statistics that an instance has counted.
	 * @return the statistics, {@code null} if there are none yet
	 */
	@Nullable CorpusStatistics current() {
		String statistics = this.redis.opsForValue().get(KEY);
		return (statistics != null) ? this.json.readValue(statistics, CorpusStatistics.class) : null;
	}

}
