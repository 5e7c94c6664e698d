package dev.weir.redis;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;

import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.Quota.Period;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Plays calls at random instants of two years against the script that decides, on a clock
 * of the test, and compares each decision with the calendar of {@code java.time}. The
 * clocks of the instances that call differ from that of Redis by up to an hour.
 */
class QuotaArithmeticTests {

	private static final Instant BEGIN = Instant.parse("2025-01-01T00:00:00Z");

	private static final int LIMIT = 20;

	private static TestRedis redis;

	private final Random random = new Random(42);

	private final String source = SteppedDecisions.source("""
			local one, two, three, four, cost = string.match(step, '(%d+) (%d+) (%d+) (%d+) (%d+)')
			local reply = decide(KEYS, { '1', '1', '20', '0', one, two, three, four, 'take', '1', '1', '1', cost, '0' })
			table.insert(results, reply[2] .. ' ' .. reply[3] .. ' ' .. string.format('%.0f', reply[5] or -1))
			""");

	@BeforeAll
	static void start() {
		redis = new TestRedis();
	}

	@AfterAll
	static void stop() {
		redis.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
			"Pacific/Chatham", "Asia/Kathmandu", "Africa/Cairo", "America/Santiago", "Asia/Beirut" })
	void countsAsTheCalendarDoes(String zone) {
		for (Period period : Period.values()) {
			Quota quota = new Quota(period, ZoneId.of(zone));
			List<Instant> instants = this.random.doubles(3_000)
				.mapToObj((part) -> instant(quota, part))
				.sorted()
				.collect(Collectors.toCollection(ArrayList::new));
			assertCounts(quota, instants);
		}
	}

	/**
	 * Returns an instant of two years, every other one near a midnight.
	 */
	private Instant instant(Quota quota, double part) {
		Instant at = BEGIN.plus((long) (part * Duration.ofDays(730).toSeconds()), ChronoUnit.SECONDS)
			.plus(this.random.nextInt(1_000_000), ChronoUnit.MICROS);
		return this.random.nextBoolean() ? at
				: quota.end(at).plus(this.random.nextInt(4_000_000) - 2_000_000, ChronoUnit.MICROS);
	}

	@Test
	void neverAllowsMoreThanTheLimitInTheLastSecondOfAMonthNorInTheFirst() {
		Quota quota = new Quota(Period.MONTH, ZoneId.of("Europe/Berlin"));
		Instant end = quota.end(Instant.parse("2026-03-15T00:00:00Z"));
		assertThat(end).isEqualTo("2026-03-31T22:00:00Z");
		List<Instant> instants = new ArrayList<>();
		for (int micros = -1_000_000; micros < 1_000_000; micros += 500) {
			instants.add(end.plus(micros, ChronoUnit.MICROS));
		}
		List<String> results = assertCounts(quota, instants);
		assertThat(results.subList(0, 2_000)).filteredOn((result) -> result.startsWith("1 ")).hasSizeBetween(2, LIMIT);
		assertThat(results.subList(2_000, 4_000)).filteredOn((result) -> result.startsWith("1 "))
			.hasSizeBetween(2, LIMIT);
	}

	@Test
	void aClockThatIsSetBackOverMidnightGoesOnCounting() {
		Quota quota = new Quota(Period.DAY, ZoneId.of("UTC"));
		Instant midnight = Instant.parse("2026-03-15T00:00:00Z");
		List<String> steps = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			steps.add(step(quota, midnight.plusMillis((i % 2 == 0) ? 1 : -1), Duration.ZERO, 5));
		}
		assertThat(run(steps)).extracting((result) -> result.substring(0, 2))
			.containsExactly("1 ", "1 ", "1 ", "1 ", "0 ", "0 ");
	}

	private List<String> assertCounts(Quota quota, List<Instant> instants) {
		Map<LocalDate, Integer> used = new HashMap<>();
		List<String> steps = new ArrayList<>();
		List<String> expected = new ArrayList<>();
		for (Instant instant : instants) {
			int cost = 1 + this.random.nextInt(8);
			LocalDate first = first(quota, instant);
			int before = used.getOrDefault(first, 0);
			boolean allowed = before + cost <= LIMIT;
			int after = allowed ? before + cost : before;
			used.put(first, after);
			Duration skew = Duration.ofSeconds(this.random.nextInt(7_200) - 3_600);
			steps.add(step(quota, instant, skew, cost));
			Instant next = next(quota, first).atStartOfDay(quota.zone()).toInstant();
			expected.add((allowed ? 1 : 0) + " " + (LIMIT - after) + " " + ChronoUnit.MICROS.between(instant, next));
		}
		List<String> results = run(steps);
		assertThat(results).isEqualTo(expected);
		return results;
	}

	private static LocalDate first(Quota quota, Instant instant) {
		LocalDate date = LocalDate.ofInstant(instant, quota.zone());
		return switch (quota.period()) {
			case DAY -> date;
			case WEEK -> date.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
			case MONTH -> date.with(TemporalAdjusters.firstDayOfMonth());
		};
	}

	private static LocalDate next(Quota quota, LocalDate first) {
		return switch (quota.period()) {
			case DAY -> first.plusDays(1);
			case WEEK -> first.plusWeeks(1);
			case MONTH -> first.plusMonths(1);
		};
	}

	private static String step(Quota quota, Instant instant, Duration skew, int cost) {
		long[] around = quota.around(instant.plus(skew));
		return "%d %d %d %d %d %d;".formatted(ChronoUnit.MICROS.between(Instant.EPOCH, instant), around[0], around[1],
				around[2], around[3], cost);
	}

	private List<String> run(List<String> steps) {
		String key = "quota:" + UUID.randomUUID();
		return List.of(redis.server().text("EVAL", this.source, "1", key, String.join("", steps)).split(";"));
	}

}
