package dev.weir.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

import dev.weir.core.ForeignDataException;
import dev.weir.core.Printable;
import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * Distinguishes "Redis gave no answer" from "Redis was used wrongly".
 */
final class RedisFailures {

	private static final Pattern ARGUMENTS = Pattern.compile("(?i)[.,]?\\s{1,2}(channel|Node source|command|params): ");

	/** Errors of Redis begin with a word in capitals, such as WRONGPASS. */
	private static final Pattern ERROR_CODE = Pattern.compile("^-?[A-Z]{3}[A-Z0-9]*+ ");

	private static final String SOMETHING_ELSE = "Redis holds something else under this key, not data of Weir";

	private static final int MAX_DEPTH = 20;

	private static final String REFUSED = "Redis refused a call: ";

	private static final String REJECTED = "Redis rejected a call of Weir as wrong: ";

	/** Redis has just reported that it is away. */
	private static final Duration AWAY = Duration.ofNanos(1);

	private RedisFailures() {
	}

	/**
	 * Returns whether Redis did nothing because the keys of the script do not go together
	 * at this time. It may accept a script with one of them.
	 * @param failure the translated failure
	 * @return whether Redis may accept the keys one by one
	 */
	static boolean isForbiddenTogether(Throwable failure) {
		Refusal refusal = (failure.getCause() != null) ? Refusal.of(cause(failure.getCause())) : null;
		return refusal == Refusal.TRYAGAIN || refusal == Refusal.CROSSSLOT;
	}

	/**
	 * Explains why a call failed.
	 * @param thrown the failure
	 * @return {@link StoreUnavailableException} if Redis gave no answer or refused to
	 * work, {@link ForeignDataException} if the key holds other data, another
	 * {@link IllegalStateException} if Redis was used wrongly
	 */
	static RuntimeException translate(Throwable thrown) {
		Throwable failure = Stages.unwrap(thrown);
		if (failure instanceof StoreUnavailableException unavailable) {
			return unavailable;
		}
		if (failure instanceof IllegalArgumentException || failure instanceof IllegalStateException) {
			return (RuntimeException) failure;
		}
		if (failure instanceof TimeoutException) {
			return new StoreUnavailableException("Redis did not answer in time");
		}
		String message = cause(failure);
		Refusal refusal = Refusal.of(message);
		if (refusal != null) {
			return refused(refusal, message, failure);
		}
		if (isReply(failure)) {
			return new IllegalStateException(REJECTED + message, failure);
		}
		return new StoreUnavailableException("Redis is not reachable: " + message, failure);
	}

	/**
	 * Returns whether Redis itself replied with an error. A reply is an answer, so it
	 * never counts as an outage, regardless of the error. A client that cannot connect
	 * wraps the errors of Redis.
	 * @param failure the failure
	 * @return whether the failure is the reply
	 */
	private static boolean isReply(Throwable failure) {
		return !(failure instanceof IOException) && failure.getMessage() != null
				&& ERROR_CODE.matcher(failure.getMessage()).find();
	}

	/**
	 * Explains a refusal.
	 * @param refusal the refusal
	 * @param message the error of Redis
	 * @param failure the failure
	 * @return the exception for callers
	 */
	static RuntimeException refused(Refusal refusal, String message, @Nullable Throwable failure) {
		return switch (refusal.effect()) {
			case AGAIN -> StoreUnavailableException.withoutAsking(REFUSED + message, failure, Duration.ZERO);
			case AWAY -> StoreUnavailableException.withoutAsking(REFUSED + message, failure, AWAY);
			case UNAVAILABLE ->
				StoreUnavailableException.withoutAsking(REFUSED + message, failure, StoreUnavailableException.FOREVER);
			case MISTAKE -> switch (refusal) {
				case WRONGTYPE -> foreignData(failure);
				case CROSSSLOT -> new IllegalStateException(
						"The keys of this call are in several slots of the Redis cluster", failure);
				default ->
					new IllegalStateException("The Redis user lacks a permission that Weir needs: " + message, failure);
			};
		};
	}

	static ForeignDataException foreignData(@Nullable Throwable cause) {
		return new ForeignDataException(SOMETHING_ELSE, cause);
	}

	/**
	 * Returns the message that explains a failure best. That is the error of Redis, which
	 * a client that cannot connect wraps several times. Without such an error, it is the
	 * message of the root cause.
	 * @param failure the failure
	 * @return the message
	 */
	private static String cause(Throwable failure) {
		String message = String.valueOf(failure.getMessage());
		int depth = 0;
		for (Throwable cause = failure; cause != null && depth < MAX_DEPTH; cause = cause.getCause()) {
			depth++;
			message = (cause.getMessage() != null) ? withoutArguments(cause.getMessage())
					: cause.getClass().getSimpleName();
			if (ERROR_CODE.matcher(message).find()) {
				return message;
			}
		}
		return message;
	}

	/**
	 * Removes the parts that Redisson adds to an error of Redis: the connection and the
	 * whole command, whose keys may hold data of users. Makes the error printable,
	 * because it can repeat arguments.
	 * @param message the message
	 * @return the error of Redis
	 */
	private static String withoutArguments(String message) {
		return Printable.of(StringUtils.trimTrailingCharacter(ARGUMENTS.split(message, 2)[0], '.'));
	}

}
