package dev.weir.redis.lettuce;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * An error with which a node of a cluster names the node that has the slot of a call.
 *
 * @param host the host of that node
 * @param port its port
 * @param asking whether the slot is on its way there, so that the node serves the call
 * only after {@code ASKING}
 * @see <a href=
 * "https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding">Redis
 * cluster specification</a>
 */
record Redirect(String host, int port, boolean asking) {

	private static final Pattern ERROR = Pattern.compile("(MOVED|ASK) \\d+ (.+):(\\d{1,5})");

	/**
	 * Reads an error of Redis.
	 * @param error the error
	 * @return the redirect, {@code null} if it is another error or names no host
	 */
	static @Nullable Redirect of(@Nullable String error) {
		Matcher matcher = ERROR.matcher((error != null) ? error : "");
		return matcher.matches()
				? new Redirect(matcher.group(2), Integer.parseInt(matcher.group(3)), matcher.group(1).equals("ASK"))
				: null;
	}

}
