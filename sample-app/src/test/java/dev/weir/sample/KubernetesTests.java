package dev.weir.sample;

import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import dev.weir.sample.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.HTTPIngressPath;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Compares the manifests with the model of Kubernetes, with the rules of this project and
 * with each other.
 */
class KubernetesTests {

	private final Manifests manifests = Manifests.ofTheSample();

	private final Workload sample = this.manifests.workload("weir-sample");

	private final Workload valkey = this.manifests.workload("valkey");

	@Test
	void theManifestsFollowTheRules() {
		assertThat(ManifestPolicy.violations(this.manifests)).isEmpty();
	}

	/**
	 * Breaks the manifests in one place each. {@code \n} in the table is a line end.
	 */
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					runAsNonRoot: true                      | runAsNonRoot: false                | runs without root
					runAsUser: 999                          | runAsUser: 0                       | runs without root
					seccompProfile: { type: RuntimeDefault } | seccompProfile: { type: Unconfined } | has the seccomp profile of the runtime
					automountServiceAccountToken: false     | automountServiceAccountToken: true | has no token of the API
					enableServiceLinks: false               | enableServiceLinks: true           | gets no variables from Services
					enableServiceLinks: false               | hostNetwork: true                  | shares nothing with its node
					secret:\\n            secretName: weir-sample-users\\n            defaultMode: 0440 | hostPath: { path: /etc } | shares nothing with its node
					emptyDir: { sizeLimit: 64Mi }           | emptyDir: {}                       | bounds its temporary files
					matchLabels: { app: valkey }            | matchLabels: { app: redis }        | selects its own pods
					readOnlyRootFilesystem: true            | readOnlyRootFilesystem: false      | has a read-only root file system
					readOnlyRootFilesystem: true            | runAsUser: 0                       | keeps the user of its pod
					allowPrivilegeEscalation: false         | privileged: true                   | gains no privileges
					capabilities: { drop: [ALL] }           | capabilities: { drop: [KILL] }     | drops all capabilities
					capabilities: { drop: [ALL] }           | capabilities: { drop: [ALL], add: [NET_ADMIN] } | drops all capabilities
					httpGet: { path: /actuator/health/readiness, port: management } | tcpSocket: { port: management } | has probes
					exec: { command: [valkey-cli, ping] }   | tcpSocket: { port: redis }         | has probes
					requests: { cpu: 100m, memory: 1Gi }    | requests: { memory: 1Gi }          | requests resources
					limits: { memory: 1Gi }                 | limits: { cpu: 1 }                 | has as much memory as it may use
					limits: { memory: 1Gi }                 | limits: { memory: 2Gi }            | has as much memory as it may use
					image: valkey/valkey:8.1.3              | image: valkey/valkey               | has an image with a version
					image: valkey/valkey:8.1.3              | image: valkey/valkey:latest        | has an image with a version
					valueFrom:\\n                secretKeyRef: { name: weir-redis, key: password } | value: geheim | reads secrets from Secrets
					valueFrom:\\n                secretKeyRef: { name: weir-sample, key: changes-secret } | value: geheim | reads secrets from Secrets
					valueFrom:\\n                secretKeyRef: { name: weir-sample, key: chat-api-key } | value: geheim | reads secrets from Secrets
					- noeviction                            | - noeviction\\n            - --requirepass\\n            - geheim | has no secret among its arguments
					sleep: { seconds: 10 }                  | sleep: { seconds: 1 }              | waits before it stops
					lifecycle:\\n            preStop:        | lifecycle:\\n            postStart: | waits before it stops
					terminationGracePeriodSeconds: 50       | terminationGracePeriodSeconds: 40  | has time to stop
					topologyKey: kubernetes.io/hostname     | topologyKey: example.com/rack      | is spread over nodes
					maxUnavailable: 0                       | maxUnavailable: 1                  | keeps all instances during an update
					kind: PodDisruptionBudget\\nmetadata:\\n  name: weir-sample\\nspec:\\n  maxUnavailable: 1\\n  selector:\\n    matchLabels: { app: weir-sample } | kind: PodDisruptionBudget\\nmetadata:\\n  name: weir-sample\\nspec:\\n  maxUnavailable: 1 | has a disruption budget
					podSelector:\\n    matchLabels: { app: valkey } | podSelector:\\n    matchLabels: { app: redis } | is covered by a network policy
					policyTypes: [Ingress, Egress]          | policyTypes: [Egress]              | is covered by a network policy
					- namespaceSelector:\\n            matchLabels: { kubernetes.io/metadata.name: ingress-nginx } | - namespaceSelector: {} | accepts connections only from named clients
					- from:\\n        - podSelector:\\n            matchLabels: { app: weir-sample }\\n      ports: | - ports: | accepts connections only from named clients
					tls:\\n    - hosts: [weir-sample.example.com]\\n      secretName: weir-sample-tls | defaultBackend: { service: { name: weir-sample, port: { name: http } } } | has TLS
					spec:\\n  selector: { app: valkey }\\n   | spec:\\n  selector: { app: valkey }\\n  type: NodePort\\n | is reachable only inside of the cluster
					""")
	void aBrokenManifestFails(String right, String wrong, String rule) {
		String text = Manifests.text();
		String from = right.replace("\\n", "\n");
		assertThat(text).contains(from);
		Manifests broken = Manifests.parse(text.replace(from, wrong.replace("\\n", "\n")));
		assertThat(ManifestPolicy.violations(broken)).anySatisfy((violation) -> assertThat(violation).endsWith(rule));
	}

	@ParameterizedTest
	@ValueSource(strings = { "readOnlyRootFilesystem", "maxUnavailable", "namespaceSelector", "whenUnsatisfiable",
			"averageUtilization", "pathType", "volumeClaimTemplates" })
	void aMisspeltPropertyFails(String property) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> Manifests.parse(Manifests.text().replace(property, property + "s")))
			.withMessageContaining(property + "s");
	}

	@Test
	void servicesAndIngressesLeadToTheInstancesButNotToTheActuator() {
		assertThat(ports(this.sample)).isEqualTo(Map.of("http", 8080, "management", 8081));
		Service service = service("weir-sample");
		assertThat(service.getSpec().getSelector()).isEqualTo(this.sample.labels());
		assertThat(service.getSpec().getPorts()).singleElement()
			.satisfies((port) -> assertThat(port.getTargetPort().getStrVal()).isEqualTo("http"));
		for (Ingress ingress : this.manifests.of(Ingress.class)) {
			HTTPIngressPath path = ingress.getSpec().getRules().get(0).getHttp().getPaths().get(0);
			assertThat(path.getPath()).startsWith("/api/");
			assertThat(path.getBackend().getService().getName()).isEqualTo("weir-sample");
			assertThat(path.getBackend().getService().getPort().getName()).isEqualTo("http");
			// Both lead to one host, and differ only in buffering and in the time-out.
			assertThat(ingress.getSpec().getTls().get(0).getHosts())
				.containsExactly(ingress.getSpec().getRules().get(0).getHost());
			assertThat(ingress.getMetadata().getAnnotations())
				.containsEntry("nginx.ingress.kubernetes.io/proxy-body-size", "2m")
				.containsEntry("nginx.ingress.kubernetes.io/proxy-buffering",
						path.getPath().equals("/api/chat") ? "off" : "on");
		}
		assertThat(this.manifests.of(Ingress.class)).hasSize(2);
	}

	@Test
	void networkPoliciesAllowOnlyTheExpectedClients() {
		assertThat(clients("weir-sample")).containsExactlyInAnyOrder(
				"{kubernetes.io/metadata.name=ingress-nginx} -> http",
				"{kubernetes.io/metadata.name=monitoring} -> management");
		assertThat(clients("valkey")).containsExactly(this.sample.labels() + " -> redis");
		assertThat(this.valkey.container().getPorts()).extracting(ContainerPort::getName).containsExactly("redis");
	}

	@Test
	void theInstancesFindValkey() {
		assertThat(variable("SPRING_DATA_REDIS_HOST").getValue()).isEqualTo("valkey");
		assertThat(service("valkey").getSpec().getSelector()).isEqualTo(this.valkey.labels());
		assertThat(service("valkey").getSpec().getPorts().get(0).getPort()).isEqualTo(6379);
		// The instances and Valkey read the same Secret.
		assertThat(variable("SPRING_DATA_REDIS_PASSWORD").getValueFrom().getSecretKeyRef().getName())
			.isEqualTo("weir-redis");
		assertThat(this.valkey.template().getSpec().getVolumes()).extracting(Volume::getName).contains("users");
		assertThat(this.valkey.template().getSpec().getVolumes().get(0).getSecret().getSecretName())
			.isEqualTo("weir-redis");
	}

	@Test
	void valkeyKeepsItsDataAndHasMemoryForARewrite() {
		List<String> arguments = this.valkey.container().getArgs();
		assertThat(arguments).containsSubsequence("--appendonly", "yes", "--appendfsync", "everysec")
			.containsSubsequence("--maxmemory", "512mb")
			.containsSubsequence("--maxmemory-policy", "noeviction")
			.containsSubsequence("--aclfile", "/etc/valkey/users.acl");
		assertThat(this.valkey.container().getVolumeMounts())
			.anySatisfy((mount) -> assertThat(mount.getMountPath()).isEqualTo("/data"));
		assertThat(this.valkey.claims()).hasSize(1);
		assertThat(ManifestPolicy.bytes(this.valkey.container().getResources().getLimits().get("memory")))
			.isGreaterThanOrEqualTo(2 * 512 * 1024 * 1024L);
		assertThat(
				ManifestPolicy.bytes(this.valkey.claims().get(0).getSpec().getResources().getRequests().get("storage")))
			.isGreaterThanOrEqualTo(3 * 512 * 1024 * 1024L);
	}

	@Test
	void theReadmeCreatesTheSecretsThatTheManifestsRead() throws Exception {
		String readme = Files.readString(Manifests.DIRECTORY.resolve("README.md"));
		Set<String> used = new TreeSet<>();
		for (Workload workload : this.manifests.workloads()) {
			for (EnvVar variable : workload.container().getEnv()) {
				if (variable.getValueFrom() != null) {
					used.add(variable.getValueFrom().getSecretKeyRef().getName());
					assertThat(readme).contains(variable.getValueFrom().getSecretKeyRef().getKey() + "=");
				}
			}
			for (Volume volume : workload.template().getSpec().getVolumes()) {
				if (volume.getSecret() != null) {
					used.add(volume.getSecret().getSecretName());
				}
			}
		}
		assertThat(used).containsExactly("weir-redis", "weir-sample", "weir-sample-users")
			.allSatisfy((name) -> assertThat(readme).contains("kubectl create secret generic " + name + " "));
	}

	@Test
	void theAutoscalerStartsAtTheNumberOfInstances() {
		HorizontalPodAutoscaler autoscaler = this.manifests.of(HorizontalPodAutoscaler.class).get(0);
		assertThat(autoscaler.getSpec().getScaleTargetRef().getName()).isEqualTo("weir-sample");
		assertThat(autoscaler.getSpec().getMinReplicas()).isEqualTo(2);
	}

	@Test
	void thePodMonitorReadsTheMetricsOfTheInstances() {
		Map<?, ?> monitor = this.manifests.of(Map.class).get(0);
		assertThat(monitor.keySet()).isEqualTo(Set.of("apiVersion", "kind", "metadata", "spec"));
		assertThat(monitor.get("apiVersion")).isEqualTo("monitoring.coreos.com/v1");
		Map<?, ?> spec = (Map<?, ?>) monitor.get("spec");
		assertThat(spec.keySet()).isEqualTo(Set.of("jobLabel", "selector", "podMetricsEndpoints"));
		assertThat(spec.get("selector")).isEqualTo(Map.of("matchLabels", this.sample.labels()));
		// Prometheus uses the value of this label as the job of the dashboard and the
		// rules.
		assertThat(this.sample.labels()).containsEntry(spec.get("jobLabel").toString(), "weir-sample");
		assertThat((List<?>) spec.get("podMetricsEndpoints")).singleElement()
			.isEqualTo(Map.of("port", "management", "path", "/actuator/prometheus", "interval", "15s", "scrapeTimeout",
					"5s"));
	}

	private static Map<String, Integer> ports(Workload workload) {
		return workload.container()
			.getPorts()
			.stream()
			.collect(Collectors.toMap(ContainerPort::getName, ContainerPort::getContainerPort));
	}

	private Service service(String name) {
		return this.manifests.of(Service.class)
			.stream()
			.filter((service) -> service.getMetadata().getName().equals(name))
			.findFirst()
			.orElseThrow();
	}

	private EnvVar variable(String name) {
		Container container = this.sample.container();
		return container.getEnv()
			.stream()
			.filter((variable) -> variable.getName().equals(name))
			.findFirst()
			.orElseThrow();
	}

	private List<String> clients(String name) {
		NetworkPolicy policy = this.manifests.of(NetworkPolicy.class)
			.stream()
			.filter((candidate) -> candidate.getMetadata().getName().equals(name))
			.findFirst()
			.orElseThrow();
		return policy.getSpec().getIngress().stream().map(KubernetesTests::client).toList();
	}

	private static String client(NetworkPolicyIngressRule rule) {
		assertThat(rule.getFrom()).hasSize(1);
		assertThat(rule.getPorts()).hasSize(1);
		Object labels = (rule.getFrom().get(0).getPodSelector() != null)
				? rule.getFrom().get(0).getPodSelector().getMatchLabels()
				: rule.getFrom().get(0).getNamespaceSelector().getMatchLabels();
		return labels + " -> " + rule.getPorts().get(0).getPort().getStrVal();
	}

}
