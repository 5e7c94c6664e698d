package dev.weir.benchmark.annotation;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.Semaphore;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRateLimitAutoConfiguration;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.bulkhead.ThreadPoolBulkheadRegistry;
import io.github.resilience4j.bulkhead.annotation.Bulkhead;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.ratelimiter.annotation.RateLimiter;
import io.github.resilience4j.spring6.bulkhead.configure.BulkheadAspect;
import io.github.resilience4j.spring6.bulkhead.configure.BulkheadConfigurationProperties;
import io.github.resilience4j.spring6.fallback.FallbackExecutor;
import io.github.resilience4j.spring6.fallback.configure.FallbackConfiguration;
import io.github.resilience4j.spring6.ratelimiter.configure.RateLimiterAspect;
import io.github.resilience4j.spring6.ratelimiter.configure.RateLimiterConfigurationProperties;
import io.github.resilience4j.spring6.spelresolver.SpelResolver;
import io.github.resilience4j.spring6.spelresolver.configure.SpelResolverConfiguration;
import org.aopalliance.intercept.MethodInterceptor;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.EnableAspectJAutoProxy;
import org.springframework.context.annotation.Import;
import org.springframework.resilience.annotation.ConcurrencyLimit;
import org.springframework.resilience.annotation.EnableResilientMethods;

/**
 * Configures one application context for each contender, with a bean that the contender
 * guards.
 */
final class Subjects {

	static final String PLAIN = "plain-proxy";

	static final String CACHE = "cacheable-hit";

	static final String CONCURRENCY_LIMIT = "spring-concurrency-limit";

	static final String BULKHEAD = "resilience4j-bulkhead";

	static final String SEMAPHORE = "weir-semaphore";

	static final String LOCK = "weir-lock";

	static final String RATE_LIMITER = "resilience4j-ratelimiter";

	static final String RATE_LIMITED = "weir-rate-limited";

	private static final Map<String, Class<?>> CONFIGURATIONS = Map.of(PLAIN, PlainConfiguration.class, CACHE,
			CacheConfiguration.class, CONCURRENCY_LIMIT, ConcurrencyLimitConfiguration.class, BULKHEAD,
			BulkheadSubjectConfiguration.class, SEMAPHORE, SemaphoreConfiguration.class, LOCK, LockConfiguration.class,
			RATE_LIMITER, RateLimiterSubjectConfiguration.class, RATE_LIMITED, RateLimitedConfiguration.class);

	private static final int MANY = 1_000_000_000;

	private Subjects() {
	}

	static Class<?> configuration(String name) {
		return Objects.requireNonNull(CONFIGURATIONS.get(name));
	}

	/**
	 * The methods of each bean, without a guard.
	 */
	abstract static class Unguarded implements GuardedService {

		@Override
		public int call(int value) {
			return value + 1;
		}

		@Override
		public void tight(Runnable work) {
			work.run();
		}

	}

	/**
	 * A proxy with advice that does nothing.
	 */
	@Configuration(proxyBeanMethods = false)
	static class PlainConfiguration {

		@Bean
		GuardedService service() {
			ProxyFactory factory = new ProxyFactory(new Unguarded() {
			});
			factory.setProxyTargetClass(true);
			factory.addAdvice((MethodInterceptor) (invocation) -> invocation.proceed());
			return (GuardedService) factory.getProxy();
		}

	}

