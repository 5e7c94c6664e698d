package dev.weir.web.servlet;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.Principal;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;

import dev.weir.ratelimit.UserKeyResolver;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * Identifies users by the principal of the current request, which Spring Security or the
 * container sets. Anonymous users are identified by the address of the client.
 * <p>
 * IPv4 addresses are used as they are. Of an IPv6 address, only the first 64 bits are
 * used, which usually belong to one client. An IPv4-mapped IPv6 address counts as an IPv4
 * address.
 * <p>
 * Headers such as {@code X-Forwarded-For} are ignored, because any client can send them.
 * Behind a proxy, set {@code server.forward-headers-strategy}.
 */
public final class RequestUserKeys implements UserKeyResolver {

	private static final int PREFIX_BYTES = 8;

	private static final String OCTET = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";

	/**
	 * Matches no host name, which would be looked up: a forwarded address may be any
	 * text.
	 */
	private static final Pattern ADDRESS = Pattern
		.compile(OCTET + "(\\." + OCTET + "){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%.*)?");

	@Override
	public @Nullable String resolve() {
		ServletRequestAttributes attributes = CurrentRequest.attributes();
		return (attributes != null) ? user(attributes.getRequest()) : null;
	}

	/**
	 * Returns the user of a request.
	 * @param request the request
	 * @return the name of the principal or the address of the client, with a prefix for
	 * its kind
	 */
	static String user(HttpServletRequest request) {
		Principal principal = request.getUserPrincipal();
		return (principal != null) ? "user:" + principal.getName() : address(request);
	}

	/**
	 * Returns the client of a request.
	 * @param request the request
	 * @return the address of the client, with a prefix for its kind
	 */
	static String address(HttpServletRequest request) {
		return "ip:" + group(String.valueOf(request.getRemoteAddr()));
	}

	private static String group(String address) {
		InetAddress parsed = parse(address);
		if (parsed instanceof Inet6Address) {
			return HexFormat.of().formatHex(Arrays.copyOf(parsed.getAddress(), PREFIX_BYTES)) + "/64";
		}
		return (parsed instanceof Inet4Address) ? parsed.getHostAddress() : address;
	}

	static boolean isAddress(String text) {
		return ADDRESS.matcher(text).matches();
	}

	private static @Nullable InetAddress parse(String address) {
		if (!isAddress(address)) {
			return null;
		}
		try {
			int zone = address.indexOf('%');
			// Also converts an IPv4-mapped IPv6 address to an IPv4 address.
			return InetAddress.getByName((zone >= 0) ? address.substring(0, zone) : address);
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

}
