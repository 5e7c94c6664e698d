package dev.weir.sample.service.redis;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * Keeps a part of the memory of Redis free for locks, permits and rate limits. Redis must
 * not evict them ({@code maxmemory-policy noeviction}), so caches and uploads must not
 * fill the memory. Thread-safe.
 */
@Component
public class MemoryBudget {

	private static final Logger logger = LoggerFactory.getLogger(MemoryBudget.class);

	private static final long MAX_AGE = Duration.ofSeconds(1).toNanos();

	private final StringRedisTemplate redis;

	private final Limits limits;

	private final AtomicLong readAt = new AtomicLong(System.nanoTime() - MAX_AGE);

	private volatile double used;

	MemoryBudget(StringRedisTemplate redis, Limits limits, MeterRegistry meters) {
		this.redis = redis;
		this.limits = limits;
		Gauge.builder("sample.redis.memory.used", () -> this.used)
			.description("Used part of the memory that Redis may use, from 0 to 1; 0 if it has no limit")
			.register(meters);
	}

	/**
	 * Returns whether caches may store more entries.
	 * @return whether they may
	 */
	public boolean hasRoomForCaches() {
		return used() < this.limits.caches();
	}

	/**
	 * Returns whether uploads may be stored.
	 * @return whether they may
	 */
	public boolean hasRoomForUploads() {
		return used() < this.limits.uploads();
	}

	private double used() {
		long last = this.readAt.get();
		long now = System.nanoTime();
		// One caller reads the numbers. The others use the last ones meanwhile.
		if (now - last >= MAX_AGE && this.readAt.compareAndSet(last, now)) {
			try {
				Properties info = this.redis
					.execute((RedisCallback<@Nullable Properties>) (connection) -> connection.serverCommands()
						.info("memory"));
				this.used = (info != null) ? fullest(info) : 0;
			}
			catch (DataAccessException ex) {
				// The last number holds. A missing permission must not disable the
				// caches.
				logger.warn("The memory of Redis cannot be read: {}",
						NestedExceptionUtils.getMostSpecificCause(ex).getMessage());
			}
		}
		return this.used;
	}

	/**
	 * Returns the used part of the memory of the fullest server.
	 * @param info the numbers; a cluster puts the address of the server before each name
	 * @return the part, 0 if no server has a limit
	 */
	private static double fullest(Properties info) {
		Map<String, Double> limits = info.stringPropertyNames()
			.stream()
			.filter((name) -> name.endsWith("maxmemory"))
			.collect(Collectors.toMap((name) -> name.substring(0, name.length() - "maxmemory".length()),
					(name) -> Double.parseDouble(info.getProperty(name))));
		return limits.entrySet()
			.stream()
			.filter((limit) -> limit.getValue() > 0)
			.mapToDouble(
					(limit) -> Double.parseDouble(info.getProperty(limit.getKey() + "used_memory")) / limit.getValue())
			.max()
			.orElse(0);
	}

	/**
	 * The parts of the memory of Redis that caches and uploads may fill. They end in this
	 * order, so searches still work when uploads are rejected.
	 *
	 * @param caches Used part of the memory, from 0 to 1, from which on caches store
	 * nothing.
	 * @param uploads Used part of the memory, from 0 to 1, from which on uploads are
	 * rejected.
	 */
	@ConfigurationProperties("sample.redis.memory")
	public record Limits(@DefaultValue("0.7") double caches, @DefaultValue("0.85") double uploads) {

		public Limits {
			if (!(caches > 0 && caches <= uploads && uploads <= 1)) {
				throw new IllegalArgumentException(String.format(Locale.ROOT,
						"'sample.redis.memory': 0 < caches <= uploads <= 1 must hold, not caches=%s uploads=%s", caches,
						uploads));
			}
		}

	}

}
