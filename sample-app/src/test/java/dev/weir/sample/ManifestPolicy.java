package dev.weir.sample;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.weir.sample.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;

/**
 * The rules of this project for manifests. The result names each violated rule and the
 * workload.
 */
final class ManifestPolicy {

	private static final Pattern SECRET = Pattern.compile("PASSWORD|SECRET|KEY|TOKEN|CREDENTIAL");

	/** An image with a version, and a digest if there is one. */
	private static final Pattern IMAGE = Pattern
		.compile("[a-z0-9./-]+(:[0-9]+/[a-z0-9./-]+)?:v?[0-9][\\w.-]*" + "(@sha256:[0-9a-f]{64})?");

	/**
	 * Time that running requests have to end:
	 * spring.lifecycle.timeout-per-shutdown-phase.
	 */
	private static final long SHUTDOWN_SECONDS = 30;

	private static final Map<String, Predicate<Workload>> WORKLOAD_RULES = new LinkedHashMap<>();

	private static final Map<String, Predicate<Container>> CONTAINER_RULES = new LinkedHashMap<>();

	static {
		WORKLOAD_RULES.put("runs without root",
				(workload) -> Boolean.TRUE.equals(pod(workload).getSecurityContext().getRunAsNonRoot())
						&& pod(workload).getSecurityContext().getRunAsUser() > 0);
		WORKLOAD_RULES.put("has the seccomp profile of the runtime",
				(workload) -> isRuntimeDefault(pod(workload).getSecurityContext().getSeccompProfile()));
		WORKLOAD_RULES.put("has no token of the API",
				(workload) -> Boolean.FALSE.equals(pod(workload).getAutomountServiceAccountToken()));
		WORKLOAD_RULES.put("gets no variables from Services",
				(workload) -> Boolean.FALSE.equals(pod(workload).getEnableServiceLinks()));
		WORKLOAD_RULES.put("shares nothing with its node", ManifestPolicy::isSeparateFromNode);
		WORKLOAD_RULES.put("bounds its temporary files",
				(workload) -> pod(workload).getVolumes()
					.stream()
					.map(Volume::getEmptyDir)
					.allMatch((directory) -> directory == null || directory.getSizeLimit() != null));
		WORKLOAD_RULES.put("selects its own pods",
				(workload) -> workload.selector().getMatchLabels().equals(workload.labels()));
		CONTAINER_RULES.put("has a read-only root file system",
				(container) -> Boolean.TRUE.equals(security(container).getReadOnlyRootFilesystem()));
		CONTAINER_RULES.put("gains no privileges",
				(container) -> Boolean.FALSE.equals(security(container).getAllowPrivilegeEscalation())
						&& !Boolean.TRUE.equals(security(container).getPrivileged()));
		CONTAINER_RULES.put("drops all capabilities",
				(container) -> security(container).getCapabilities() != null
						&& List.of("ALL").equals(security(container).getCapabilities().getDrop())
						&& security(container).getCapabilities().getAdd().isEmpty());
		CONTAINER_RULES.put("keeps the user of its pod", (container) -> security(container).getRunAsUser() == null
				&& security(container).getRunAsNonRoot() == null && security(container).getSeccompProfile() == null);
		CONTAINER_RULES.put("has probes",
				(container) -> Stream
					.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe())
					.allMatch(ManifestPolicy::asks));
		CONTAINER_RULES.put("requests resources", (container) -> container.getResources() != null
				&& container.getResources().getRequests().keySet().containsAll(List.of("cpu", "memory")));
		CONTAINER_RULES.put("has as much memory as it may use",
				(container) -> container.getResources() != null
						&& container.getResources().getLimits().get("memory") != null
						&& container.getResources()
							.getLimits()
							.get("memory")
							.equals(container.getResources().getRequests().get("memory")));
		CONTAINER_RULES.put("has an image with a version",
				(container) -> IMAGE.matcher(container.getImage()).matches());
		CONTAINER_RULES.put("reads secrets from Secrets",
				(container) -> container.getEnv()
					.stream()
					.filter((variable) -> SECRET.matcher(variable.getName()).find())
					.allMatch((variable) -> variable.getValue() == null && variable.getValueFrom() != null
							&& variable.getValueFrom().getSecretKeyRef() != null));
		CONTAINER_RULES.put("has no secret among its arguments",
				(container) -> Stream.concat(container.getArgs().stream(), container.getCommand().stream())
					.noneMatch((argument) -> argument.matches("(?i).*(requirepass|masterauth|password).*")));
	}

	private ManifestPolicy() {
	}

	/**
	 * Returns the violations of the rules.
	 * @param manifests the manifests
	 * @return the violations, empty if there are none
	 */
	static List<String> violations(Manifests manifests) {
		List<String> violations = new ArrayList<>();
		BiConsumer<String, String> report = (name, rule) -> violations.add(name + " " + rule);
		for (Workload workload : manifests.workloads()) {
			check(workload.name(), workload, WORKLOAD_RULES, report);
			for (Container container : Stream
				.concat(pod(workload).getContainers().stream(), pod(workload).getInitContainers().stream())
				.toList()) {
				check(workload.name(), container, CONTAINER_RULES, report);
			}
			if (policiesOf(manifests, workload).isEmpty()) {
				report.accept(workload.name(), "is covered by a network policy");
			}
			else if (!policiesOf(manifests, workload).stream().allMatch(ManifestPolicy::namesItsClients)) {
				report.accept(workload.name(), "accepts connections only from named clients");
			}
		}
		manifests.of(Deployment.class).forEach((deployment) -> deployment(deployment, manifests, report));
		for (Ingress ingress : manifests.of(Ingress.class)) {
			if (ingress.getSpec().getTls().isEmpty()) {
				report.accept(ingress.getMetadata().getName(), "has TLS");
			}
		}
		for (Service service : manifests.of(Service.class)) {
			if (!List.of("ClusterIP")
				.contains((service.getSpec().getType() != null) ? service.getSpec().getType() : "ClusterIP")) {
				report.accept(service.getMetadata().getName(), "is reachable only inside of the cluster");
			}
		}
		return violations;
	}

	private static <T> void check(String name, T subject, Map<String, Predicate<T>> rules,
			BiConsumer<String, String> report) {
		rules.forEach((rule, predicate) -> {
			if (!predicate.test(subject)) {
				report.accept(name, rule);
			}
		});
	}

	/**
	 * Checks a deployment, whose pods can be replaced while others answer.
	 */
	private static void deployment(Deployment deployment, Manifests manifests, BiConsumer<String, String> report) {
		String name = deployment.getMetadata().getName();
		Workload workload = manifests.workload(name);
		Container container = workload.container();
		long preStop = preStopSeconds(container);
		if (preStop < 5) {
			report.accept(name, "waits before it stops");
		}
		if (pod(workload).getTerminationGracePeriodSeconds() == null
				|| pod(workload).getTerminationGracePeriodSeconds() < preStop + SHUTDOWN_SECONDS + 5) {
			report.accept(name, "has time to stop");
		}
		if (pod(workload).getTopologySpreadConstraints()
			.stream()
			.noneMatch((spread) -> spread.getTopologyKey().equals("kubernetes.io/hostname")
					&& selects(spread.getLabelSelector(), workload))) {
			report.accept(name, "is spread over nodes");
		}
		if (deployment.getSpec().getStrategy() == null || deployment.getSpec().getStrategy().getRollingUpdate() == null
				|| !Integer.valueOf(0)
					.equals(deployment.getSpec().getStrategy().getRollingUpdate().getMaxUnavailable().getIntVal())) {
			report.accept(name, "keeps all instances during an update");
		}
		if (manifests.of(PodDisruptionBudget.class)
			.stream()
			.noneMatch((budget) -> selects(budget.getSpec().getSelector(), workload))) {
			report.accept(name, "has a disruption budget");
		}
	}

	private static long preStopSeconds(Container container) {
		if (container.getLifecycle() == null || container.getLifecycle().getPreStop() == null
				|| container.getLifecycle().getPreStop().getSleep() == null) {
			return 0;
		}
		return container.getLifecycle().getPreStop().getSleep().getSeconds();
	}

	private static List<NetworkPolicy> policiesOf(Manifests manifests, Workload workload) {
		return manifests.of(NetworkPolicy.class)
			.stream()
			.filter((policy) -> policy.getSpec().getPolicyTypes().contains("Ingress")
					&& selects(policy.getSpec().getPodSelector(), workload))
			.toList();
	}

	private static boolean namesItsClients(NetworkPolicy policy) {
		// A rule without clients or without ports would allow all of them.
		return policy.getSpec()
			.getIngress()
			.stream()
			.allMatch((rule) -> !rule.getFrom().isEmpty() && !rule.getPorts().isEmpty()
					&& rule.getFrom()
						.stream()
						.allMatch((from) -> isNarrow(from.getPodSelector()) || isNarrow(from.getNamespaceSelector())));
	}

	private static boolean isNarrow(LabelSelector selector) {
		return selector != null && !selector.getMatchLabels().isEmpty();
	}

	private static boolean selects(LabelSelector selector, Workload workload) {
		return isNarrow(selector) && workload.labels().entrySet().containsAll(selector.getMatchLabels().entrySet());
	}

	private static boolean isSeparateFromNode(Workload workload) {
		PodSpec pod = pod(workload);
		return Stream.of(pod.getHostNetwork(), pod.getHostPID(), pod.getHostIPC()).noneMatch(Boolean.TRUE::equals)
				&& pod.getVolumes().stream().allMatch((volume) -> volume.getHostPath() == null);
	}

	private static boolean isRuntimeDefault(SeccompProfile profile) {
		return profile != null && "RuntimeDefault".equals(profile.getType());
	}

	private static boolean asks(Probe probe) {
		return probe != null && (probe.getHttpGet() != null || probe.getExec() != null);
	}

	private static PodSpec pod(Workload workload) {
		return workload.template().getSpec();
	}

	private static SecurityContext security(Container container) {
		return (container.getSecurityContext() != null) ? container.getSecurityContext() : new SecurityContext();
	}

	/**
	 * Returns the number of bytes.
	 * @param quantity a quantity of memory
	 * @return the number
	 */
	static long bytes(Quantity quantity) {
		return Quantity.getAmountInBytes(quantity).longValueExact();
	}

}
