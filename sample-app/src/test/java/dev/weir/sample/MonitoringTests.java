package dev.weir.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Compares the dashboard and the alert rules with the metrics of the running application
 * and with the documentation.
 */
@ExtendWith(Cluster.Extension.class)
class MonitoringTests {

	private static final Path DEPLOY = Path.of("deploy");

	private static final Path DOCS = Path.of("..", "docs");

	/** A metric with its selector. Every metric has a selector. */
	private static final Pattern METRIC = Pattern.compile("([a-z_]+)\\{([^}]*)}");

	private static final Pattern LABEL = Pattern.compile("([a-z_]+)(?:=~|!~|!=|=)\"([^\"]*)\"");

	private static final Pattern GROUPS = Pattern.compile("by \\(([^)]*)\\)");

	/** Labels that Prometheus adds. */
	private static final Set<String> ADDED = Set.of("job", "instance");

	/** Labels with fixed values, which the documentation lists. */
	private static final Set<String> DOCUMENTED = Set.of("outcome", "action", "reason", "kind");

	private final Cluster cluster;

	@TempDir
	private Path directory;

	MonitoringTests(Cluster cluster) {
		this.cluster = cluster;
	}

	@Test
	void theMetricsAndLabelsOfTheDashboardExist() throws Exception {
		List<String> expressions = new ArrayList<>(dashboardExpressions());
		for (JsonNode variable : dashboard().get("templating").get("list")) {
			if (variable.get("type").asString().equals("query")) {
				expressions.add(variable.get("definition").asString());
			}
		}
		assertThat(expressions).hasSizeGreaterThan(20);
		Map<String, Set<String>> live = live();
		assertThat(expressions).allSatisfy((expression) -> assertExists(expression, live));
	}

	@Test
	void thePanelsUseTheVariables() throws Exception {
		JsonNode dashboard = dashboard();
		List<String> variables = new ArrayList<>();
		dashboard.get("templating").get("list").forEach((variable) -> variables.add(variable.get("name").asString()));
		assertThat(variables).containsExactly("datasource", "application", "instance", "policy", "limit");
		assertThat(dashboardExpressions()).allSatisfy((expression) -> assertThat(METRIC.matcher(expression).results())
			.allSatisfy((metric) -> assertThat(metric.group(2)).contains("job=\"$application\"")
				.contains("instance=~\"$instance\"")));
		for (JsonNode panel : dashboard.get("panels")) {
			if (panel.has("targets")) {
				assertThat(panel.get("datasource").get("uid").asString()).isEqualTo("${datasource}");
			}
		}
	}

	@Test
	void theMetricsAndLabelsOfTheAlertRulesExist() throws Exception {
		Map<String, Set<String>> live = live();
		live.put("up", Set.of());
		assertThat(alerts()).hasSizeGreaterThan(10)
			.allSatisfy((alert) -> assertExists(alert.get("expr").toString(), live));
	}

	@Test
	void eachAlertSuggestsAnActionAndALink() throws Exception {
		assertThat(alerts()).allSatisfy((alert) -> {
			assertThat(((Map<?, ?>) alert.get("labels")).keySet()).isEqualTo(Set.of("severity"));
			Map<?, ?> annotations = (Map<?, ?>) alert.get("annotations");
			assertThat(annotations.keySet()).isEqualTo(Set.of("summary", "action", "runbook"));
			assertLeadsToADocument(annotations.get("runbook").toString());
		});
	}

	private static void assertLeadsToADocument(String link) throws IOException {
		String[] parts = link.split("#");
		Path page = Path.of("..").resolve(parts[0]);
		assertThat(page).exists();
		if (parts.length > 1) {
			assertThat(Files.readString(page)
				.lines()
				.filter((line) -> line.startsWith("#"))
				.map((line) -> line.replaceAll("^#+ ", "").toLowerCase(Locale.ROOT).replace(' ', '-')))
				.contains(parts[1]);
		}
	}

	@Test
	void prometheusAcceptsItsConfiguration() throws Exception {
		promtool("check", "config", DEPLOY.resolve("prometheus.yml").toString());
	}

	@Test
	void prometheusAcceptsTheExpressionsOfTheDashboard() throws Exception {
		List<Map<String, String>> rules = dashboardExpressions().stream()
			.map((expression) -> Map.of("record", "panel", "expr", expression.replaceAll("\\$[a-z]+", "x")))
			.distinct()
			.toList();
		Map<String, Object> group = Map.of("name", "dashboard", "rules", rules);
		promtool("check", "rules", "--lint=none",
				Files
					.writeString(this.directory.resolve("rules.yml"),
							JsonMapper.shared().writeValueAsString(Map.of("groups", List.of(group))))
					.toString());
	}

