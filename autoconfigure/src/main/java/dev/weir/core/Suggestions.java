package dev.weir.core;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * Finds the known name that the author of an unknown name probably meant.
 */
public final class Suggestions {

	private Suggestions() {
	}

	/**
	 * Returns the name that is most similar to another one.
	 * @param written the unknown name
	 * @param known the names that exist
	 * @param differences how many characters may differ; in short names fewer, so that
	 * more than half of a name is right
	 * @return the most similar name, {@code null} if none is similar
	 */
	public static @Nullable String closest(String written, Collection<String> known, int differences) {
		return known.stream()
			.filter((name) -> distance(written, name) <= Math.min(differences, bound(written, name)))
			.min(Comparator.comparingInt((String name) -> distance(written, name))
				.thenComparing(Comparator.naturalOrder()))
			.orElse(null);
	}

	private static int bound(String written, String name) {
		return Math.max(1, Math.max(written.length(), name.length()) / 2 - 1);
	}

	/**
	 * Counts the characters to insert, delete, replace or swap with their neighbour (the
	 * optimal string alignment distance), regardless of case.
	 * @param written the unknown name
	 * @param name a name that exists
	 * @return the number of characters
	 */
	private static int distance(String written, String name) {
		String from = written.toLowerCase(Locale.ROOT);
		String to = name.toLowerCase(Locale.ROOT);
		int[][] costs = new int[from.length() + 1][to.length() + 1];
		for (int i = 0; i <= from.length(); i++) {
			for (int j = 0; j <= to.length(); j++) {
				costs[i][j] = (i == 0 || j == 0) ? i + j : cost(from, to, costs, i, j);
			}
		}
		return costs[from.length()][to.length()];
	}

	private static int cost(String from, String to, int[][] costs, int i, int j) {
		boolean same = from.charAt(i - 1) == to.charAt(j - 1);
		int cost = Math.min(Math.min(costs[i - 1][j], costs[i][j - 1]) + 1, costs[i - 1][j - 1] + (same ? 0 : 1));
		boolean swapped = i > 1 && j > 1 && from.charAt(i - 1) == to.charAt(j - 2)
				&& from.charAt(i - 2) == to.charAt(j - 1);
		return swapped ? Math.min(cost, costs[i - 2][j - 2] + 1) : cost;
	}

}
