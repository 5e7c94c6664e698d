package dev.weir.redis;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * One call of a script.
 *
 * @param <R> the type of the reply
 * @param script the script
 * @param route a key whose master runs the script, {@code null} for any master
 * @param keys the KEYS of the script, all in one slot
 * @param arguments the ARGV of the script: text and numbers, or arrays of bytes if the
 * script is {@linkplain LuaScript#isBinary() binary}
 */
public record ScriptCall<R>(LuaScript<R> script, @Nullable String route, List<String> keys, Object... arguments) {

	/**
	 * Calls a script with keys.
	 * @param <R> the type of the reply
	 * @param script the script
	 * @param keys the keys, all in one slot; without keys, any master runs the script
	 * @param arguments the arguments
	 * @return the call
	 */
	static <R> ScriptCall<R> of(LuaScript<R> script, List<String> keys, Object... arguments) {
		return new ScriptCall<>(script, keys.isEmpty() ? null : keys.get(0), keys, arguments);
	}

	/**
	 * Calls a script that declares no keys.
	 * @param <R> the type of the reply
	 * @param script the script
	 * @param route a key whose master runs the script, {@code null} for any master
	 * @param arguments the arguments
	 * @return the call
	 */
	static <R> ScriptCall<R> at(@Nullable String route, LuaScript<R> script, Object... arguments) {
		return new ScriptCall<>(script, route, List.of(), arguments);
	}

}
