package dev.weir.redis;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Reads all keys of all masters page by page with SCAN, never with KEYS, which blocks
 * Redis for all other clients. A cursor consists of the number of the master and the
 * cursor of SCAN there. Thread-safe.
 */
final class KeySpace {

	/** About how many keys one script examines. */
	private static final int KEYS_PER_SCRIPT = 500;

	/** A page ends after this time, whether it is full or not. */
	private static final long PAGE_NANOS = TimeUnit.SECONDS.toNanos(1);

	private static final Pattern CURSOR = Pattern.compile("(\\d{1,4})-(\\d{1,20})");

	/** The characters that have a meaning in a pattern of Redis. */
	private static final Pattern SPECIAL = Pattern.compile("[\\\\*?\\[\\]]");

	private final RedisScripts scripts;

	KeySpace(RedisScripts scripts) {
		this.scripts = scripts;
	}

	/**
	 * Reads one page.
	 * @param <T> the type of a result
	 * @param cursor the cursor of the page, {@code null} for the first page
	 * @param count the number of results after which the page ends
	 * @param script runs a script that scans a part
	 * @return completes with the page
	 */
	<T> CompletionStage<Page<T>> page(@Nullable String cursor, int count, Script<T> script) {
		Position begin = Position.parse(cursor);
		return masters().thenCompose(
				(masters) -> fill(masters, begin, count, System.nanoTime() + PAGE_NANOS, script, new ArrayList<>()));
	}

	private <T> CompletionStage<Page<T>> fill(List<String> masters, Position from, int count, long until,
			Script<T> script, List<T> found) {
		if (from.master() >= masters.size()) {
			return CompletableFuture.completedFuture(new Page<>(found, null));
		}
		return script.scan(masters.get(from.master()), from.cursor(), KEYS_PER_SCRIPT).thenCompose((part) -> {
			found.addAll(part.found());
			Position next = part.cursor().equals("0") ? new Position(from.master() + 1, "0")
					: new Position(from.master(), part.cursor());
			if (next.master() >= masters.size()) {
				return CompletableFuture.completedFuture(new Page<>(found, null));
			}
			return (found.size() >= count || System.nanoTime() - until >= 0)
					? CompletableFuture.completedFuture(new Page<>(found, next.toString()))
					: fill(masters, next, count, until, script, found);
		});
	}

	/**
	 * Returns a key for each master that routes a script to that master.
	 * @return completes with the keys
	 */
	private CompletionStage<List<String>> masters() {
		if (!this.scripts.isCluster()) {
			return CompletableFuture.completedFuture(List.of("weir"));
		}
		return this.scripts.masters().thenApply((slots) -> slots.stream().map(SlotTags::of).toList());
	}

	/**
	 * Creates the beginning of a pattern that matches keys with a prefix.
	 * @param prefix the prefix
	 * @return the pattern for the prefix itself
	 */
	static String literally(String prefix) {
		return SPECIAL.matcher(prefix).replaceAll("\\\\$0");
	}

	/**
	 * Scans a part of the keys of one master.
	 *
	 * @param <T> the type of a result
	 */
	@FunctionalInterface
	interface Script<T> {

		/**
		 * Scans a part of the keys.
		 * @param master a key of that master
		 * @param cursor the cursor of the part
		 * @param keys the approximate number of keys to examine
		 * @return completes with the part
		 */
		CompletionStage<Part<T>> scan(String master, String cursor, int keys);

	}

	/**
	 * The results of one script.
	 *
	 * @param <T> the type of a result
	 * @param found the results
	 * @param cursor the cursor of the next part, 0 if there is none
	 */
	record Part<T>(List<T> found, String cursor) {

	}

	/**
	 * The results of one page.
	 *
	 * @param <T> the type of a result
	 * @param found the results
	 * @param next the cursor of the next page, {@code null} if there is none
	 */
	record Page<T>(List<T> found, @Nullable String next) {

	}

	/**
	 * A position in the keys of all masters.
	 *
	 * @param master the number of the master
	 * @param cursor the cursor of SCAN there
	 */
	private record Position(int master, String cursor) {

		static Position parse(@Nullable String cursor) {
			if (cursor == null) {
				return new Position(0, "0");
			}
			Matcher matcher = CURSOR.matcher(cursor);
			if (!matcher.matches() || !isUnsignedLong(matcher.group(2))) {
				throw new IllegalArgumentException(
						"This is no cursor. Use the value of 'next' of the previous page as the cursor");
			}
			return new Position(Integer.parseInt(matcher.group(1)), matcher.group(2));
		}

		/**
		 * Returns whether Redis accepts digits as the cursor of SCAN, an unsigned number
		 * of 64 bits.
		 * @param digits at most 20 digits
		 * @return whether the number is in range
		 */
		private static boolean isUnsignedLong(String digits) {
			return new BigInteger(digits).bitLength() <= Long.SIZE;
		}

		@Override
		public String toString() {
			return this.master + "-" + this.cursor;
		}

	}

}
