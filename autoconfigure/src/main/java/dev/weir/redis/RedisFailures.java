package dev.weir.redis;

import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

import dev.weir.core.Stages;
import dev.weir.lease.StoreUnavailableException;
import org.redisson.client.RedisTimeoutException;

/**
 * Tells "Redis gave no answer" from "Redis was used wrongly".
 */
final class RedisFailures {

	/** Inside of scripts each version of Redis has other words for it. */
	private static final Pattern NO_PERMISSION = Pattern
		.compile("NOPERM|ACL failure in script|The user executing the script can't");

	private static final Pattern ARGUMENTS = Pattern.compile("(?i)[.,]?\\s+(channel|Node source|command|params): ");

	/** What Redis answers before it does anything, because of the state that it is in. */
	private static final Pattern REFUSAL = Pattern
		.compile("^-?(?:ERR Error running script .*[ -])?(?:OOM|BUSY|LOADING|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|READONLY|"
				+ "NOREPLICAS|MISCONF)\\b", Pattern.DOTALL);

	private RedisFailures() {
	}

	/**
	 * Whether Redis did nothing because it could not at that time. Any other failure may
	 * have come after it did something.
	 * @param failure the translated failure of a script that raises no errors once it has
	 * begun to write
	 * @return whether it certainly did nothing
	 */
	static boolean isRefusal(Throwable failure) {
		Throwable cause = failure.getCause();
		return failure instanceof StoreUnavailableException && cause != null
				&& isRefusal(withoutArguments(String.valueOf(cause.getMessage())));
	}

	/**
	 * Whether an error says that Redis cannot work at this time.
	 * @param error what Redis said
	 * @return whether it does
	 */
	static boolean isRefusal(String error) {
		return REFUSAL.matcher(error).find();
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
		if (failure instanceof RedisTimeoutException) {
			return new StoreUnavailableException("Redis did not answer in time", failure);
		}
		String message = withoutArguments(String.valueOf(failure.getMessage()));
		// Up to Redis 6.2 an error inside a script is wrapped, so its code is not at the
		// start.
		if (message.contains("WRONGTYPE")) {
			return new IllegalStateException("Redis holds something else under this key than Weir's data. "
					+ "Give the policy another name, or 'weir.key-prefix' another value", failure);
		}
		if (message.contains("CROSSSLOT")) {
			return new IllegalStateException("The keys of this call lie in several slots of the Redis cluster",
					failure);
		}
		if (NO_PERMISSION.matcher(message).find()) {
			return new IllegalStateException("The Redis user lacks a permission that Weir needs: " + message, failure);
		}
		return new StoreUnavailableException("Redis gave no usable answer: " + message, failure);
	}

	/**
	 * Redisson adds the connection and the whole command, with keys that may hold data of
	 * users.
	 * @param message the message
	 * @return what Redis said
	 */
	private static String withoutArguments(String message) {
		return ARGUMENTS.split(message, 2)[0];
	}

}
