package dev.weir.policy;

import java.util.function.Supplier;

import dev.weir.ratelimit.UserKeyResolver;
import org.jspecify.annotations.Nullable;

/**
 * Identifies the caller of a limited call. Thread-safe.
 *
 * @param users the supplier of the bean that determines the user; the bean is looked up
 * when it is first needed
 * @param clients the supplier of the client of the current web request; returns
 * {@code null} if the thread handles no request
 */
public record Callers(Supplier<@Nullable UserKeyResolver> users, Supplier<@Nullable String> clients) {

	/**
	 * Creates callers outside of web requests.
	 * @param users the supplier of the bean that determines the user
	 */
	public Callers(Supplier<@Nullable UserKeyResolver> users) {
		this(users, () -> null);
	}

	/**
	 * Returns the user for whom this thread works. A web request for which the bean
	 * returns no user has its client in place of the user: otherwise a client without a
	 * user would get an error of the server, or no limit.
	 * @return the user, {@code null} if there is no bean, or no user and no web request
	 */
	@Nullable String user() {
		UserKeyResolver resolver = this.users.get();
		if (resolver == null) {
			return null;
		}
		String user = resolver.resolve();
		return (user != null && !user.isBlank()) ? user : client();
	}

	/**
	 * Returns the client of the current web request.
	 * @return the client, {@code null} if the thread handles no request
	 */
	@Nullable String client() {
		return this.clients.get();
	}

}
