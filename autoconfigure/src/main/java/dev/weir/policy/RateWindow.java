package dev.weir.policy;

import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Locale;

import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.RateLimit;
import org.jspecify.annotations.Nullable;

import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * The window of a limit: a duration such as {@code 1m}, or a period of the calendar.
 *
 * @param duration the duration
 * @param period the period of a quota, {@code null} for a token bucket
 */
public record RateWindow(Duration duration, Quota.@Nullable Period period) {

	/**
	 * Creates the window of a token bucket.
	 * @param duration the duration
	 * @return the window
	 */
	public static RateWindow of(Duration duration) {
		return new RateWindow(duration, null);
	}

	static RateWindow of(RateLimit limit) {
		Quota quota = limit.quota();
		return new RateWindow(limit.window(), (quota != null) ? quota.period() : null);
	}

	/**
	 * Parses a text.
	 * @param text a duration such as {@code 10s}, or {@code day}, {@code week} or
	 * {@code month}
	 * @return the window
	 * @throws IllegalArgumentException if the text is neither of them
	 */
	public static RateWindow valueOf(String text) {
		String window = text.trim().toLowerCase(Locale.ROOT);
		for (Quota.Period period : Quota.Period.values()) {
			if (window.equals(period.toString())) {
				return new RateWindow(period.longest(), period);
			}
		}
		try {
			return of(DurationFormatterUtils.detectAndParse(text.trim()));
		}
		catch (IllegalArgumentException | ArithmeticException ex) {
			// Without a cause: Spring Boot reports the first cause of a failed start.
			throw new IllegalArgumentException("'" + text + "' is not a duration such as 10s, 1m or 1h, nor one of "
					+ Arrays.toString(Quota.Period.values()));
		}
	}

	/**
	 * Creates a limit with this window.
	 * @param number how many tokens are added per window
	 * @param burst how many tokens the bucket holds, {@code null} for the number
	 * @param zone the time zone whose midnight begins a quota anew
	 * @return the limit
	 * @throws IllegalArgumentException if the values do not fit together
	 */
	public RateLimit limit(long number, @Nullable Long burst, ZoneId zone) {
		Quota quota = (this.period != null) ? new Quota(this.period, zone) : null;
		return new RateLimit(number, this.duration, (burst != null) ? burst : number, quota);
	}

	@Override
	public String toString() {
		return (this.period != null) ? this.period.toString() : this.duration.toString();
	}

}
