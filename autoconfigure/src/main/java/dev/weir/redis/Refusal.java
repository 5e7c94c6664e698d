package dev.weir.redis;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * The errors with which Redis refuses a call before any effect, and what Weir does then.
 * A refusal is an answer, not silence: it never opens a circuit.
 *
 * @see <a href=
 * "https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/">Redis
 * cluster specification</a>
 */
enum Refusal {

	/** The slot is at another master. The client follows, unless this happens often. */
	MOVED(Effect.AGAIN),

	/** The slot moves, and the key is at the other master already. */
	ASK(Effect.AGAIN),

	/** The slot moves, and the keys of the call are at two masters. */
	TRYAGAIN(Effect.AGAIN),

	/** Redis does not know the script, and has not run it. The client loads it first. */
	NOSCRIPT(Effect.AGAIN),

	/** Redis has started and reads its data. */
	LOADING(Effect.AWAY),

	/** A failover: this server is no longer the master. */
	READONLY(Effect.AWAY),

	/** A replica that has lost its master. */
	MASTERDOWN(Effect.AWAY),

	/** The cluster lacks a master, or this master is cut off from the others. */
	CLUSTERDOWN(Effect.AWAY),

	/** Fewer replicas are connected than {@code min-replicas-to-write}. */
	NOREPLICAS(Effect.AWAY),

	/** A script of another application runs for too long. */
	BUSY(Effect.AWAY),

	/** Redis accepts no more connections. The error has no code of its own. */
	MAXCLIENTS(Effect.AWAY),

	/** The memory is full, and {@code maxmemory-policy} evicts nothing. */
	OOM(Effect.UNAVAILABLE),

	/** Redis cannot write to its disk. */
	MISCONF(Effect.UNAVAILABLE),

	/** The password is missing. */
	NOAUTH(Effect.UNAVAILABLE),

	/** The password is wrong. */
	WRONGPASS(Effect.UNAVAILABLE),

	/** The key holds another type. */
	WRONGTYPE(Effect.MISTAKE),

	/** The keys of the call are in several slots. */
	CROSSSLOT(Effect.MISTAKE),

	/** The Redis user lacks a permission. */
	NOPERM(Effect.MISTAKE);

	/**
	 * Up to Redis 6.2 an error inside a script begins with the place in the script: the
	 * code follows a blank or a dash there.
	 */
	private static final Pattern CODE = Pattern.compile(
			"^-?(?:(?:ERR Error running script|@user_script:) .*?[ -])?("
					+ Arrays.stream(values()).map(Enum::name).collect(Collectors.joining("|")) + ")\\b",
			Pattern.DOTALL);

	/** Inside scripts, each version of Redis words this error differently. */
	private static final Pattern NO_PERMISSION = Pattern
		.compile("NOPERM|ACL failure in script|The user executing the script can't");

	private static final Pattern MAX_CLIENTS = Pattern.compile("^-?ERR max number of clients");

	private final Effect effect;

	Refusal(Effect effect) {
		this.effect = effect;
	}

	Effect effect() {
		return this.effect;
	}

	/**
	 * Finds the refusal in an error of Redis.
	 * @param error the error
	 * @return the refusal, {@code null} if it is another error
	 */
	static @Nullable Refusal of(String error) {
		Matcher code = CODE.matcher(error);
		if (code.find()) {
			return valueOf(code.group(1));
		}
		if (MAX_CLIENTS.matcher(error).find()) {
			return MAXCLIENTS;
		}
		return NO_PERMISSION.matcher(error).find() ? NOPERM : null;
	}

	/**
	 * What Weir does after a refusal.
	 */
	enum Effect {

		/** A caller that waits tries again. Redis works. */
		AGAIN,

		/**
		 * Redis cannot work now, and can again without an operator: as in an outage.
		 */
		AWAY,

		/** Redis cannot work before an operator acts: waiting does not help. */
		UNAVAILABLE,

		/** The application or its configuration is wrong. */
		MISTAKE

	}

}
