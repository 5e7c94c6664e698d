package dev.weir.sample;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import tools.jackson.databind.JsonNode;

/**
 * Some work that was done, from when to when.
 *
 * @param from when it began
 * @param to when it ended
 */
record Overlap(Instant from, Instant to) {

	static Overlap of(JsonNode answer) {
		return new Overlap(Instant.parse(answer.get("started_at").asString()),
				Instant.parse(answer.get("finished_at").asString()));
	}

	/**
	 * Returns how much of this work went on at the same time, at most.
	 * @param work the work
	 * @return the largest number
	 */
	static int max(List<Overlap> work) {
		record Edge(Instant time, int step) {
		}
		List<Edge> edges = new ArrayList<>();
		for (Overlap one : work) {
			edges.add(new Edge(one.from(), 1));
			edges.add(new Edge(one.to(), -1));
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
