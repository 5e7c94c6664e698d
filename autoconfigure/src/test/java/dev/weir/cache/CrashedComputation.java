package dev.weir.cache;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * An instance in a JVM of its own for {@link CrashedComputationTests}: it computes an
 * entry for ever.
 */
public final class CrashedComputation {

	private CrashedComputation() {
	}

	/**
	 * Starts an instance.
	 * @param uri the address of Redis
	 * @return the instance
	 */
	static ConfigurableApplicationContext start(String uri) {
		return new SpringApplicationBuilder(SingleFlightCacheTests.Application.class).web(WebApplicationType.NONE)
			.properties("spring.data.redis.url=" + uri, "weir.redis.timeout=20s",
					"weir.lease.ttl=" + CrashedComputationTests.TTL.toSeconds() + "s",
					"weir.cache.single-flight=shared")
			.run();
	}

	/**
	 * Runs the instance.
	 * @param args the address of Redis
	 */
	public static void main(String[] args) {
		SingleFlightCacheTests.cache(start(args[0]), "shared", "shared").get("key", () -> {
			System.out.println("COMPUTES");
			Thread.currentThread().join();
			return "never";
		});
	}

}
