package dev.weir.web.servlet;

import java.security.Principal;

import dev.weir.ratelimit.UserKeyResolver;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * Identifies users by the principal of the current request, which Spring Security or the
 * container sets. Anonymous users, and principals without a name, are identified by the
 * address of the client. Thread-safe.
 * <p>
 * Headers such as {@code X-Forwarded-For} are ignored, because any client can send them.
 * Behind a proxy, set {@code server.forward-headers-strategy}.
 */
public final class RequestUserKeys implements UserKeyResolver {

	@Override
	public @Nullable String resolve() {
		ServletRequestAttributes attributes = CurrentRequest.attributes();
		return (attributes != null) ? user(attributes.getRequest()) : null;
	}

	/**
	 * Returns the client of the request that the current thread handles.
	 * @return the key of its address, {@code null} if the thread handles no request
	 */
	public static @Nullable String client() {
		return CurrentRequest.client();
	}

	/**
	 * Returns whether the current thread handles a request.
	 * @return whether it does
	 */
	public static boolean handlesRequest() {
		return CurrentRequest.attributes() != null;
	}

	/**
	 * Returns the user of a request.
	 * @param request the request
	 * @return the name of the principal or the address of the client, with a prefix for
	 * its kind
	 */
	static String user(HttpServletRequest request) {
		Principal principal = request.getUserPrincipal();
		String name = (principal != null) ? principal.getName() : null;
		return StringUtils.hasText(name) ? "user:" + name : ClientAddress.key(request);
	}

}
