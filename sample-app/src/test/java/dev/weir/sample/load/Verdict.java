package dev.weir.sample.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import dev.weir.sample.load.Answer.Kind;

/**
 * Judges a load by the limits that apply across all instances.
 *
 * @param answers the answers to the requests
 * @param time the duration of the load
 * @param computed the number of embeddings that the models of all instances computed
 * during the load
 * @param known whether the embeddings of all texts were computed before the load
 * @param outage whether Redis was away during the load
 */
public record Verdict(List<Answer> answers, Duration time, long computed, boolean known, boolean outage) {

	private static final int UNAVAILABLE = 503;

	private static final Set<Kind> LIMITED = Set.of(Kind.CHAT, Kind.SEARCH, Kind.UPLOAD);

	/**
	 * Returns the violations of the limits, and the failures.
	 * @param expected the statuses of failures that the load provokes
	 * @return the violations, empty if there are none
	 */
	public List<String> violations(Integer... expected) {
		List<String> violations = new ArrayList<>();
		atMost(violations, "batches of embeddings at the same time", Work.maxAtOnce(work(Answer::batch)), 3);
		atMost(violations, "uploads at the same time", Work.maxAtOnce(work(Answer::upload)), 2);
		atMost(violations, "chats", allowed(Kind.CHAT, (user) -> true), perMinute(60));
		for (String user : users()) {
			atMost(violations, "chats of " + user, allowed(Kind.CHAT, user::equals), perMinute(30));
			atMost(violations, "uploads of " + user, allowed(Kind.UPLOAD, user::equals), perMinute(60));
		}
		atMost(violations, "searches", allowed(Kind.SEARCH, (user) -> true), perMinute(100));
		embeddedOnce(violations);
		this.answers.stream()
			.filter((answer) -> !answer.isAllowed() && !isDenial(answer) && !List.of(expected).contains(answer.status())
					&& !(this.outage && answer.status() == UNAVAILABLE))
			.map((answer) -> answer.kind()
					+ ((answer.status() == Answer.CUT) ? " was cut" : " was answered with status " + answer.status()))
			.forEach(violations::add);
		return violations;
	}

	private static void atMost(List<String> violations, String name, long seen, long limit) {
		if (seen > limit) {
			violations.add(seen + " " + name + ", but the limit is " + limit);
		}
	}

	private void embeddedOnce(List<String> violations) {
		Set<String> asked = new HashSet<>();
		Set<String> answered = new HashSet<>();
		Map<String, Integer> computedFor = new HashMap<>();
		for (Answer answer : this.answers) {
			asked.addAll(answer.texts().keySet());
			if (answer.isAllowed()) {
				answered.addAll(answer.texts().keySet());
				answer.texts().forEach((text, computed) -> computedFor.merge(text, computed ? 1 : 0, Integer::sum));
			}
		}
		int each = this.known ? 0 : 1;
		computedFor.forEach((text, times) -> atMost(violations, "computations of '" + text + "'", times, each));
		if (this.known) {
			atMost(violations, "computations of known texts", this.computed, 0);
			return;
		}
		atMost(violations, "computations for " + asked.size() + " texts", this.computed, asked.size());
		if (this.computed < answered.size()) {
			violations.add(this.computed + " computations for " + answered.size() + " answered texts, but at least "
					+ answered.size() + " are necessary");
		}
	}

	private static boolean isDenial(Answer answer) {
		return answer.status() == 429 && LIMITED.contains(answer.kind());
	}

	private List<Work> work(Function<Answer, Work> permit) {
		return this.answers.stream().map(permit).filter(Objects::nonNull).toList();
	}

	private Set<String> users() {
		return this.answers.stream().map(Answer::user).collect(Collectors.toSet());
	}

	private long allowed(Kind kind, Predicate<String> user) {
		return this.answers.stream()
			.filter((answer) -> answer.kind() == kind && user.test(answer.user()) && answer.isAllowed())
			.count();
	}

	private long perMinute(long limit) {
		// A full bucket, and the tokens that came back during the load.
		return limit + (limit * this.time.toMillis() + 59_999) / 60_000;
	}

	/**
	 * Returns the results as a table for people.
	 * @return the table
	 */
	public String table() {
		StringBuilder table = new StringBuilder(
				"%-10s %7s %8s %8s %8s  %s%n".formatted("", "count", "p50 ms", "p95 ms", "p99 ms", "statuses"));
		for (Kind kind : Kind.values()) {
			List<Answer> some = this.answers.stream().filter((answer) -> answer.kind() == kind).toList();
			long[] millis = some.stream().mapToLong((answer) -> answer.time().toMillis()).sorted().toArray();
			Map<Integer, Long> statuses = some.stream()
				.collect(Collectors.groupingBy(Answer::status, TreeMap::new, Collectors.counting()));
			table.append("%-10s %7d %8s %8s %8s  %s%n".formatted(kind.name().toLowerCase(Locale.ROOT), millis.length,
					percentile(millis, 50), percentile(millis, 95), percentile(millis, 99), statuses));
		}
		return table.append("%d embeddings computed in %.1f s; at the same time: %d batches of embeddings, %d uploads"
			.formatted(this.computed, this.time.toMillis() / 1000d, Work.maxAtOnce(work(Answer::batch)),
					Work.maxAtOnce(work(Answer::upload))))
			.toString();
	}

	private static String percentile(long[] sorted, int percent) {
		return (sorted.length > 0) ? String.valueOf(sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)])
				: "-";
	}

}
