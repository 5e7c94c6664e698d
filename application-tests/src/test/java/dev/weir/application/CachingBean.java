package dev.weir.application;

import java.util.List;
import java.util.stream.StreamSupport;

import javax.cache.Caching;

/**
 * A bean that lists the JCache providers that an application finds.
 */
public class CachingBean {

	public List<String> providers() {
		return StreamSupport.stream(Caching.getCachingProviders().spliterator(), false)
			.map((provider) -> provider.getClass().getName())
			.toList();
	}

}
