package dev.weir.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A script from a {@code .lua} file of this package. Its header says what KEYS, ARGV and
 * the result are.
 *
 * @param name the name of the file without its ending
 * @param source the text that is sent to Redis
 */
record LuaScript(String name, String source) {

	/**
	 * Loads a script.
	 * @param name the name of the file without its ending
	 * @param preludes files with functions that the script calls
	 * @return the script
	 */
	static LuaScript load(String name, String... preludes) {
		StringBuilder source = new StringBuilder();
		for (String prelude : preludes) {
			source.append(read(prelude));
		}
		return new LuaScript(name, source.append(read(name)).toString());
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

}
