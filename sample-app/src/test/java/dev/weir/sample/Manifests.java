package dev.weir.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import org.yaml.snakeyaml.Yaml;

/**
 * The manifests for Kubernetes. A property that the model of Kubernetes does not have is
 * an error.
 *
 * @param all the manifests, as instances of the model; those without a model as maps
 */
record Manifests(List<Object> all) {

	static final Path DIRECTORY = Path.of("deploy", "kubernetes");

	/** Kinds of resources whose models are not part of Kubernetes. */
	private static final List<String> WITHOUT_MODEL = List.of("PodMonitor");

	private static final Map<String, Class<?>> MODELS = Map.of("apps/v1 Deployment", Deployment.class,
			"apps/v1 StatefulSet", StatefulSet.class, "v1 Service", Service.class, "policy/v1 PodDisruptionBudget",
			PodDisruptionBudget.class, "networking.k8s.io/v1 NetworkPolicy", NetworkPolicy.class,
			"networking.k8s.io/v1 Ingress", Ingress.class, "autoscaling/v2 HorizontalPodAutoscaler",
			HorizontalPodAutoscaler.class);

	private static final ObjectMapper MAPPER = new ObjectMapper()
		.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
		.setAnnotationIntrospector(new KnownProperties());

	/**
	 * Reads the manifests of a text.
	 * @param yaml the text
	 * @return the manifests
	 * @throws IllegalArgumentException if a manifest does not fit its model
	 */
	static Manifests parse(String yaml) {
		List<Object> all = new ArrayList<>();
		for (Object document : new Yaml().loadAll(yaml)) {
			all.add(read((Map<?, ?>) document));
		}
		return new Manifests(all);
	}

	private static Object read(Map<?, ?> document) {
		if (WITHOUT_MODEL.contains(document.get("kind"))) {
			return document;
		}
		String kind = document.get("apiVersion") + " " + document.get("kind");
		Class<?> model = MODELS.get(kind);
		if (model == null) {
			throw new IllegalArgumentException("There is no model of " + kind);
		}
		return MAPPER.convertValue(document, model);
	}

	/**
	 * Returns the text of all files.
	 * @return the text
	 */
	static String text() {
		try (Stream<Path> files = Files.walk(DIRECTORY)) {
			return String.join("\n---\n",
					files.filter((file) -> file.toString().endsWith(".yaml")).sorted().map(Manifests::read).toList());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static Manifests ofTheSample() {
		return parse(text());
	}

	<T> List<T> of(Class<T> type) {
		return this.all.stream().filter(type::isInstance).map(type::cast).toList();
	}

	/**
	 * Returns the workloads.
	 * @return the workloads
	 */
	List<Workload> workloads() {
		return Stream.concat(
				of(Deployment.class).stream()
					.map((deployment) -> new Workload(deployment.getMetadata().getName(),
							deployment.getSpec().getSelector(), deployment.getSpec().getTemplate(), List.of())),
				of(StatefulSet.class).stream()
					.map((set) -> new Workload(set.getMetadata().getName(), set.getSpec().getSelector(),
							set.getSpec().getTemplate(), set.getSpec().getVolumeClaimTemplates())))
			.toList();
	}

	/**
	 * Returns a workload.
	 * @param name its name
	 * @return the workload
	 */
	Workload workload(String name) {
		return workloads().stream().filter((workload) -> workload.name().equals(name)).findFirst().orElseThrow();
	}

	/**
	 * A workload.
	 *
	 * @param name its name
	 * @param selector the selector of its pods
	 * @param template the template of its pods
	 * @param claims the templates of its volumes
	 */
	record Workload(String name, LabelSelector selector, PodTemplateSpec template, List<PersistentVolumeClaim> claims) {

		Container container() {
			return this.template.getSpec().getContainers().get(0);
		}

		Map<String, String> labels() {
			return this.template.getMetadata().getLabels();
		}

	}

	/**
	 * Ignores the method of each model that accepts all unknown properties.
	 */
	private static final class KnownProperties extends JacksonAnnotationIntrospector {

		@Override
		public Boolean hasAnySetter(Annotated annotated) {
			return Boolean.FALSE;
		}

	}

}
