package dev.weir.autoconfigure;

import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;

import javax.cache.Caching;

import org.springframework.boot.context.event.ApplicationStartingEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.util.ClassUtils;

/**
 * Keeps Redisson's JCache provider from becoming the cache of an application that did not
 * ask for the provider.
 * <p>
 * The jar of Redisson registers the provider for {@code ServiceLoader}. With
 * {@code cache-api} on the class path, the provider would replace the application's cache
 * manager. If the application has a provider of its own, there would be two providers,
 * which JCache does not allow.
 * <p>
 * An application that depends on Redisson itself keeps the provider. Such an application
 * is recognized by the libraries that Redisson needs for its caches and that Weir's
 * starter excludes. A provider that the application names, for example by
 * {@code spring.cache.jcache.provider}, is found in both cases.
 */
final class JCacheProviderFilter implements ApplicationListener<ApplicationStartingEvent> {

	private static final String PROVIDER = "org.redisson.jcache.JCachingProvider";

	private static final List<String> NEEDED_BY_REDISSONS_CACHES = List.of("com.esotericsoftware.kryo.Kryo",
			"io.reactivex.rxjava3.core.Flowable", "jodd.util.StringUtil");

	@Override
	public void onApplicationEvent(ApplicationStartingEvent event) {
		ClassLoader loader = Thread.currentThread().getContextClassLoader();
		if (loader != null && isPresent("javax.cache.Caching", loader) && isPresent(PROVIDER, loader)
				&& !NEEDED_BY_REDISSONS_CACHES.stream().allMatch((name) -> isPresent(name, loader))) {
			Filter.install(loader);
		}
	}

	private static boolean isPresent(String name, ClassLoader loader) {
		return ClassUtils.isPresent(name, loader);
	}

	/**
	 * A class loader that hides the registration of Redisson's provider. It is a class of
	 * its own, so that the listener also works without JCache.
	 */
	private static final class Filter extends ClassLoader {

		private static final String SERVICE = "META-INF/services/javax.cache.spi.CachingProvider";

		private Filter(ClassLoader parent) {
			super("weir-jcache-provider-filter", parent);
		}

		static void install(ClassLoader loader) {
			ClassLoader current = Caching.getDefaultClassLoader();
			boolean shared = Caching.class.getClassLoader() != JCacheProviderFilter.class.getClassLoader();
			boolean chosen = current != loader && !(current instanceof Filter);
			if (!shared && !chosen && !(current instanceof Filter filter && filter.getParent() == loader)) {
				Caching.setDefaultClassLoader(new Filter(loader));
			}
		}

		@Override
		public Enumeration<URL> getResources(String name) throws IOException {
			Enumeration<URL> found = super.getResources(name);
			if (!name.equals(SERVICE)) {
				return found;
			}
			List<URL> others = Collections.list(found).stream().filter((url) -> !isRedissons(url)).toList();
			return Collections.enumeration(others);
		}

		private boolean isRedissons(URL registration) {
			String path = PROVIDER.replace('.', '/') + ".class";
			URL provider = getResource(path);
			return provider != null && registration.toString().equals(provider.toString().replace(path, SERVICE));
		}

	}

}
