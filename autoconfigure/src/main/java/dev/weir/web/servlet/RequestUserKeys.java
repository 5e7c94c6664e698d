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
 * Tells users apart by the principal of the current request (that of Spring Security, or
 * of the container), and who is anonymous by the address of the client: IPv4 as it is,
 * IPv6 by the first 64 bits, which one client usually has to itself. An IPv4 address in
 * the form of an IPv6 one is an IPv4 address.
 * <p>
 * Headers such as {@code X-Forwarded-For} are not looked at, since anybody can send them:
 * behind a proxy, set {@code server.forward-headers-strategy}.
 */
public final class RequestUserKeys implements UserKeyResolver {

	private static final int PREFIX_BYTES = 8;

	private static final String OCTET = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";

	/** Never a name, which would be looked up: a forwarded address may be anything. */
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
	 * @return the name of the principal or the address of the client, marked as what it
	 * is
	 */
	static String user(HttpServletRequest request) {
		Principal principal = request.getUserPrincipal();
		return (principal != null) ? "user:" + principal.getName() : address(request);
	}

	/**
	 * Returns the client of a request.
	 * @param request the request
	 * @return the address of the client, marked as such
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
			// Also makes an IPv4 address of one in the form of IPv6.
			return InetAddress.getByName((zone >= 0) ? address.substring(0, zone) : address);
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

}
