package dev.weir.sample.load;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import tools.jackson.databind.JsonNode;

/**
 * Something that an instance did, from when to when.
 *
 * @param from when it began
 * @param to when it ended
 */
public record Work(Instant from, Instant to) {

	/**
	 * Reads it from an answer of the sample.
	 * @param answer the answer
	 * @return the work
	 */
	public static Work of(JsonNode answer) {
		return new Work(Instant.parse(answer.get("started_at").asString()),
				Instant.parse(answer.get("finished_at").asString()));
	}

	/**
	 * Returns how much work went on at the same time, at most.
	 * @param all the work
	 * @return the largest number
	 */
	public static int maxAtOnce(List<Work> all) {
		record Edge(Instant time, int step) {
		}
		List<Edge> edges = new ArrayList<>();
		for (Work work : all) {
			edges.add(new Edge(work.from(), 1));
			edges.add(new Edge(work.to(), -1));
		}
		// At the same moment one ends before the next begins.
		edges.sort(Comparator.comparing(Edge::time).thenComparing(Edge::step));
		int now = 0;
		int max = 0;
		for (Edge edge : edges) {
			now += edge.step();
			max = Math.max(max, now);
		}
		return max;
	}

}
