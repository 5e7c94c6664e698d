package dev.weir.redis;

import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;

import org.springframework.util.StringUtils;

/**
 * Distinguishes "Redis gave no answer" from "Redis was used wrongly".
 */
final class RedisFailures {

	/** Inside scripts, each version of Redis words this error differently. */
	private static final Pattern NO_PERMISSION = Pattern
		.compile("NOPERM|ACL failure in script|The user executing the script can't");

	private static final Pattern ARGUMENTS = Pattern.compile("(?i)[.,]?\\s+(channel|Node source|command|params): ");

	/** Errors with which Redis refuses a command before any effect, due to its state. */
	private static final Pattern REFUSAL = Pattern
		.compile("^-?(?:ERR Error running script .*[ -])?(?:OOM|BUSY|LOADING|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|READONLY|"
				+ "NOREPLICAS|MISCONF)\\b", Pattern.DOTALL);

	/** Errors of Redis begin with a word in capitals, such as WRONGPASS. */
	private static final Pattern ERROR_CODE = Pattern.compile("^-?[A-Z]{3,}[A-Z0-9]* ");

	static final String SOMETHING_ELSE = "Redis holds something else under this key, not data of Weir. "
			+ "Give the policy another name, or 'weir.key-prefix' another value";

	private RedisFailures() {
	}

	/**
	 * Returns whether Redis did nothing because it could not work at that time. Any other
	 * failure may have occurred after Redis did something.
	 * @param failure the translated failure of a script that raises no errors once it has
	 * begun to write
	 * @return whether Redis certainly did nothing
	 */
	static boolean isRefusal(Throwable failure) {
		Throwable cause = failure.getCause();
		return failure instanceof StoreUnavailableException && cause != null
				&& isRefusal(withoutArguments(String.valueOf(cause.getMessage())));
	}

	/**
	 * Returns whether an error means that Redis cannot work at this time.
	 * @param error the error of Redis
	 * @return whether the error is a refusal
	 */
	static boolean isRefusal(String error) {
		return REFUSAL.matcher(error).find();
	}

	/**
	 * Returns whether Redis did nothing because the keys of the script do not go together
	 * at this time. It may accept a script with one of them.
	 * @param failure the translated failure
	 * @return whether Redis may accept the keys one by one
	 */
	static boolean isForbiddenTogether(Throwable failure) {
		String message = (failure.getCause() != null) ? cause(failure.getCause()) : "";
		return message.contains("TRYAGAIN") || message.contains("CROSSSLOT");
	}

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
		// Up to Redis 6.2 an error inside a script is wrapped, so its code is not at the
		// start.
		if (message.contains("WRONGTYPE")) {
			return new IllegalStateException(SOMETHING_ELSE, failure);
		}
		if (message.contains("CROSSSLOT")) {
			return new IllegalStateException("The keys of this call are in several slots of the Redis cluster",
					failure);
		}
		if (NO_PERMISSION.matcher(message).find()) {
			return new IllegalStateException("The Redis user lacks a permission that Weir needs: " + message, failure);
		}
		return new StoreUnavailableException(
				(ERROR_CODE.matcher(message).find() ? "Redis refused a call: " : "Redis is not reachable: ") + message,
				failure);
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
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
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
	 * whole command, whose keys may hold data of users.
	 * @param message the message
	 * @return the error of Redis
	 */
	private static String withoutArguments(String message) {
		return StringUtils.trimTrailingCharacter(ARGUMENTS.split(message, 2)[0], '.');
	}

}
