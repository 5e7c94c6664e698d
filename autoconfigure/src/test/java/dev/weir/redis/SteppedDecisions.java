package dev.weir.redis;

/**
 * The script that decides, on a clock of the test, for tests that play many steps in one
 * call of Redis.
 */
final class SteppedDecisions {

	private static final String SOURCE = """
			local real, now = redis, 0
			local redis = {
				call = function(command, ...)
					if command == 'TIME' then
						return { math.floor(now / 1000000), now % 1000000 }
					end
					return real.call(command, ...)
				end,
				pcall = real.pcall
			}
			local function decide(KEYS, ARGV)
			<script>
			end
			local results = {}
			for time, step in string.gmatch(ARGV[1], '(%d+) ([^;]+);') do
				now = tonumber(time)
				<each>
			end
			return table.concat(results, ';')
			""";

	private SteppedDecisions() {
	}

	/**
	 * Returns a script that plays the steps in its first argument: for each step its time
	 * in microseconds, a space, what the test needs, and a semicolon. The script returns
	 * the results, separated by semicolons.
	 * @param each Lua code for each {@code step}: calls {@code decide} with the keys and
	 * arguments of {@code bucket-decide.lua}, and adds to {@code results}
	 * @return the script
	 */
	static String source(String each) {
		return SOURCE.replace("<script>", LuaScript.list("bucket-decide", "bucket").source()).replace("<each>", each);
	}

}
