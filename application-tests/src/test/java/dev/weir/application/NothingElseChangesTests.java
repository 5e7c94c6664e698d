package dev.weir.application;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import dev.weir.embeddedredis.RedisServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the starter adds only Weir's beans to an application. All other beans keep
 * their names and types, including the cache manager and the connection factory. The
 * application logs no new warnings.
 */
@Timeout(120)
class NothingElseChangesTests {

	/** Longer than any machine stalls: the first call loads many classes. */
	private static final String PATIENCE = "--weir.redis.timeout=20s";

	private static ClassPaths paths;

	private static RedisServer redis;

	@BeforeAll
	static void start() throws IOException {
		paths = ClassPaths.read(Path.of(".."));
		redis = RedisServer.start();
	}

	@AfterAll
	static void stop() {
		redis.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring-boot-starter-webmvc",
			"spring-boot-starter-webmvc spring-boot-starter-cache caffeine cache-api" })
	void addsOnlyWeirBeansToCommonApplications(String artifacts) throws Exception {
		assertAddsOnlyWeirBeans(artifacts);
	}

	@Tag("long")
	@ParameterizedTest
	@ValueSource(strings = { "spring-boot-starter", "spring-boot-starter-webflux spring-boot-starter-tomcat",
			"spring-boot-starter-webmvc spring-boot-starter-actuator",
			"spring-boot-starter-webmvc spring-boot-starter-aspectj", "spring-boot-starter-cache",
			"spring-boot-starter-cache caffeine", "spring-boot-starter-cache ehcache",
			"spring-boot-starter-cache spring-boot-starter-data-redis", "spring-boot-starter-webmvc caffeine",
			"spring-boot-starter-data-jpa spring-boot-starter-validation h2",
			"spring-boot-starter-webmvc spring-boot-starter-data-redis",
			"spring-boot-starter-webmvc spring-boot-starter-session-data-redis",
			"spring-boot-starter-webmvc spring-boot-starter-security",
			"spring-boot-starter-webmvc spring-boot-starter-validation", "spring-boot-starter-quartz",
			"spring-boot-starter-webmvc spring-boot-starter-data-jpa h2 spring-boot-starter-cache caffeine cache-api "
					+ "spring-boot-starter-security spring-boot-starter-validation spring-boot-starter-actuator" })
	void addsOnlyWeirBeansToOtherApplications(String artifacts) throws Exception {
		assertAddsOnlyWeirBeans(artifacts);
	}

	@Test
	void starterAloneGuardsMethodsOnRedis() throws Exception {
		List<Path> classPath = paths.ofWeir();
		assertThat(IsolatedApplication
			.<String>run(classPath, "call", List.of(GuardedBean.class.getName(), "key"),
					"--spring.data.redis.url=" + redis.uri(), PATIENCE)
			.result()).isEqualTo("weir:permit");
	}

	@Test
	void onLettuceTheStarterNeedsNoRedisson() throws Exception {
		List<Path> own = paths.of(List.of("spring-boot-starter-data-redis"));
		List<Path> classPath = paths.withWeirOnLettuce(own);
		assertThat(classPath).noneMatch((file) -> file.toString().contains("redisson"))
			.filteredOn((file) -> !own.contains(file))
			.extracting(ClassPaths::artifact)
			.containsExactlyInAnyOrder("weir-spring-boot-autoconfigure", "bucket4j_jdk17-core");
		IsolatedApplication<String> application = IsolatedApplication.run(classPath, "call",
				List.of(GuardedBean.class.getName(), "key"), "--spring.data.redis.url=" + redis.uri(), PATIENCE);
		assertThat(application.result()).isEqualTo("weir:permit");
		assertThat(application.warnings()).isEmpty();
	}

	@Test
	void warnsWebFluxApplicationsAboutMissingFeatures() throws Exception {
		List<Path> own = paths.of(List.of("spring-boot-starter-webflux", "spring-boot-starter-tomcat"));
		assertThat(IsolatedApplication
			.<String>run(paths.withWeir(own), "call", List.of(LimitedHandler.class.getName(), "answer"),
					"--weir.store=local", "--weir.rate-limit.rules[0].name=files",
					"--weir.rate-limit.rules[0].path=/files/**", "--weir.rate-limit.rules[0].limit=20/1m")
			.warnings()).hasSize(2)
			.anyMatch((line) -> line.contains("The rules [files] of 'weir.rate-limit.rules' have no effect"))
			.anyMatch((line) -> line.contains("Guarded handler methods: [LimitedHandler.answer]"));
	}

	@Test
	void jCacheProviderOfTheApplicationStaysTheOnlyOne() throws Exception {
		List<Path> own = paths.of(List.of("spring-boot-starter-cache", "ehcache"));
		assertThat(providers(own)).isEqualTo("[org.ehcache.jsr107.EhcacheCachingProvider]");
		assertThat(providers(paths.withWeir(own))).isEqualTo(providers(own));
	}

	private static String providers(List<Path> classPath) throws Exception {
		List<String> call = List.of(CachingBean.class.getName(), "providers");
		return IsolatedApplication.<String>run(classPath, "call", call).result();
	}

	private static void assertAddsOnlyWeirBeans(String artifacts) throws Exception {
		List<Path> own = paths.of(Arrays.asList(artifacts.split(" ")));
		String url = "--spring.data.redis.url=" + redis.uri();
		IsolatedApplication<Map<String, String>> without = IsolatedApplication.run(own, "beans", List.of(), url);
		IsolatedApplication<Map<String, String>> with = IsolatedApplication.run(paths.withWeir(own), "beans", List.of(),
				url);
		assertThat(without.result().entrySet()).as("beans that the starter changes")
			.filteredOn((bean) -> !bean.getValue().equals(with.result().get(bean.getKey())))
			.isEmpty();
		assertThat(with.result().keySet()).as("beans that are not Weir's")
			.filteredOn((name) -> !without.result().containsKey(name))
			.allMatch((name) -> name.startsWith("weir") || name.startsWith("dev.weir."));
		assertThat(with.result().keySet()).as("Weir's beans").contains("weirLeaseManager", "weirRateLimiter");
		assertThat(with.warnings()).isEqualTo(without.warnings());
	}

}