	/**
	 * Spring's cache in a map, with the argument as the key.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableCaching(proxyTargetClass = true)
	static class CacheConfiguration {

		@Bean
		CacheManager cacheManager() {
			return new ConcurrentMapCacheManager("benchmark");
		}

		@Bean
		GuardedService service() {
			return new Cached();
		}

		static class Cached extends Unguarded {

			@Override
			@Cacheable("benchmark")
			public int call(int value) {
				return value + 1;
			}

		}

	}

	/**
	 * Spring's concurrency limit.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableResilientMethods(proxyTargetClass = true)
	static class ConcurrencyLimitConfiguration {

		@Bean
		GuardedService service() {
			return new Limited();
		}

		static class Limited extends Unguarded {

			@Override
			@ConcurrencyLimit(100)
			public int call(int value) {
				return value + 1;
			}

			@Override
			@ConcurrencyLimit(TIGHT)
			public void tight(Runnable work) {
				work.run();
			}

		}

	}

	/**
	 * Resilience4j's aspect. It is created by hand, because Resilience4j's
	 * auto-configurations are for Spring Boot 3.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAspectJAutoProxy(proxyTargetClass = true)
	@Import({ FallbackConfiguration.class, SpelResolverConfiguration.class })
	static class BulkheadSubjectConfiguration {

		@Bean
		BulkheadAspect bulkheadAspect(FallbackExecutor fallbacks, SpelResolver expressions) {
			BulkheadRegistry registry = BulkheadRegistry.of(Map.of());
			Duration wait = Duration.ofSeconds(30);
			registry.bulkhead("call", BulkheadConfig.custom().maxConcurrentCalls(100).maxWaitDuration(wait).build());
			registry.bulkhead("tight",
					BulkheadConfig.custom().maxConcurrentCalls(GuardedService.TIGHT).maxWaitDuration(wait).build());
			return new BulkheadAspect(new BulkheadConfigurationProperties(), ThreadPoolBulkheadRegistry.ofDefaults(),
					registry, null, fallbacks, expressions);
		}

		@Bean
		GuardedService service() {
			return new Limited();
		}

		static class Limited extends Unguarded {

			@Override
			@Bulkhead(name = "call")
			public int call(int value) {
				return value + 1;
			}

			@Override
			@Bulkhead(name = "tight")
			public void tight(Runnable work) {
				work.run();
			}

		}

	}

	/**
	 * Resilience4j's aspect, created by hand.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAspectJAutoProxy(proxyTargetClass = true)
	@Import({ FallbackConfiguration.class, SpelResolverConfiguration.class })
	static class RateLimiterSubjectConfiguration {

		@Bean
		RateLimiterAspect rateLimiterAspect(FallbackExecutor fallbacks, SpelResolver expressions) {
			RateLimiterRegistry registry = RateLimiterRegistry.of(Map.of());
			registry.rateLimiter("call", limit(MANY, Duration.ofSeconds(1)));
			registry.rateLimiter("tight", limit(GuardedService.TIGHT, Duration.ofDays(1)));
			return new RateLimiterAspect(registry, new RateLimiterConfigurationProperties(), null, fallbacks,
					expressions);
		}

		private static RateLimiterConfig limit(int limit, Duration period) {
			return RateLimiterConfig.custom()
				.limitForPeriod(limit)
				.limitRefreshPeriod(period)
				.timeoutDuration(Duration.ZERO)
				.build();
		}

		@Bean
		GuardedService service() {
			return new Limited();
		}

		static class Limited extends Unguarded {

			@Override
			@RateLimiter(name = "call")
			public int call(int value) {
				return value + 1;
			}

			@Override
			@RateLimiter(name = "tight")
			public void tight(Runnable work) {
				work.run();
			}

		}

	}

	/**
	 * The auto-configurations of every contender of Weir.
	 */
	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ AopAutoConfiguration.class, WeirAutoConfiguration.class,
			WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class })
	static class WeirConfiguration {

	}

	/**
	 * Weir's semaphore.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(WeirConfiguration.class)
	static class SemaphoreConfiguration {

		@Bean
		GuardedService service() {
			return new Limited();
		}

		static class Limited extends Unguarded {

			@Override
			@Semaphore(name = "call", limit = 100)
			public int call(int value) {
				return value + 1;
			}

			@Override
			@Semaphore(name = "tight", limit = TIGHT, waitTime = "30s")
			public void tight(Runnable work) {
				work.run();
			}

		}

	}

	/**
	 * Weir's lock. It lets in one caller at a time, fewer than the other contenders.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(WeirConfiguration.class)
	static class LockConfiguration {

		@Bean
		GuardedService service() {
			return new Limited();
		}

		static class Limited extends Unguarded {

			@Override
			@DistributedLock("call")
			public int call(int value) {
				return value + 1;
			}

			@Override
			@DistributedLock(name = "tight", waitTime = "30s")
			public void tight(Runnable work) {
				work.run();
			}

		}

	}

	/**
	 * Weir's rate limit.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(WeirConfiguration.class)
	static class RateLimitedConfiguration {

		@Bean
		GuardedService service() {
			return new Limited();
		}

		static class Limited extends Unguarded {

			@Override
			@RateLimited(name = "call", limit = MANY, window = "1s")
			public int call(int value) {
				return value + 1;
			}

			@Override
			@RateLimited(name = "tight", limit = TIGHT, window = "1d")
			public void tight(Runnable work) {
				work.run();
			}

		}

	}

}
