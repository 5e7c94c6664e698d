package dev.weir.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import dev.weir.core.Log;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.policy.Callers;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.WaitRooms;
import dev.weir.policy.result.RequestEndFilter;
import dev.weir.ratelimit.RateLimiter;
import dev.weir.ratelimit.UserKeyResolver;
import dev.weir.web.servlet.CorsHeaders;
import dev.weir.web.servlet.HandlerLookup;
import dev.weir.web.servlet.LeaseProblemAdvice;
import dev.weir.web.servlet.RateLimitFilter;
import dev.weir.web.servlet.RateLimitProblemAdvice;
import dev.weir.web.servlet.RateLimitRules;
import dev.weir.web.servlet.RequestCharges;
import dev.weir.web.servlet.RequestLimits;
import dev.weir.web.servlet.RequestUserKeys;
import jakarta.servlet.DispatcherType;

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
import org.springframework.core.Ordered;
import org.springframework.core.annotation.AnnotationAwareOrderComparator;
import org.springframework.http.HttpStatusCode;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.cors.CorsConfigurationSource;
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
	FilterRegistrationBean<RequestEndFilter> weirRequestEndFilter() {
		FilterRegistrationBean<RequestEndFilter> registration = new FilterRegistrationBean<>(new RequestEndFilter());
		registration.setDispatcherTypes(DispatcherType.ASYNC);
		registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
		return registration;
	}

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
		return new RateLimitProblemAdvice(charges, properties.web().problemTypes().toString(),
				properties.web().adviceOrder());
	}

	@Bean
	@ConditionalOnMissingBean(UserKeyResolver.class)
	RequestUserKeys weirRequestUserKeys() {
		return new RequestUserKeys();
	}

	@Bean
	WaitRooms weirWaitRooms(WeirProperties properties) {
		return new WaitRooms(properties.web().maxWaiters(), RequestUserKeys::handlesRequest);
	}

	@Bean
	@ConditionalOnMissingBean
	Callers weirCallers(ObjectProvider<UserKeyResolver> users) {
		return new Callers(users::getIfAvailable, RequestUserKeys::client);
	}

	/**
	 * The filters: one before Spring Security and one after it.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(RateLimiter.class)
	@ConditionalOnBooleanProperty(name = "weir.rate-limit.filter.enabled", matchIfMissing = true)
	static class FilterConfiguration {

		private static final Log logger = Log.of(RateLimitRules.class);

		private final RateLimitPolicies policies;

		private final WeirProperties.RateLimitFilter properties;

		private final RequestLimits beforeSecurity;

		private final RequestLimits afterSecurity;

		private final CorsHeaders corsHeaders;

		FilterConfiguration(RateLimitPolicies policies, WeirProperties properties, ListableBeanFactory beanFactory,
				@Qualifier("corsConfigurationSource") ObjectProvider<CorsConfigurationSource> corsSource) {
			this.policies = policies;
			this.properties = properties.rateLimit().filter();
			Supplier<HandlerLookup> lookup = SingletonSupplier
				.of(() -> new HandlerLookup(handlerMappings(beanFactory)));
			RateLimitRules rules = new RateLimitRules(properties.rateLimit().rules(), policies);
			warnOfInventedValues(rules);
			this.beforeSecurity = new RequestLimits(policies, rules, lookup, false);
			this.afterSecurity = new RequestLimits(policies, rules, lookup, true);
			this.corsHeaders = new CorsHeaders(lookup, corsSource::getIfAvailable);
		}

		private static void warnOfInventedValues(RateLimitRules rules) {
			List<String> unbounded = rules.withoutBound();
			if (!unbounded.isEmpty()) {
				logger.warn("The rules {} in 'weir.rate-limit.rules' limit each value of a header, and a client can "
						+ "invent a new value for each request. Add a rule for the same path with 'by: address'",
						unbounded);
			}
		}

		@Bean
		FilterRegistrationBean<RateLimitFilter> weirRateLimitFilterBeforeSecurity(RateLimiter limiter,
				RequestCharges charges,
				@Qualifier("handlerExceptionResolver") ObjectProvider<HandlerExceptionResolver> exceptionResolver) {
			return registration(new RateLimitFilter(limiter, charges, this.beforeSecurity, this.corsHeaders,
					exceptionResolver::getObject), this.properties.orderBeforeSecurity());
		}

		@Bean
		FilterRegistrationBean<RateLimitFilter> weirRateLimitFilter(RateLimiter limiter, RequestCharges charges,
				@Qualifier("handlerExceptionResolver") ObjectProvider<HandlerExceptionResolver> exceptionResolver) {
			return registration(new RateLimitFilter(limiter, charges, this.afterSecurity, this.corsHeaders,
					exceptionResolver::getObject), this.properties.order());
		}

		private static FilterRegistrationBean<RateLimitFilter> registration(RateLimitFilter filter, int order) {
			FilterRegistrationBean<RateLimitFilter> registration = new FilterRegistrationBean<>(filter);
			registration.setOrder(order);
			return registration;
		}

		@Bean
		PropertiesListener weirRateLimitRulesListener() {
			return (properties) -> {
				RateLimitRules rules = new RateLimitRules(properties.rateLimit().rules(), this.policies);
				return () -> {
					this.beforeSecurity.setRules(rules);
					this.afterSecurity.setRules(rules);
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
