package dev.weir.sample.load;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import tools.jackson.databind.JsonNode;

/**
 * The work of an instance on one request.
 *
 * @param from the start of the work
 * @param to the end of the work
 */
public record Work(Instant from, Instant to) {

	/**
	 * Reads the work from an answer of the sample.
	 * @param answer the answer
	 * @return the work
	 */
	public static Work of(JsonNode answer) {
		return new Work(Instant.parse(answer.get("started_at").asString()),
				Instant.parse(answer.get("finished_at").asString()));
	}

	/**
	 * Returns the largest number of pieces of work that overlap in time.
	 * @param all the pieces of work
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
		// At the same moment, an end comes before a start.
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