	@Test
	void eachAlertFiresWhenTheServiceIsIllAndNoneWhenItIsWell() throws Exception {
		String test = Files.readString(Path.of("src", "test", "resources", "alerts-test.yml"));
		assertThat(alerts())
			.allSatisfy((alert) -> assertThat(test).contains("alertname=\"" + alert.get("alert") + "\""));
		promtool("test", "rules",
				Files
					.writeString(this.directory.resolve("test.yml"),
							test.replace("[ALERTS]", "[" + DEPLOY.resolve("alerts.yml").toAbsolutePath() + "]"))
					.toString());
	}

	@ParameterizedTest
	@ValueSource(strings = { "grafana/provisioning/datasources/prometheus.yaml",
			"grafana/provisioning/dashboards/weir.yaml" })
	void otherFilesAreYaml(String file) throws Exception {
		assertThat(yaml(file)).isNotEmpty();
	}

	private static void promtool(String... arguments) throws Exception {
		Programs.assertRuns(Programs.command(Programs.wanted("prometheus", "promtool"), Stream.of(arguments)));
	}

	/**
	 * Asserts that the application has the metrics of an expression, with the labels that
	 * the expression selects and groups by.
	 */
	private static void assertExists(String expression, Map<String, Set<String>> live) {
		List<MatchResult> metrics = METRIC.matcher(expression).results().toList();
		assertThat(metrics).as(expression).isNotEmpty();
		Set<String> common = new HashSet<>(ADDED);
		for (MatchResult metric : metrics) {
			String name = metric.group(1);
			Set<String> labels = new HashSet<>(live.getOrDefault(name, Set.of("none")));
			assertThat(labels).as(name).doesNotContain("none");
			labels.addAll(ADDED);
			LABEL.matcher(metric.group(2)).results().forEach((label) -> {
				assertThat(labels).as(expression).contains(label.group(1));
				if (DOCUMENTED.contains(label.group(1))) {
					assertDocumented(label.group(2));
				}
			});
			common.addAll(labels);
		}
		GROUPS.matcher(expression)
			.results()
			.flatMap((groups) -> Stream.of(groups.group(1).split(", ")))
			.forEach((group) -> assertThat(common).as(expression).contains(group));
	}

	private static void assertDocumented(String values) {
		try {
			String page = Files.readString(DOCS.resolve("metrics.md"));
			assertThat(Stream.of(values.split("\\|")))
				.allSatisfy((value) -> assertThat(page).contains("`" + value + "`"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Returns the metrics of the running application.
	 * @return the names of their labels, by the name of the metric
	 */
	private Map<String, Set<String>> live() {
		this.cluster.one().send(null, "/api/chat", "{\"question\": \"chips\"}").join();
		// An answer is settled after its end.
		await().atMost(20, TimeUnit.SECONDS)
			.until(() -> this.cluster.one().get("/actuator/prometheus").contains("weir_rate_limit_tokens_total{"));
		Map<String, Set<String>> live = new HashMap<>();
		this.cluster.one()
			.get("/actuator/prometheus")
			.lines()
			.filter((line) -> !line.startsWith("#"))
			.forEach((line) -> {
				Set<String> labels = live.computeIfAbsent(line.replaceAll("[ {].*", ""), (name) -> new HashSet<>());
				LABEL.matcher(line).results().forEach((label) -> labels.add(label.group(1)));
			});
		return live;
	}

	private static JsonNode dashboard() throws IOException {
		return Instance.json(Files.readString(DEPLOY.resolve("grafana/dashboards/weir.json")));
	}

	private static List<String> dashboardExpressions() throws IOException {
		List<String> expressions = new ArrayList<>();
		for (JsonNode panel : dashboard().get("panels")) {
			if (panel.has("targets")) {
				panel.get("targets").forEach((target) -> expressions.add(target.get("expr").asString()));
			}
		}
		return expressions;
	}

	private static List<Map<?, ?>> alerts() throws IOException {
		List<Map<?, ?>> alerts = new ArrayList<>();
		for (Object group : (List<?>) yaml("alerts.yml").get("groups")) {
			((List<?>) ((Map<?, ?>) group).get("rules")).forEach((rule) -> alerts.add((Map<?, ?>) rule));
		}
		return alerts;
	}

	private static Map<?, ?> yaml(String file) throws IOException {
		return new Yaml().load(Files.readString(DEPLOY.resolve(file)));
	}

}
