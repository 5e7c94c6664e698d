package dev.weir.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.fabric8.kubernetes.api.model.EnvVar;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares {@code compose.yaml} with rules, with the files that it uses, and with the
 * manifests for Kubernetes.
 */
class DeploymentTests {

	private static final Path DEPLOY = Path.of("deploy");

	private static final Pattern SECRET = Pattern.compile("PASSWORD|SECRET|KEY|TOKEN|USERS_");

	/** A variable without a default. */
	private static final Pattern REQUIRED = Pattern.compile("\\$\\{[A-Z_]+:\\?[^}]+}");

	private final Map<String, Map<String, Object>> services = services();

	@Test
	void eachContainerIsRestricted() {
		assertThat(this.services.keySet()).containsExactlyInAnyOrder("valkey", "app", "nginx", "prometheus", "grafana");
		assertThat(this.services).allSatisfy((name, service) -> assertThat(service).as(name)
			.containsEntry("read_only", true)
			.containsEntry("cap_drop", List.of("ALL"))
			.containsEntry("security_opt", List.of("no-new-privileges:true"))
			.containsKey("mem_limit")
			.doesNotContainKeys("privileged", "cap_add", "network_mode", "pid"));
	}

	@Test
	void eachImageHasAVersion() throws Exception {
		assertThat(this.services.values()).allSatisfy(
				(service) -> assertThat(service.get("image").toString()).matches("[a-z0-9./-]+:v?[0-9][\\w.-]*"));
		String version = Files.readString(Path.of("pom.xml")).replaceAll("(?s).*?<version>(.*?)</version>.*", "$1");
		assertThat(this.services.get("app")).containsEntry("image", "weir-sample-app:" + version);
		assertThat(Manifests.ofTheSample().workload("weir-sample").container().getImage())
			.isEqualTo("weir-sample-app:" + version);
		assertThat(Manifests.ofTheSample().workload("valkey").container().getImage())
			.isEqualTo(this.services.get("valkey").get("image"));
	}

	@Test
	void portsArePublishedOnLoopbackOnly() {
		assertThat(this.services.values()).flatExtracting((service) -> list(service, "ports"))
			.hasSize(3)
			.allSatisfy((port) -> assertThat(port.toString()).startsWith("127.0.0.1:"));
	}

	@Test
	void passwordsComeFromOutside() throws Exception {
		for (Map<String, Object> service : this.services.values()) {
			environment(service).forEach((name, value) -> {
				if (SECRET.matcher(name.toString()).find()) {
					assertThat(value.toString()).as(name.toString()).matches(REQUIRED);
				}
			});
		}
		assertThat(DEPLOY.resolve(".env")).doesNotExist();
		assertThat(Files.readString(DEPLOY.resolve(".gitignore"))).contains(".env");
		// The comment in the file creates all variables without a default.
		String text = Files.readString(DEPLOY.resolve("compose.yaml"));
		Set<String> required = Pattern.compile("\\$\\{([A-Z_]+):\\?")
			.matcher(text)
			.results()
			.map((variable) -> variable.group(1))
			.collect(Collectors.toSet());
		assertThat(required).isNotEmpty()
			.allSatisfy((variable) -> assertThat(text).contains("echo \"" + variable + "="));
		assertThat(environment(this.services.get("grafana")).keySet().toString()).doesNotContain("ANONYMOUS");
	}

	@Test
	void theInstancesHaveTheVariablesOfTheManifest() {
		Set<String> expected = Manifests.ofTheSample()
			.workload("weir-sample")
			.container()
			.getEnv()
			.stream()
			.map(EnvVar::getName)
			.collect(Collectors.toCollection(HashSet::new));
		// The users are variables here and files there.
		expected.remove("SPRING_CONFIG_IMPORT");
		expected.addAll(Set.of("SAMPLE_SECURITY_OPERATORS", "SAMPLE_SECURITY_USERS_OPERATOR"));
		assertThat(environment(this.services.get("app")).keySet()).isEqualTo(expected);
	}

	@Test
	void theFilesReferToEachOther() throws Exception {
		assertThat(Files.readString(DEPLOY.resolve("nginx.conf"))).contains("set $instances app:8080;", "listen 8080;");
		Object port = environment(this.services.get("app")).get("MANAGEMENT_SERVER_PORT");
		assertThat(Files.readString(DEPLOY.resolve("prometheus.yml"))).contains("names: [app]", "port: " + port);
		assertThat(this.services.get("app").get("healthcheck").toString()).contains("127.0.0.1/" + port);
		for (Map<String, Object> service : this.services.values()) {
			for (Object volume : list(service, "volumes")) {
				String source = volume.toString().split(":")[0];
				if (source.startsWith("./")) {
					assertThat(DEPLOY.resolve(source)).exists();
				}
				else {
					assertThat(((Map<?, ?>) compose().get("volumes")).containsKey(source)).as(source).isTrue();
				}
			}
		}
	}

	@Test
	void nginxAndPrometheusCannotReachValkey() {
		assertThat(list(this.services.get("valkey"), "networks")).isEqualTo(List.of("data"));
		assertThat(list(this.services.get("app"), "networks")).isEqualTo(List.of("data", "default"));
		assertThat(this.services.get("nginx")).doesNotContainKey("networks");
	}

	static Map<String, Map<String, Object>> services() {
		return ((Map<?, ?>) compose().get("services")).entrySet()
			.stream()
			.collect(Collectors.toMap((service) -> service.getKey().toString(), (service) -> map(service.getValue())));
	}

	private static Map<?, ?> compose() {
		try {
			return new Yaml().load(Files.readString(DEPLOY.resolve("compose.yaml")));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Map<?, ?> environment(Map<String, Object> service) {
		return (Map<?, ?>) service.getOrDefault("environment", Map.of());
	}

	private static List<?> list(Map<String, Object> service, String name) {
		return (List<?>) service.getOrDefault(name, List.of());
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> map(Object value) {
		return (Map<String, Object>) value;
	}

}
