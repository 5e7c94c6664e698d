package dev.weir.sample.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * The running instances. Each instance writes a report on its state twice a second. The
 * report expires soon after the instance has stopped.
 */
@Component
@ConditionalOnLiveView
class Instances {

	private static final String NAMES = "{live}:instances";

	private static final String INSTANCE = "{live}:instance:";

	private static final Duration TTL = Duration.ofSeconds(3);

	private static final long MAX_AGE = Duration.ofSeconds(1).toNanos();

	private static final Logger logger = LoggerFactory.getLogger(Instances.class);

	private final MeterRegistry meters;

	private final StringRedisTemplate redis;

	private final JsonMapper json;

	private volatile String name = "";

	private List<Instance> all = List.of();

	private long readAt = System.nanoTime() - 2 * MAX_AGE;

	Instances(MeterRegistry meters, StringRedisTemplate redis, JsonMapper json) {
		this.meters = meters;
		this.redis = redis;
		this.json = json;
	}

	@EventListener
	void started(WebServerInitializedEvent event) {
		if (event.getApplicationContext().getServerNamespace() == null) {
			this.name = ProcessHandle.current().pid() + ":" + event.getWebServer().getPort();
		}
	}

	/**
	 * Returns the name of this instance.
	 * @return the process id and port, empty until the web server has started
	 */
	String name() {
		return this.name;
	}

	@Scheduled(fixedDelay = 500, timeUnit = TimeUnit.MILLISECONDS)
	void beat() {
		if (this.name.isEmpty()) {
			return;
		}
		try {
			this.redis.opsForValue().set(INSTANCE + this.name, this.json.writeValueAsString(here()), TTL);
			this.redis.opsForSet().add(NAMES, this.name);
		}
		catch (DataAccessException ex) {
			logger.debug("The report of this instance could not be written", ex);
		}
	}

	private Instance here() {
		Map<String, Long> denied = new TreeMap<>();
		for (Counter denials : this.meters.find("weir.rate.limit.decisions").tag("outcome", "denied").counters()) {
			// Each source of decisions has its own counter.
			denied.merge(policy(denials), (long) denials.count(), Long::sum);
		}
		return new Instance(this.name, leases("weir.lease.holders"), leases("weir.lease.waiters"), denied);
	}

	private Map<String, Integer> leases(String metric) {
		Map<String, Integer> leases = new TreeMap<>();
		for (Gauge gauge : this.meters.find(metric).gauges()) {
			leases.merge(policy(gauge), (int) gauge.value(), Integer::sum);
		}
		return leases;
	}

	private static String policy(Meter meter) {
		return Objects.requireNonNull(meter.getId().getTag("policy"));
	}

	/**
	 * Returns the last reports of the instances. They can be a second old, so many
	 * viewers cause no more load on Redis than one.
	 * @return the reports of the running instances
	 */
	synchronized List<Instance> all() {
		if (System.nanoTime() - this.readAt > MAX_AGE) {
			this.all = read();
			this.readAt = System.nanoTime();
		}
		return this.all;
	}

	private List<Instance> read() {
		Set<String> names = this.redis.opsForSet().members(NAMES);
		List<Instance> instances = new ArrayList<>();
		for (String known : (names != null) ? names : Set.<String>of()) {
			String report = this.redis.opsForValue().get(INSTANCE + known);
			if (report != null) {
				instances.add(this.json.readValue(report, Instance.class));
			}
			else {
				this.redis.opsForSet().remove(NAMES, known);
			}
		}
		instances.sort((one, other) -> one.name().compareTo(other.name()));
		return List.copyOf(instances);
	}

}
