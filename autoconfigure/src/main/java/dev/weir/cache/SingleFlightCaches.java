package dev.weir.cache;

import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

import dev.weir.core.Log;
import dev.weir.lease.LockOperations;
import org.aopalliance.intercept.MethodInterceptor;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;

/**
 * Wraps some caches of every {@link CacheManager}, so that a missing entry is computed
 * once across all instances. The manager is replaced by a proxy of its own class, so it
 * can still be injected by its type.
 */
public final class SingleFlightCaches implements BeanPostProcessor, SmartInitializingSingleton {

	private static final Log logger = Log.of(SingleFlightCaches.class);

	private final Set<String> names;

	private final Supplier<@Nullable LockOperations> locks;

	private volatile boolean used;

	/**
	 * Creates the post-processor.
	 * @param names the names of the caches; without names the post-processor does nothing
	 * @param locks finds the locks when they are first needed
	 */
	public SingleFlightCaches(List<String> names, Supplier<@Nullable LockOperations> locks) {
		this.names = Set.copyOf(names);
		this.locks = locks;
	}

	/**
	 * Returns the policies of the locks that are used.
	 * @return their names, none if there are no such caches
	 */
	public Set<String> policies() {
		return this.names.isEmpty() ? Set.of() : Set.of(SingleFlightCache.POLICY);
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (this.names.isEmpty() || !(bean instanceof CacheManager)) {
			return bean;
		}
		this.used = true;
		ProxyFactory proxy = new ProxyFactory(bean);
		proxy.setProxyTargetClass(!Modifier.isFinal(bean.getClass().getModifiers()));
		proxy.addAdvice((MethodInterceptor) (invocation) -> {
			Object result = invocation.proceed();
			return (result instanceof Cache cache && invocation.getMethod().getName().equals("getCache"))
					? singleFlight(cache) : result;
		});
		return proxy.getProxy(bean.getClass().getClassLoader());
	}

	private Cache singleFlight(Cache cache) {
		LockOperations found = this.locks.get();
		return (found != null && this.names.contains(cache.getName()) && !(cache instanceof SingleFlightCache))
				? new SingleFlightCache(cache, found) : cache;
	}

	@Override
	public void afterSingletonsInstantiated() {
		if (this.names.isEmpty()) {
			return;
		}
		if (this.locks.get() == null) {
			throw new IllegalStateException("The property 'weir.cache.single-flight' names the caches " + this.names
					+ ", but there is no store for their locks. "
					+ "Configure 'spring.data.redis.*', or remove the property");
		}
		if (!this.used) {
			logger.warn("The property 'weir.cache.single-flight' names the caches {}, but there is no CacheManager",
					this.names);
		}
	}

}
