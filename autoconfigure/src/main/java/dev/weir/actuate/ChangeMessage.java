package dev.weir.actuate;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

import dev.weir.policy.PolicyKind;
import org.jspecify.annotations.Nullable;

/**
 * A message that an operator changed a policy in all instances.
 * <p>
 * Its text is a list of {@code name=value}, encoded like the fields of an HTML form
 * ({@code application/x-www-form-urlencoded}): {@code id}, {@code sent} in ms since 1970,
 * {@code operator}, {@code kind}, {@code name}, then the changed values by attribute.
 *
 * @param id the id, a different one for each message
 * @param sent the time at which the message was sent, by the clock of its sender
 * @param operator the name of the operator
 * @param change the change
 */
public record ChangeMessage(String id, Instant sent, String operator, PolicyChange change) {

	/**
	 * The maximum length of a message in characters. Instances reject longer texts
	 * without reading them.
	 */
	public static final int MAX_LENGTH = 4096;

	private static final int MAX_OPERATOR = 100;

	private static final int MAX_ID = 64;

	public ChangeMessage {
		if (id.isEmpty() || id.length() > MAX_ID) {
			throw new IllegalArgumentException("The id of the message is missing or too long");
		}
		operator = (operator.length() > MAX_OPERATOR) ? operator.substring(0, MAX_OPERATOR) : operator;
	}

	/**
	 * Returns the message as text.
	 * @return the text
	 */
	public String toText() {
		Map<String, String> fields = new LinkedHashMap<>();
		fields.put("id", this.id);
		fields.put("sent", Long.toString(this.sent.toEpochMilli()));
		fields.put("operator", this.operator);
		fields.put("kind", this.change.kind().toString());
		fields.put("name", this.change.name());
		fields.putAll(new TreeMap<>(this.change.values()));
		return fields.entrySet()
			.stream()
			.map((field) -> encoded(field.getKey()) + "=" + encoded(field.getValue()))
			.collect(Collectors.joining("&"));
	}

	/**
	 * Reads a message from text.
	 * @param text the text
	 * @return the message
	 * @throws IllegalArgumentException if the text is not a message
	 */
	public static ChangeMessage of(String text) {
		Map<String, String> fields = new LinkedHashMap<>();
		for (String field : text.split("&", -1)) {
			int equals = field.indexOf('=');
			if (equals < 0
					|| fields.put(decoded(field.substring(0, equals)), decoded(field.substring(equals + 1))) != null) {
				throw new IllegalArgumentException("The text is not a list of fields");
			}
		}
		String id = required(fields.remove("id"));
		long sent = Long.parseLong(required(fields.remove("sent")));
		String operator = required(fields.remove("operator"));
		PolicyKind kind = PolicyKind.of(required(fields.remove("kind")));
		String name = required(fields.remove("name"));
		return new ChangeMessage(id, Instant.ofEpochMilli(sent), operator, new PolicyChange(kind, name, fields));
	}

	private static String required(@Nullable String value) {
		if (value == null) {
			throw new IllegalArgumentException("The message lacks a field");
		}
		return value;
	}

	private static String encoded(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8);
	}

	private static String decoded(String text) {
		return URLDecoder.decode(text, StandardCharsets.UTF_8);
	}

}
