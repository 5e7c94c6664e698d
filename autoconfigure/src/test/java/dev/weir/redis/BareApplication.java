package dev.weir.redis;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRedisAutoConfiguration;
import dev.weir.autoconfigure.WeirWebMvcAutoConfiguration;
import dev.weir.lease.Lease;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * An application for {@link BareClassPathTests}: most libraries are not there.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({ AopAutoConfiguration.class, WeirAutoConfiguration.class, WeirRedisAutoConfiguration.class,
		WeirAopAutoConfiguration.class, WeirWebMvcAutoConfiguration.class })
public class BareApplication {

	/**
	 * Runs.
	 * @param args the arguments of the application
	 */
	public static void main(String[] args) {
		try (ConfigurableApplicationContext context = SpringApplication.run(BareApplication.class, args)) {
			System.out.println("GUARDED " + context.getBean(Guarded.class).both());
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
