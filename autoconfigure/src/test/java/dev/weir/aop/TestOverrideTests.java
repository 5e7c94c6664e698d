package dev.weir.aop;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.lease.Lease;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mockito.BDDMockito;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.bean.override.convention.TestBean;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.context.bean.override.mockito.MockitoSpyBean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for guarded beans that a test replaces by its own objects. Such a replacement is
 * not a mistake, and the other beans stay guarded.
 */
class TestOverrideTests {

	@Nested
	@SpringBootTest(classes = Application.class, properties = "weir.store=local")
	class WithAMock {

		@MockitoBean
		private Orders orders;

		@Autowired
		private Invoices invoices;

		@Test
		void theMockAnswersAndOtherBeansAreGuarded() {
			BDDMockito.given(this.orders.key()).willReturn("mock");
			assertThat(this.orders.key()).isEqualTo("mock");
			assertThat(this.invoices.key()).isEqualTo("weir:invoices");
		}

	}

	@Nested
	@SpringBootTest(classes = Application.class, properties = "weir.store=local")
	class WithASpy {

		@MockitoSpyBean
		private Orders orders;

		@Test
		void theSpyIsGuarded() {
			assertThat(this.orders.key()).isEqualTo("weir:orders");
			BDDMockito.then(this.orders).should().key();
		}

	}

	@Nested
	@SpringBootTest(classes = Application.class, properties = "weir.store=local")
	class WithATestBean {

		@TestBean(methodName = "ownOrders")
		private Orders orders;

		@Test
		void usesTheObjectOfTheTest() {
			assertThat(this.orders.key()).isEqualTo("own");
		}

		static Orders ownOrders() {
			return new Orders() {

				@Override
				public String key() {
					return "own";
				}

			};
		}

	}

	@Nested
	@SpringBootTest(classes = Application.class, properties = { "weir.store=local", "spring.aop.auto=false" })
	class WithoutTheAutoProxyingOfSpringBoot {

		@Autowired
		private Orders orders;

		@Test
		void theBeanIsGuarded() {
			assertThat(this.orders.key()).isEqualTo("weir:orders");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = RedissonAutoConfigurationV4.class)
	static class Application {

		@Bean
		Orders orders() {
			return new Orders();
		}

		@Bean
		Invoices invoices() {
			return new Invoices();
		}

	}

	public static class Orders {

		@DistributedLock("orders")
		@RateLimited(name = "orders", limit = 100)
		public String key() {
			return Lease.current().map(Lease::key).orElse("unguarded");
		}

	}

	public static class Invoices {

		@DistributedLock("invoices")
		public String key() {
			return Lease.current().map(Lease::key).orElse("unguarded");
		}

	}

}
