package dev.weir.application;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipFile;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests which libraries the starter adds to {@code spring-boot-starter}. A new library
 * needs a reason, because it is on the class path of every application that uses Weir.
 */
class StarterDependenciesTests {

	@Test
	void starterAddsFewLibraries() throws IOException {
		List<String> own = ClassPaths.read(Path.of(".."))
			.of(List.of("spring-boot-starter"))
			.stream()
			.map(ClassPaths::artifact)
			.toList();
		assertThat(ClassPaths.read(Path.of("..")).ofWeir()).extracting(ClassPaths::artifact)
			.filteredOn((artifact) -> !own.contains(artifact))
			.containsExactlyInAnyOrder("weir-spring-boot-autoconfigure", "bucket4j_jdk17-core", "redisson",
					"spring-boot-data-redis", "netty-buffer", "netty-codec-base", "netty-codec-dns", "netty-common",
					"netty-handler", "netty-resolver", "netty-resolver-dns", "netty-transport",
					"netty-transport-native-unix-common");
	}

	@Test
	void noServiceProviderOfTheseLibrariesTakesEffect() throws IOException {
		List<String> services = new ArrayList<>();
		for (Path file : ClassPaths.read(Path.of("..")).ofWeir()) {
			if (ClassPaths.artifact(file).matches("redisson|netty.*|bucket4j.*|spring-boot-data-redis")) {
				try (ZipFile zip = new ZipFile(file.toFile())) {
					zip.stream()
						.map((entry) -> entry.getName())
						.filter((name) -> name.matches("META-INF/services/.+"))
						.map((name) -> name.substring("META-INF/services/".length()))
						.forEach(services::add);
				}
			}
		}
		// BlockHound, a tool for tests, loads its integrations itself. Weir hides the
		// provider of Redisson, see NothingElseChangesTests.
		assertThat(services).containsOnly("reactor.blockhound.integration.BlockHoundIntegration",
				"javax.cache.spi.CachingProvider");
	}

}
