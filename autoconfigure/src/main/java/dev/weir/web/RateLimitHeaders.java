package dev.weir.web;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;

import dev.weir.ratelimit.Decision;

/**
 * Headers that report rate limits to clients. Limits in shadow mode are not reported.
 * Limits that were not checked because Redis did not answer are not reported either.
 *
 * @see <a href=
 * "https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/">RateLimit
 * header fields for HTTP (IETF draft 11, May 2026)</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9651">RFC 9651, Structured Field Values
 * for HTTP</a>
 */
public enum RateLimitHeaders {

	/** {@code RateLimit-Policy} and {@code RateLimit} of the IETF draft. */
	STANDARD {

		@Override
		void writeTold(List<Decision> decisions, BiConsumer<String, String> header) {
			header.accept("RateLimit-Policy", list(decisions, RateLimitHeaders::policy));
			header.accept("RateLimit", list(decisions, RateLimitHeaders::state));
		}

	},

	/**
	 * {@code X-RateLimit-Limit}, {@code -Remaining} and {@code -Reset} (in seconds) of
	 * the limit that is closest to exhaustion.
	 */
	LEGACY {

		@Override
		void writeTold(List<Decision> decisions, BiConsumer<String, String> header) {
			Decision nearest = decisions.stream()
				.min(Comparator.comparing(Decision::allowed)
					.thenComparing((decision) -> (double) decision.remaining() / decision.limit().burst()))
				.orElseThrow();
			header.accept("X-RateLimit-Limit", Long.toString(nearest.limit().limit()));
			header.accept("X-RateLimit-Remaining", Long.toString(remaining(nearest)));
			header.accept("X-RateLimit-Reset", Long.toString(secondsUntilMore(nearest)));
		}

	},

	/** No headers. */
	NONE {

		@Override
		void writeTold(List<Decision> decisions, BiConsumer<String, String> header) {
			// No headers are written.
		}

	};

	/** The largest integer of a structured field. */
	private static final long LARGEST = 999_999_999_999_999L;

	/**
	 * Writes the headers.
	 * @param decisions the decisions of the buckets
	 * @param header the receiver of the name and the value of each header
	 */
	public void write(List<Decision> decisions, BiConsumer<String, String> header) {
		List<Decision> reported = decisions.stream()
			.filter((decision) -> !decision.shadow() && decision.source() != Decision.Source.NOBODY)
			.toList();
		if (!reported.isEmpty()) {
			writeTold(reported, header);
		}
	}

	abstract void writeTold(List<Decision> decisions, BiConsumer<String, String> header);

	private static String list(List<Decision> decisions, Function<Decision, String> member) {
		return decisions.stream().map(member).collect(Collectors.joining(", "));
	}

	private static String policy(Decision decision) {
		Duration window = decision.limit().window();
		// The draft supports whole seconds only. Not all months are equally long.
		String seconds = (window.getNano() == 0 && decision.limit().quota() == null) ? ";w=" + window.toSeconds() : "";
		return name(decision) + ";q=" + Math.min(LARGEST, decision.limit().limit()) + seconds;
	}

	private static String state(Decision decision) {
		long more = secondsUntilMore(decision);
		return name(decision) + ";r=" + Math.min(LARGEST, remaining(decision)) + ((more > 0) ? ";t=" + more : "");
	}

	/**
	 * Returns the remaining tokens for a client. A bucket may hold more than the limit of
	 * one window, because of its burst. Clients compare this number with the limit.
	 * @param decision the decision
	 * @return the remaining tokens, at most the limit; 0 if no request of this cost can
	 * ever pass
	 */
	private static long remaining(Decision decision) {
		return decision.isPossible() ? Math.min(decision.remaining(), decision.limit().limit()) : 0;
	}

	private static long secondsUntilMore(Decision decision) {
		return RetryAfter.roundedUp(decision.allowed() ? decision.nextToken() : decision.retryAfter());
	}

	private static String name(Decision decision) {
		return '"' + decision.policy().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
	}

}
