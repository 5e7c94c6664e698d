package dev.weir.autoconfigure;

import dev.weir.annotation.DistributedLock;
import dev.weir.lease.Lease;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.policy.InvalidPolicyException;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for application contexts with a parent.
 */
class ChildContextTests {

	@Test
	void aChildHasPoliciesOfItsOwn() {
		try (ConfigurableApplicationContext parent = parent();
				ConfigurableApplicationContext child = new SpringApplicationBuilder(WithWeir.class).parent(parent)
					.web(WebApplicationType.NONE)
					.run("--weir.lock.policies.service.enabled=false", "--weir.store=local")) {
			assertThat(parent.getBean(Service.class).isHeld()).isTrue();
			assertThat(child.getBean(Service.class).isHeld()).isFalse();
			assertThat(isHeld(parent)).isTrue();
			assertThat(isHeld(child)).isFalse();
		}
	}

	@Test
	void aChildWithoutWeirMustNotHaveGuards() {
		try (ConfigurableApplicationContext parent = parent();
				AnnotationConfigApplicationContext child = new AnnotationConfigApplicationContext()) {
			child.setParent(parent);
			child.register(Service.class);
			assertThatExceptionOfType(InvalidPolicyException.class).isThrownBy(child::refresh)
				.withMessageContaining("Service.isHeld")
				.withMessageContaining("the method would run unguarded");
		}
	}

	@Test
	void aChildWithoutGuardsStarts() {
		try (ConfigurableApplicationContext parent = parent();
				AnnotationConfigApplicationContext child = new AnnotationConfigApplicationContext()) {
			child.setParent(parent);
			child.refresh();
			assertThat(child.getBean(Service.class).isHeld()).isTrue();
		}
	}

	private static boolean isHeld(ConfigurableApplicationContext context) {
		return context.getBean(LockOperations.class).call(LockSpec.of("service"), () -> Lease.current().isPresent());
	}

	private static ConfigurableApplicationContext parent() {
		return new SpringApplicationBuilder(WithWeir.class).web(WebApplicationType.NONE).run("--weir.store=local");
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ AopAutoConfiguration.class, WeirAutoConfiguration.class,
			WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class })
	static class WithWeir {

		@Bean
		Service service() {
			return new Service();
		}

	}

	static class Service {

		@DistributedLock("service")
		boolean isHeld() {
			return Lease.current().isPresent();
		}

	}

}
