package dev.weir.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A script from a {@code .lua} file of this package. Its header documents KEYS, ARGV and
 * the reply.
 *
 * @param <R> the type of the reply
 * @param name the name of the file without its ending
 * @param source the text that is sent to Redis
 * @param digest the name under which Redis knows the script once it is loaded: the SHA-1
 * of the source, in hexadecimal digits
 * @param reply the form of the reply
 */
public record LuaScript<R>(String name, String source, String digest, Reply reply) {

	/**
	 * Loads a script that replies with a number.
	 * @param name the name of the file without its ending
	 * @param preludes files with functions that the script calls
	 * @return the script
	 */
	static LuaScript<Long> number(String name, String... preludes) {
		return load(name, Reply.NUMBER, preludes);
	}

	/**
	 * Loads a script that replies with a list of text and numbers.
	 * @param name the name of the file without its ending
	 * @param preludes files with functions that the script calls
	 * @return the script
	 */
	static LuaScript<List<Object>> list(String name, String... preludes) {
		return load(name, Reply.LIST, preludes);
	}

	/**
	 * Loads a script that takes arrays of bytes and replies with a list of arrays of
	 * bytes and numbers.
	 * @param name the name of the file without its ending
	 * @param preludes files with functions that the script calls
	 * @return the script
	 */
	static LuaScript<List<Object>> binary(String name, String... preludes) {
		return load(name, Reply.BINARY_LIST, preludes);
	}

	private static <R> LuaScript<R> load(String name, Reply reply, String... preludes) {
		StringBuilder source = new StringBuilder();
		for (String prelude : preludes) {
			source.append(read(prelude));
		}
		return of(name, source.append(read(name)).toString(), reply);
	}

	/**
	 * Creates a script from its source.
	 * @param <R> the type of the reply
	 * @param name the name of the script, for metrics
	 * @param source the text that is sent to Redis
	 * @param reply the form of the reply
	 * @return the script
	 */
	static <R> LuaScript<R> of(String name, String source, Reply reply) {
		return new LuaScript<>(name, source, digest(source), reply);
	}

	private static String digest(String source) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-1").digest(source.getBytes(StandardCharsets.UTF_8));
			return HexFormat.of().formatHex(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-1", ex);
		}
	}

	private static String read(String name) {
		try (InputStream stream = LuaScript.class.getResourceAsStream(name + ".lua")) {
			if (stream == null) {
				throw new IllegalStateException("The script " + name + ".lua is missing");
			}
			return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Returns whether arguments and reply are arrays of bytes instead of text.
	 * @return whether the script is binary
	 */
	public boolean isBinary() {
		return this.reply == Reply.BINARY_LIST;
	}

	/**
	 * The forms of replies.
	 */
	public enum Reply {

		/** A {@link Long}. */
		NUMBER,

		/** A list of {@link String} and {@link Long}. */
		LIST,

		/** A list of {@code byte[]} and {@link Long}. */
		BINARY_LIST

	}

}
