package dev.weir.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.util.ClassUtils;

/**
 * All auto-configurations of Weir, and those of Spring Boot that a test adds.
 */
final class AllAutoConfigurations {

	private AllAutoConfigurations() {
	}

	static Class<?>[] with(Class<?>... others) {
		List<Class<?>> all = new ArrayList<>(List.of(others));
		ClassLoader loader = AllAutoConfigurations.class.getClassLoader();
		Stream<String> names = ImportCandidates.load(AutoConfiguration.class, loader).getCandidates().stream();
		names.filter((name) -> name.startsWith("dev.weir."))
			.forEach((name) -> all.add(ClassUtils.resolveClassName(name, loader)));
		return all.toArray(Class<?>[]::new);
	}

}
