package dev.weir.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreListener;
import dev.weir.lease.Leaders;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.observe.LeaseMetrics;
import dev.weir.observe.RateLimitMetrics;
import dev.weir.observe.RedisMetrics;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.Settlement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the table in {@code docs/metrics.md} lists the meters that are emitted. When
 * this test fails, replace the text between the markers with the table in the failure
 * message.
 */
class MetricsReferenceTests {

	private static final String BEGIN = "<!-- meters: generated from what is emitted -->\n";

	private static final String END = "<!-- end of meters -->\n";

	/** Tags whose values depend on the application, or on the scripts of this version. */
	private static final Set<String> OPEN_TAGS = Set.of("master", "policy", "role", "script");

	@Test
	void theTableListsTheEmittedMeters() throws IOException {
		String page = Files.readString(Path.of("..", "docs", "metrics.md"));
		assertThat(page).contains(BEGIN, END);
		runner().run((context) -> {
			emitEverything(context.getBean(LeaseMetrics.class), context.getBean(RateLimitMetrics.class),
					context.getBean(RedisMetrics.class));
			context.getBean(Leaders.class).of("role");
			assertThat(page.substring(page.indexOf(BEGIN) + BEGIN.length(), page.indexOf(END)))
				.isEqualTo(table(context.getBean(MeterRegistry.class)));
		});
	}

	@Test
	void theRegistryDoesNotGrowWithoutBound() {
		runner().run((context) -> {
			LeaseMetrics metrics = context.getBean(LeaseMetrics.class);
			for (int i = 0; i < 2000; i++) {
				metrics.asked(request("invoice-" + i, LeaseKind.LOCK)).acquired(Duration.ZERO, false);
			}
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry.find("weir.lease.holders").gauges()).hasSizeBetween(2, 502);
			assertThat(registry.find("weir.lease.holders").tag("policy", "(others)").gauge().value()).isEqualTo(1500);
		});
	}

	private static ApplicationContextRunner runner() {
		return new ApplicationContextRunner().withPropertyValues("spring.data.redis.url=redis://127.0.0.1:1")
			.withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class,
					SimpleMetricsExportAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
					DataRedisAutoConfiguration.class, WeirRedisAutoConfiguration.class, WeirAutoConfiguration.class,
					WeirRateLimitAutoConfiguration.class, WeirMetricsAutoConfiguration.class));
	}

	private static void emitEverything(LeaseMetrics leases, RateLimitMetrics rateLimits, StoreListener redis) {
		Arrays.stream(LeaseKind.values()).forEach((kind) -> leases.asked(request("name", kind)));
		RateLimit limit = RateLimit.of(10, Duration.ofMinutes(1));
		for (Decision.Source source : Decision.Source.values()) {
			rateLimits.decided(new Decisions(List.of(decision(limit, true, false, source),
					decision(limit, false, false, source), decision(limit, false, true, source))));
			rateLimits.decided(new Decisions(List.of(decision(limit, true, false, source))));
		}
		rateLimits.decided(new Decisions(List.of(new Decision("name", limit, 1, true, 0, Duration.ZERO, Duration.ZERO,
				false, Decision.Source.SHARED, Duration.ofSeconds(1), 1))));
		for (Settlement.Outcome outcome : Settlement.Outcome.values()) {
			rateLimits.settled(new Settlement("name", 5, 3, 2, 0, outcome));
		}
		rateLimits.settled(new Settlement("name", 5, 30, -20, 5, Settlement.Outcome.SETTLED));
		rateLimits.paused("name", Duration.ofSeconds(1));
		rateLimits.deniedByPause(new Decisions(List.of(decision(limit, false, false, Decision.Source.SHARED))));
		rateLimits.unavailable(List.of(new Charge("name", "name", limit, 1, OnUnavailable.FAIL, false)));
		Arrays.stream(StoreListener.Outcome.values())
			.forEach((outcome) -> redis.called("lock-acquire", Duration.ofMillis(1), outcome));
		redis.circuitOpened("redis", "no answer");
	}

	private static LeaseRequest request(String name, LeaseKind kind) {
		return new LeaseRequest(name, new LeaseKey(kind, name), 1, null, Duration.ZERO, false, "test");
	}

	private static Decision decision(RateLimit limit, boolean allowed, boolean shadow, Decision.Source source) {
		return new Decision("name", limit, 1, allowed, 5, Duration.ZERO, Duration.ZERO, shadow, source);
	}

	private static String table(MeterRegistry registry) {
		Map<String, List<Meter>> byName = registry.getMeters()
			.stream()
			.filter((meter) -> meter.getId().getName().startsWith("weir."))
			.collect(Collectors.groupingBy((meter) -> meter.getId().getName(), TreeMap::new, Collectors.toList()));
		return byName.values()
			.stream()
			.map(MetricsReferenceTests::row)
			.collect(Collectors.joining("", "| meter | type | tags | meaning |\n|---|---|---|---|\n", ""));
	}

	private static String row(List<Meter> meters) {
		Meter.Id id = meters.get(0).getId();
		Map<String, Set<String>> tags = new TreeMap<>();
		meters.stream()
			.flatMap((meter) -> meter.getId().getTags().stream())
			.forEach((tag) -> tags.computeIfAbsent(tag.getKey(), (key) -> new TreeSet<>()).add(tag.getValue()));
		String text = tags.entrySet()
			.stream()
			.map((tag) -> "`" + tag.getKey() + "`"
					+ (OPEN_TAGS.contains(tag.getKey()) ? ""
							: tag.getValue().stream().collect(Collectors.joining("`, `", " (`", "`)"))))
			.collect(Collectors.joining(", "));
		assertThat(id.getDescription()).as(id.getName()).isNotBlank();
		assertThat(id.getTags()).extracting(Tag::getKey).doesNotContain("key", "user");
		return "| `%s` | %s | %s | %s |\n".formatted(id.getName(), id.getType().name().toLowerCase(Locale.ROOT), text,
				id.getDescription());
	}

}
