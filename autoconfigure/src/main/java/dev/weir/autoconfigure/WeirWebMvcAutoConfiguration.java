package dev.weir.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.UserKeyResolver;
import dev.weir.web.servlet.LeaseProblemAdvice;
import dev.weir.web.servlet.RateLimitFilter;
import dev.weir.web.servlet.RateLimitProblemAdvice;
import dev.weir.web.servlet.RateLimitRules;
import dev.weir.web.servlet.RequestCharges;
import dev.weir.web.servlet.RequestUserKeys;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AnnotationAwareOrderComparator;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.HandlerMapping;

/**
 * {@link AutoConfiguration Auto-configuration} for Spring MVC: the filter for rate
 * limits, and problem details for requests whose guarded call failed.
 */
@AutoConfiguration(after = { WeirAutoConfiguration.class, WeirRateLimitAutoConfiguration.class })
@ConditionalOnClass(DispatcherServlet.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
public final class WeirWebMvcAutoConfiguration {

	@Bean
	@ConditionalOnBean(LeaseTemplate.class)
	@ConditionalOnBooleanProperty(name = "weir.web.problem-details", matchIfMissing = true)
	@ConditionalOnMissingBean
	LeaseProblemAdvice weirLeaseProblemAdvice(WeirProperties properties) {
		return new LeaseProblemAdvice(HttpStatusCode.valueOf(properties.lock().busyStatus()),
				HttpStatusCode.valueOf(properties.semaphore().busyStatus()), properties.web().adviceOrder());
	}

	@Bean
	@ConditionalOnMissingBean
	RequestCharges weirRequestCharges(WeirProperties properties) {
		return new RequestCharges(properties.rateLimit().headers());
	}

	@Bean
	@ConditionalOnBean(RateLimiter.class)
	@ConditionalOnBooleanProperty(name = "weir.web.problem-details", matchIfMissing = true)
	@ConditionalOnMissingBean
	RateLimitProblemAdvice weirRateLimitProblemAdvice(RequestCharges charges, WeirProperties properties) {
		return new RateLimitProblemAdvice(charges, properties.web().adviceOrder());
	}

	@Bean
	@ConditionalOnMissingBean(UserKeyResolver.class)
	RequestUserKeys weirRequestUserKeys() {
		return new RequestUserKeys();
	}

	/**
	 * The filter.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(RateLimiter.class)
	@ConditionalOnBooleanProperty(name = "weir.rate-limit.filter.enabled", matchIfMissing = true)
	static class FilterConfiguration {

		@Bean
		FilterRegistrationBean<RateLimitFilter> weirRateLimitFilter(RateLimiter limiter, RateLimitPolicies policies,
				RequestCharges charges, WeirProperties properties, ListableBeanFactory beanFactory,
				@Qualifier("handlerExceptionResolver") ObjectProvider<HandlerExceptionResolver> exceptionResolver) {
			WeirProperties.RateLimit rateLimit = properties.rateLimit();
			RateLimitFilter filter = new RateLimitFilter(limiter, policies,
					new RateLimitRules(rateLimit.rules(), policies), charges, () -> handlerMappings(beanFactory),
					exceptionResolver::getObject);
			FilterRegistrationBean<RateLimitFilter> registration = new FilterRegistrationBean<>(filter);
			registration.setOrder(rateLimit.filter().order());
			return registration;
		}

		@Bean
		PropertiesListener weirRateLimitRulesListener(
				@Qualifier("weirRateLimitFilter") ObjectProvider<FilterRegistrationBean<RateLimitFilter>> filter,
				RateLimitPolicies policies) {
			return (properties) -> {
				RateLimitFilter current = filter.getObject().getFilter();
				RateLimitRules rules = new RateLimitRules(properties.rateLimit().rules(), policies);
				return () -> {
					if (current != null) {
						current.setRules(rules);
					}
				};
			};
		}

		private static List<HandlerMapping> handlerMappings(ListableBeanFactory beanFactory) {
			List<HandlerMapping> mappings = new ArrayList<>(
					BeanFactoryUtils.beansOfTypeIncludingAncestors(beanFactory, HandlerMapping.class, true, false)
						.values());
			AnnotationAwareOrderComparator.sort(mappings);
			return mappings;
		}

	}

}
