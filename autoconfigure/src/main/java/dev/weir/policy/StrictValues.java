package dev.weir.policy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.weir.core.Log;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates the expressions of a rate limit. If an expression has no value for a web
 * request, the strictest value applies, because the client may have caused this: it must
 * get neither an error of the server nor a way around the limit. Outside of web requests
 * the failure is a mistake of the calling code. Thread-safe.
 */
final class StrictValues {

	private static final Log logger = Log.of(StrictValues.class);

	private final Supplier<@Nullable String> clients;

	/** The policies with a logged warning. */
	private final Set<String> reported = ConcurrentHashMap.newKeySet();

	/**
	 * Creates an evaluator.
	 * @param clients the supplier of the client of the current web request; returns
	 * {@code null} if the thread handles no request
	 */
	StrictValues(Supplier<@Nullable String> clients) {
		this.clients = clients;
	}

	/**
	 * Evaluates an expression.
	 * @param <T> the type of the value
	 * @param policy the name of the policy
	 * @param expression the expression
	 * @param strict the strictest value, for the client of the web request
	 * @return the value
	 * @throws IllegalStateException if the expression has no value, and this thread
	 * handles no web request
	 */
	<T> T evaluate(String policy, Supplier<T> expression, Function<String, T> strict) {
		try {
			return expression.get();
		}
		catch (IllegalStateException ex) {
			String client = this.clients.get();
			if (client == null) {
				throw ex;
			}
			if (this.reported.add(policy)) {
				logger.warn("An expression of the rate limit '{}' has no value for a request. For such requests the "
						+ "limit applies per client, and a limit without a value denies them. This is logged once for "
						+ "each rate limit.", policy, ex);
			}
			return strict.apply(client);
		}
	}

}
