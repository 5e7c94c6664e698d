package dev.weir.sample.demo;

import java.util.Map;
import java.util.Objects;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * Counts the embeddings that the models compute. A meter counts those of this instance. A
 * number in Redis counts those of all instances; {@code /actuator/info} and
 * {@code redis-cli} show it.
 */
@Component
class ComputationCounter implements InfoContributor {

	private static final String KEY = "embedding:computed";

	private final Counter here;

	private final StringRedisTemplate redis;

	ComputationCounter(MeterRegistry meters, StringRedisTemplate redis) {
		this.here = Counter.builder("sample.embeddings.computed")
			.description("Embeddings that the model computed")
			.register(meters);
		this.redis = redis;
	}

	void count(int embeddings) {
		this.here.increment(embeddings);
		this.redis.opsForValue().increment(KEY, embeddings);
	}

	/**
	 * Returns the number of embeddings that the models of all instances have computed.
	 * @return the number
	 */
	long everywhere() {
		return Long.parseLong(Objects.requireNonNullElse(this.redis.opsForValue().get(KEY), "0"));
	}

	@Override
	public void contribute(Info.Builder builder) {
		builder.withDetail("embeddings", Map.of("computed", everywhere()));
	}

}
