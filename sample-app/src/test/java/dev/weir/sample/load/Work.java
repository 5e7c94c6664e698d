package dev.weir.sample.load;

import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The work of an instance on one request.
 *
 * @param from the start of the work
 * @param to the end of the work
 */
public record Work(Instant from, Instant to) {

	/**
	 * Reads the work under a permit from an answer of the sample.
	 * @param answer the answer
	 * @param policy the policy of the permit
	 * @return the work, {@code null} if the answer has none
	 */
	public static Work of(HttpResponse<?> answer, String policy) {
		return answer.headers()
			.allValues("Demo-Work")
			.stream()
			.map((header) -> header.split(" "))
			.filter((parts) -> parts[0].equals(policy))
			.map((parts) -> new Work(Instant.parse(parts[1]), Instant.parse(parts[2])))
			.findFirst()
			.orElse(null);
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
