package dev.weir.web.servlet;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Spells a path in many ways. Some reach the same resource, some another one or none, and
 * some are rejected: this depends on the server, on Spring Security and on the resource.
 */
final class Spellings {

	/** What can stand between two segments, in place of a slash. */
	private static final List<String> SEPARATORS = List.of("/", "//", "///", "/./", "/././", "/x/../", "/x/y/../../",
			"/%2e/", "/%2E/", "/x/%2e%2e/", "/;/", "/;a=b/", "/x/..;/", "/..;/", ";/", ";a=b/", ";a=b;c/", "/.;/",
			"%2f", "%2F", "/%2f", "\\", "/\\", "%5c", "%5C", "/%5C", "/%09", "/%20/", "/%00", "%252f", "/%c0%af");

	private static final List<String> ENDINGS = List.of("/", "//", ";", ";a=b", ";jsessionid=1", ";a=b;c=d", "?",
			"?a=b", "?a=/../b", "%20", "%00", "%0a", "%09", "/.", "/./", "/..", "/../", ".", "%2e", "%3f", "%3b", "%23",
			".json", "%", "%2", "%zz", "~", "+");

	private Spellings() {
	}

	/**
	 * Spells a path.
	 * @param prefix the context path and the prefix of the servlet, each may be empty
	 * @param first the first segment behind the prefix
	 * @param second the second segment
	 * @return the spellings, at least 60
	 */
	static Set<String> of(String prefix, String first, String second) {
		Set<String> spellings = new LinkedHashSet<>();
		String path = "/" + first + "/" + second;
		for (String separator : SEPARATORS) {
			spellings.add(prefix + separator + first + "/" + second);
			spellings.add(prefix + "/" + first + separator + second);
			if (!prefix.isEmpty()) {
				spellings.add(separator + prefix.substring(1) + path);
			}
		}
		ENDINGS.forEach((ending) -> spellings.add(prefix + path + ending));
		spellings.add(prefix + "/" + encoded(first) + "/" + second);
		spellings.add(prefix + "/" + encoded(first).toLowerCase() + "/" + encoded(second));
		spellings.add(prefix + "/" + encoded(first.substring(0, 1)) + first.substring(1) + "/" + second);
		spellings.add(prefix + "/" + encoded(first).replace("%", "%25") + "/" + second);
		spellings.add(prefix + "/" + first.toUpperCase() + "/" + second);
		spellings.add(prefix + "/" + first + "/" + second.toUpperCase());
		spellings.add(prefix + "/" + first + ";x=y/" + second + ";x=y");
		spellings.add("http://127.0.0.1" + prefix + path);
		spellings.add("http://127.0.0.1/" + prefix + path);
		return spellings.stream()
			.filter((spelling) -> spelling.startsWith("/") || spelling.startsWith("http"))
			.collect(Collectors.toCollection(LinkedHashSet::new));
	}

	private static String encoded(String text) {
		StringBuilder encoded = new StringBuilder();
		for (byte part : text.getBytes(StandardCharsets.UTF_8)) {
			encoded.append('%').append(String.format("%02X", part));
		}
		return encoded.toString();
	}

}
