package dev.weir.autoconfigure;

import dev.weir.aop.DistributedLockAspect;
import dev.weir.aop.GuardedMethodCheck;
import dev.weir.lease.LeaseTemplate;
import dev.weir.policy.LockPolicies;
import org.aspectj.weaver.Advice;

import org.springframework.aop.framework.Advised;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;
import org.springframework.util.ClassUtils;

/**
 * {@link AutoConfiguration Auto-configuration} for the aspects, and for the check that no
 * annotated method runs unguarded.
 */
@AutoConfiguration(after = { WeirAutoConfiguration.class, AopAutoConfiguration.class })
@ConditionalOnClass(Advised.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
public final class WeirAopAutoConfiguration {

	private static final String ASPECT = "weirDistributedLockAspect";

	@Bean
	GuardedMethodCheck weirGuardedMethodCheck(ConfigurableListableBeanFactory beanFactory,
			ObjectProvider<LockPolicies> policies) {
		boolean present = beanFactory.containsBean(ASPECT);
		return new GuardedMethodCheck(beanFactory, policies.getObject(), present ? ASPECT : null,
				missingAspectCure(beanFactory));
	}

	private static String missingAspectCure(ConfigurableListableBeanFactory beanFactory) {
		if (!ClassUtils.isPresent("org.aspectj.weaver.Advice", beanFactory.getBeanClassLoader())) {
			return "Add 'spring-boot-starter-aspectj' to the class path, or set 'weir.enabled' to false";
		}
		return "There is no store for leases: add 'weir-spring-boot-starter' and configure 'spring.data.redis.*', or "
				+ "set 'weir.store' to local to guard within one JVM, or 'weir.enabled' to false";
	}

	/**
	 * The aspects.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(Advice.class)
	static class AspectConfiguration {

		@Bean(ASPECT)
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		@ConditionalOnBean(LeaseTemplate.class)
		@ConditionalOnMissingBean
		DistributedLockAspect weirDistributedLockAspect(LockPolicies policies, LeaseTemplate leases,
				WeirProperties properties) {
			return new DistributedLockAspect(policies, leases, properties.lock().order());
		}

	}

}
