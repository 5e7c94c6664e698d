package dev.weir.web.servlet;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.weir.policy.expression.Digests;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * Reads the addresses of clients, as containers and proxies write them: with a port, in
 * brackets, with a zone, or as an IPv4-mapped IPv6 address. All forms of an address have
 * the same key.
 * <p>
 * IPv4 addresses are used as they are. Of an IPv6 address, only the first 64 bits are
 * used, which usually belong to one client. An IPv4-mapped IPv6 address counts as an IPv4
 * address. Any other text, such as {@code unknown}, is hashed.
 */
final class ClientAddress {

	private static final int PREFIX_BYTES = 8;

	/** More characters than any address with a zone and a port has. */
	private static final int LONGEST = 100;

	private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";

	private static final String IPV4 = OCTET + "(?:\\." + OCTET + "){3}";

	private static final Pattern IPV4_ADDRESS = Pattern.compile(IPV4);

	private static final Pattern IPV4_WITH_PORT = Pattern.compile("(" + IPV4 + "):\\d{1,5}");

	private static final Pattern IN_BRACKETS = Pattern.compile("\\[([^\\[\\]]*+)\\](?::\\d{1,5})?");

	private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9a-fA-F:][0-9a-fA-F:.]*+");

	private ClientAddress() {
	}

	/**
	 * Returns the key of the client of a request.
	 * @param request the request
	 * @return the address of the client with the prefix {@code ip:}
	 */
	static String key(HttpServletRequest request) {
		return "ip:" + normalized(String.valueOf(request.getRemoteAddr()));
	}

	/**
	 * Returns the form of an address that all its spellings share.
	 * @param text the address
	 * @return an IPv4 address, the first 64 bits of an IPv6 address, or a hash of the
	 * text if it is not an address: a client may have chosen the text
	 */
	static String normalized(String text) {
		InetAddress address = (text.length() <= LONGEST) ? parse(withoutPort(text.trim())) : null;
		if (address instanceof Inet6Address) {
			return HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), PREFIX_BYTES)) + "/64";
		}
		return (address != null) ? address.getHostAddress() : "sha256:" + Digests.sha256(text).substring(0, 32);
	}

	private static String withoutPort(String text) {
		Matcher bracketed = IN_BRACKETS.matcher(text);
		// Spring's filter for forwarded headers puts IPv4 addresses in brackets, too.
		String address = bracketed.matches() ? bracketed.group(1) : text;
		Matcher withPort = IPV4_WITH_PORT.matcher(address);
		return withPort.matches() ? withPort.group(1) : address;
	}

	private static @Nullable InetAddress parse(String text) {
		int zone = text.indexOf('%');
		String address = (zone >= 0) ? text.substring(0, zone) : text;
		if (!isAddress(address)) {
			return null;
		}
		try {
			// Also converts an IPv4-mapped IPv6 address to an IPv4 address.
			return InetAddress.getByName(address);
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

	/**
	 * Returns whether a text can only be an address. A host name would be looked up: each
	 * text that begins with neither a hexadecimal digit nor a colon.
	 * @param text the text
	 * @return whether the text cannot be a host name
	 */
	private static boolean isAddress(String text) {
		return IPV4_ADDRESS.matcher(text).matches()
				|| (text.indexOf(':') >= 0 && IPV6_CHARACTERS.matcher(text).matches());
	}

}
