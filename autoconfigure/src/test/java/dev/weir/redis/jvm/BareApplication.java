package dev.weir.redis.jvm;

import java.time.Duration;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.lease.Lease;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Application for {@link BareClassPathTests}. Most libraries are missing. The others are
 * configured as in any application.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class BareApplication {

	/**
	 * Runs the application.
	 * @param args the arguments of the application
	 */
	public static void main(String[] args) {
		try (ConfigurableApplicationContext context = SpringApplication.run(BareApplication.class, args)) {
			System.out.println("GUARDED " + context.getBean(Guarded.class).both());
			System.out.println("LIMITED " + context.getBean(RateLimitOperations.class)
				.tryConsume(RateLimitSpec.of("limited").limit(RateLimit.of(1, Duration.ofHours(1))))
				.remaining());
			System.out.println("CALLED "
					+ context.getBean(LockOperations.class).call(LockSpec.of("code", "7"), Guarded::currentKey));
		}
	}

	@Bean
	Guarded guarded() {
		return new Guarded();
	}

	public static class Guarded {

		@DistributedLock("lock")
		@Semaphore(name = "permit", limit = 1)
		public String both() {
			return currentKey();
		}

		static String currentKey() {
			return Lease.current().orElseThrow().key();
		}

	}

}
