package dev.weir.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.weir.benchmark.run.ContenderResult;
import dev.weir.benchmark.run.Result;

/**
 * Formats results as a table for people.
 */
final class ResultTable {

	private static final String FORMAT = "%-26s %9s  %-17s %9s %9s %9s %9s %8s %8s%s%n";

	private ResultTable() {
	}

	static String of(Result result) {
		return result.figures().isEmpty() ? speeds(result) : figures(result);
	}

	private static String figures(Result result) {
		StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%n%s%n%-26s", result.suite(), ""));
		List<String> names = List.copyOf(result.figures().values().iterator().next().keySet());
		names.forEach((name) -> text.append("  ").append(name));
		text.append(System.lineSeparator());
		result.figures().forEach((contender, figures) -> {
			text.append(String.format(Locale.ROOT, "%-26s", contender));
			names.forEach((name) -> text
				.append(String.format(Locale.ROOT, "%" + (name.length() + 2) + "d", figures.getOrDefault(name, 0L))));
			text.append(System.lineSeparator());
		});
		return text.toString();
	}

	private static String speeds(Result result) {
		StringBuilder text = new StringBuilder();
		text.append(String.format(Locale.ROOT, "%n%s: %d thread%s%s%n", result.suite(), result.threads(),
				(result.threads() > 1) ? "s" : "",
				(result.jvms() > 1) ? " in each of " + result.jvms() + " JVMs" : ""));
		text.append(String.format(Locale.ROOT, FORMAT, "", "ops/s", "(rounds)", "p50 µs", "p99 µs", "p99.9 µs",
				"max µs", "scripts", "commands", ratioHeads(result)));
		for (ContenderResult contender : result.contenders()) {
			text.append(line(result, contender));
		}
		if (result.jvms() > 1) {
			for (ContenderResult contender : result.contenders()) {
				text.append(String.format(Locale.ROOT, "%-26s shares of the JVMs: %s%n", contender.name(),
						shares(contender.shares())));
			}
		}
		return text.toString();
	}

	private static String line(Result result, ContenderResult contender) {
		return String.format(Locale.ROOT, FORMAT, contender.name(), rate(contender.opsPerSec()),
				"(" + rate(contender.minOpsPerSec()) + "–" + rate(contender.maxOpsPerSec()) + ")",
				micros(contender.p50us()), micros(contender.p99us()), micros(contender.p999us()),
				micros(contender.maxus()), twoDigits(contender.scriptCallsPerOp()),
				twoDigits(contender.commandsPerOp()), ratios(result, contender));
	}

	private static String ratioHeads(Result result) {
		return weirs(result).map((name) -> "  " + name + "/this").collect(Collectors.joining());
	}

	private static String ratios(Result result, ContenderResult contender) {
		return weirs(result).map((name) -> {
			Double ratio = result.ratios().get(name + "/" + contender.name());
			String format = "  %" + (name + "/this").length() + "s";
			return String.format(Locale.ROOT, format, (ratio != null) ? twoDigits(ratio) : "");
		}).collect(Collectors.joining());
	}

	private static Stream<String> weirs(Result result) {
		return result.ratios().isEmpty() ? Stream.empty()
				: result.contenders().stream().filter(ContenderResult::isWeir).map(ContenderResult::name);
	}

	private static String micros(double value) {
		return (value < 10) ? String.format(Locale.ROOT, "%.3f", value) : whole(value);
	}

	private static String rate(double value) {
		return (value < 10) ? twoDigits(value) : whole(value);
	}

	private static String whole(double value) {
		return String.format(Locale.ROOT, "%.0f", value);
	}

	private static String twoDigits(double value) {
		return String.format(Locale.ROOT, "%.2f", value);
	}

	private static String shares(List<Double> shares) {
		return shares.stream()
			.map((share) -> String.format(Locale.ROOT, "%.0f %%", share * 100))
			.collect(Collectors.joining(", "));
	}

}
