package dev.weir.sample;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the files under {@code deploy} that cannot be run without containers.
 */
@ExtendWith(Cluster.Extension.class)
class DeploymentTests {

	private static final Path DEPLOY = Path.of("deploy");

	/** A metric in the dashboard. Every metric there has a selector. */
	private static final Pattern METRIC = Pattern.compile("([a-z_]+)\\{");

	private final Cluster cluster;

	@TempDir
	private Path directory;

	DeploymentTests(Cluster cluster) {
		this.cluster = cluster;
	}

	@Test
	void eachMetricOfTheDashboardExists() throws Exception {
		this.cluster.one().send(null, "/api/chat", "{\"question\": \"chips\"}").join();
		String live = this.cluster.one().get("/actuator/prometheus");
		Set<String> known = live.lines()
			.filter((line) -> !line.startsWith("#"))
			.map((line) -> line.replaceAll("[ {].*", ""))
			.collect(Collectors.toSet());
		JsonNode dashboard = Instance.json(Files.readString(DEPLOY.resolve("grafana/dashboards/weir.json")));
		Set<String> used = new TreeSet<>();
		for (JsonNode panel : dashboard.get("panels")) {
			for (JsonNode target : panel.get("targets")) {
				List<String> metrics = METRIC.matcher(target.get("expr").asString())
					.results()
					.map((result) -> result.group(1))
					.toList();
				assertThat(metrics).as(target.toString()).isNotEmpty();
				used.addAll(metrics);
			}
		}
		assertThat(used).contains("weir_rate_limit_decisions_total", "weir_lease_waiters").isSubsetOf(known);
	}

	@Test
	void instancesOnKubernetesHaveValidProbesAndRunWithoutRoot() throws Exception {
		List<Map<String, Object>> documents = documents("kubernetes/sample.yaml");
		Deployment deployment = kubernetes(documents.get(0), Deployment.class);
		assertThat(deployment.getSpec().getReplicas()).isEqualTo(2);
		assertThat(deployment.getSpec().getTemplate().getSpec().getSecurityContext().getRunAsNonRoot()).isTrue();
		Map<String, String> labels = deployment.getSpec().getTemplate().getMetadata().getLabels();
		assertThat(deployment.getSpec().getSelector().getMatchLabels()).isEqualTo(labels);
		Service service = kubernetes(documents.get(1), Service.class);
		assertThat(service.getSpec().getSelector()).isEqualTo(labels);
		assertThat(service.getSpec().getPorts().get(0).getTargetPort().getStrVal()).isEqualTo("http");
		Container container = deployment.getSpec().getTemplate().getSpec().getContainers().get(0);
		assertThat(container.getPorts()).extracting("name", "containerPort").containsExactly(Tuple.tuple("http", 8080));
		for (Probe probe : List.of(container.getStartupProbe(), container.getLivenessProbe(),
				container.getReadinessProbe())) {
			assertThat(this.cluster.one().get(probe.getHttpGet().getPath())).isEqualTo("{\"status\":\"UP\"}");
		}
		Service valkey = kubernetes(documents("kubernetes/valkey.yaml").get(1), Service.class);
		assertThat(container.getEnv()).anySatisfy((variable) -> {
			assertThat(variable.getName()).isEqualTo("SPRING_DATA_REDIS_HOST");
			assertThat(variable.getValue()).isEqualTo(valkey.getMetadata().getName());
		});
	}

	@Test
	void containersOfComposeReferToEachOther() throws Exception {
		Map<String, Object> services = map(documents("compose.yaml").get(0).get("services"));
		assertThat(services).containsOnlyKeys("valkey", "app1", "app2", "nginx", "prometheus", "grafana");
		for (String app : List.of("app1", "app2")) {
			Map<String, Object> environment = map(map(services.get(app)).get("environment"));
			assertThat(environment).containsEntry("SPRING_DATA_REDIS_HOST", "valkey");
			assertThat(Files.readString(DEPLOY.resolve("nginx.conf"))).contains("server " + app + ":8080");
			assertThat(Files.readString(DEPLOY.resolve("prometheus.yml"))).contains(app + ":8080");
		}
		for (Object service : services.values()) {
			for (Object volume : (List<?>) map(service).getOrDefault("volumes", List.of())) {
				assertThat(DEPLOY.resolve(volume.toString().split(":")[0])).exists();
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "prometheus.yml", "grafana/provisioning/datasources/prometheus.yaml",
			"grafana/provisioning/dashboards/weir.yaml" })
	void otherFilesAreYaml(String file) throws Exception {
		assertThat(documents(file)).hasSize(1).first().asInstanceOf(InstanceOfAssertFactories.MAP).isNotEmpty();
	}

	@Test
	void prometheusAcceptsItsConfiguration() throws Exception {
		assertRuns(Programs.wanted("prometheus", "promtool"), "check", "config",
				DEPLOY.resolve("prometheus.yml").toAbsolutePath().toString());
	}

	@Test
	void nginxAcceptsItsConfiguration() throws Exception {
		String configuration = Files.readString(DEPLOY.resolve("nginx.conf"))
			.replaceAll("app[12]:8080", "127.0.0.1:8080")
			.replace("/tmp/", this.directory + "/");
		Path file = Files.writeString(this.directory.resolve("nginx.conf"), configuration);
		assertRuns(Programs.needed("nginx-light", "nginx"), "-t", "-e", "stderr", "-p", this.directory.toString(), "-c",
				file.toString(), "-g", "pid " + this.directory.resolve("pid") + ";");
	}

	private static void assertRuns(File program, String... arguments) throws Exception {
		List<String> command = new ArrayList<>(List.of(program.getPath()));
		command.addAll(List.of(arguments));
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes());
		assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).as(output).isZero();
	}

	private static List<Map<String, Object>> documents(String file) throws IOException {
		Iterable<Object> documents = new Yaml().loadAll(Files.readString(DEPLOY.resolve(file)));
		return StreamSupport.stream(documents.spliterator(), false).map(DeploymentTests::map).toList();
	}

	private static <T> T kubernetes(Map<String, Object> document, Class<T> type) {
		return new ObjectMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
			.convertValue(document, type);
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> map(Object value) {
		return (Map<String, Object>) value;
	}

}
