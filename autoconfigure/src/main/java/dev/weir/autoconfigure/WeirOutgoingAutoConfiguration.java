package dev.weir.autoconfigure;

import dev.weir.outgoing.OutgoingRateLimits;
import dev.weir.outgoing.ReactiveOutgoingRateLimits;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.expression.Expressions;
import dev.weir.ratelimit.RateLimiter;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * {@link AutoConfiguration Auto-configuration} for rate limits of calls to other
 * services.
 */
@AutoConfiguration(after = WeirRateLimitAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
@ConditionalOnBean(RateLimiter.class)
public final class WeirOutgoingAutoConfiguration {

	/**
	 * Limits for calls over {@code RestClient} and {@code RestTemplate}.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ClientHttpRequestInterceptor.class)
	static class OutgoingConfiguration {

		@Bean
		@ConditionalOnMissingBean
		OutgoingRateLimits weirOutgoingRateLimits(RateLimiter limiter, RateLimitPolicies policies,
				BeanFactory beanFactory, WeirProperties properties) {
			return new OutgoingRateLimits(limiter, policies, new Expressions(beanFactory),
					properties.rateLimit().maxPause());
		}

	}

	/**
	 * Limits for calls over {@code WebClient}.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ExchangeFilterFunction.class)
	static class ReactiveOutgoingConfiguration {

		@Bean
		@ConditionalOnMissingBean
		ReactiveOutgoingRateLimits weirReactiveOutgoingRateLimits(RateLimiter limiter, RateLimitPolicies policies,
				BeanFactory beanFactory, WeirProperties properties, EngineThreads threads) {
			return new ReactiveOutgoingRateLimits(limiter, policies, new Expressions(beanFactory),
					properties.rateLimit().maxPause(), threads.executor());
		}

	}

}
