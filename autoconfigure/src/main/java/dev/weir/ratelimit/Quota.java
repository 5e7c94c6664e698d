package dev.weir.ratelimit;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The calendar of a limit whose count begins anew at midnight.
 *
 * @param period the period of the count
 * @param zone the time zone whose midnight counts
 */
public record Quota(Period period, ZoneId zone) {

	/**
	 * Returns when the period begins that contains an instant.
	 * @param at the instant
	 * @return midnight of the zone, or the first instant of the day if the day has no
	 * midnight
	 */
	public Instant begin(Instant at) {
		return begin(at, 0);
	}

	/**
	 * Returns when the count begins anew after an instant.
	 * @param at the instant
	 * @return the end of the period that contains the instant
	 */
	public Instant end(Instant at) {
		return begin(at, 1);
	}

	/**
	 * Returns the begins of the periods around an instant, so that a clock that differs
	 * finds its own period among them.
	 * @param at the instant
	 * @return the begins of the period before, of the period that contains the instant,
	 * and of the two periods after that, in microseconds since 1970
	 */
	public long[] around(Instant at) {
		return IntStream.rangeClosed(-1, 2).mapToLong((periods) -> micros(begin(at, periods))).toArray();
	}

	private Instant begin(Instant at, int periods) {
		LocalDate date = at.atZone(this.zone).toLocalDate();
		LocalDate first = switch (this.period) {
			case DAY -> date.plusDays(periods);
			case WEEK -> date.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)).plusWeeks(periods);
			case MONTH -> date.withDayOfMonth(1).plusMonths(periods);
		};
		return first.atStartOfDay(this.zone).toInstant();
	}

	private static long micros(Instant instant) {
		return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
	}

	@Override
	public String toString() {
		return this.period + " in " + this.zone;
	}

	/**
	 * The periods of quotas.
	 */
	public enum Period {

		/** From midnight to midnight. */
		DAY(1),

		/** From Monday to Monday. */
		WEEK(7),

		/** From the first of a month to the first of the next one. */
		MONTH(31);

		private final Duration longest;

		Period(int days) {
			this.longest = Duration.ofDays(days);
		}

		/**
		 * Returns about how long the period is.
		 * @return the duration, without changes of the clock
		 */
		public Duration longest() {
			return this.longest;
		}

		@Override
		public String toString() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

}
