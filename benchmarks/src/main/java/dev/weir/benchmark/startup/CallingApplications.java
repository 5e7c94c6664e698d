package dev.weir.benchmark.startup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import dev.weir.application.ClassPaths;

/**
 * Applications that take a lock when they have started, each with another library. They
 * print what they measure, and end when their input ends.
 */
final class CallingApplications {

	private static final String MAIN = """
			package app;

			import java.util.concurrent.Executors;
			import java.util.concurrent.TimeUnit;
			import java.util.stream.IntStream;

			@org.springframework.boot.autoconfigure.SpringBootApplication
			public class Application {

				public static void main(String[] args) throws Exception {
					var context = org.springframework.boot.SpringApplication.run(Application.class, args);
					Locked locked = context.getBean(Locked.class);
					long begin = System.nanoTime();
					locked.call("first");
					System.out.println("FIRST " + (System.nanoTime() - begin));
					int keys = Integer.parseInt(context.getEnvironment().getProperty("keys", "0"));
					if (keys > 0) {
						var threads = Executors.newFixedThreadPool(8);
						for (int thread = 0; thread < 8; thread++) {
							int number = thread;
							threads.submit(() -> IntStream.range(0, keys / 8)
								.forEach((key) -> locked.call(number + ":" + key)));
						}
						threads.shutdown();
						threads.awaitTermination(300, TimeUnit.SECONDS);
					}
					System.gc();
					System.gc();
					Runtime runtime = Runtime.getRuntime();
					System.out.println("THREADS " + Thread.activeCount());
					System.out.println("HEAP " + (runtime.totalMemory() - runtime.freeMemory()) / 1024);
					System.out.println("DONE 0");
					System.in.read();
					context.close();
					// Redisson leaves threads behind.
					System.exit(0);
				}

			}
			""";

	private static final String WEIR = """
			package app;

			@org.springframework.stereotype.Service
			public class Locked {

				@dev.weir.annotation.DistributedLock(name = "lock", key = "#id", timeout = "30s")
				public void call(String id) {
				}

			}
			""";

	private static final String REDISSON = """
			package app;

			@org.springframework.stereotype.Service
			public class Locked {

				private final org.redisson.api.RedissonClient redisson;

				Locked(org.springframework.core.env.Environment environment) {
					var config = new org.redisson.config.Config();
					config.setCodec(org.redisson.client.codec.StringCodec.INSTANCE);
					config.useSingleServer().setAddress(environment.getProperty("spring.data.redis.url"));
					this.redisson = org.redisson.Redisson.create(config);
				}

				public void call(String id) {
					var lock = this.redisson.getLock("lock:" + id);
					lock.lock(30, java.util.concurrent.TimeUnit.SECONDS);
					lock.unlock();
				}

			}
			""";

	private static final String DATA_REDIS = """
			package app;

			@org.springframework.stereotype.Service
			public class Locked {

				private final org.springframework.data.redis.core.StringRedisTemplate redis;

				Locked(org.springframework.data.redis.core.StringRedisTemplate redis) {
					this.redis = redis;
				}

				public void call(String id) {
					this.redis.opsForValue().setIfAbsent("lock:" + id, "owner", java.time.Duration.ofSeconds(30));
					this.redis.delete("lock:" + id);
				}

			}
			""";

	private CallingApplications() {
	}

	/**
	 * Compiles the applications. Neither of the peers uses Weir; {@code data-redis} sets
	 * and deletes a key, which is no lock.
	 * @param directory the directory for their files
	 * @param paths the class paths
	 * @return the applications, by contender
	 * @throws IOException if the files cannot be written
	 */
	static Map<String, GeneratedApplication> make(Path directory, ClassPaths paths) throws IOException {
		List<Path> spring = paths.of(List.of("spring-boot-starter"));
		List<Path> dataRedis = paths.of(List.of("spring-boot-starter-data-redis"));
		Map<String, GeneratedApplication> applications = new LinkedHashMap<>();
		applications.put("weir", make(directory.resolve("weir"), paths.withWeir(spring), WEIR));
		applications.put("weir-lettuce",
				make(directory.resolve("weir-lettuce"), paths.withWeirOnLettuce(dataRedis), WEIR));
		applications.put("redisson-rlock", make(directory.resolve("redisson"), withoutWeir(paths, spring), REDISSON));
		applications.put("data-redis", make(directory.resolve("data-redis"), dataRedis, DATA_REDIS));
		return applications;
	}

	private static List<Path> withoutWeir(ClassPaths paths, List<Path> spring) {
		return Stream
			.concat(spring.stream(),
					paths.ofWeir().stream().filter((file) -> ClassPaths.artifact(file).matches("redisson|netty-.*")))
			.distinct()
			.toList();
	}

	private static GeneratedApplication make(Path directory, List<Path> libraries, String locked) throws IOException {
		return GeneratedApplication.compile(directory, libraries, Map.of("Application", MAIN, "Locked", locked));
	}

}
