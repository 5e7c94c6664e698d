package dev.weir.application;

import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;

/**
 * An application that does not refer to Weir. A class loader with the class path of each
 * test case loads this class, so tests use it only through reflection and types of the
 * JDK.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableAsync
@EnableScheduling
public class TestApplication {

	/**
	 * Starts the application and closes it.
	 * @param arguments the arguments of the application
	 * @return the types of the beans by bean name
	 */
	public static Map<String, String> beans(String[] arguments) {
		try (ConfigurableApplicationContext context = SpringApplication.run(TestApplication.class, arguments)) {
			Map<String, String> beans = new TreeMap<>();
			for (String name : context.getBeanDefinitionNames()) {
				Class<?> type = context.getType(name);
				beans.put(name, (type != null) ? name(type) : "null");
			}
			return beans;
		}
	}

	private static String name(Class<?> type) {
		// The numbers in the names of generated classes differ from run to run.
		return Proxy.isProxyClass(type) ? Arrays.toString(type.getInterfaces())
				: type.getName().replaceAll("\\$\\$.*|/0x.*", "");
	}

	/**
	 * Starts the application with an additional bean and calls a method of this bean.
	 * @param type the class of the bean
	 * @param method a method without parameters
	 * @param arguments the arguments of the application
	 * @return the return value of the method, as text
	 * @throws ReflectiveOperationException if the method cannot be called
	 */
	public static String call(String type, String method, String[] arguments) throws ReflectiveOperationException {
		Class<?> bean = Class.forName(type, true, TestApplication.class.getClassLoader());
		SpringApplication application = new SpringApplication(TestApplication.class);
		application.addInitializers((context) -> register(context, bean));
		try (ConfigurableApplicationContext context = application.run(arguments)) {
			return String.valueOf(bean.getMethod(method).invoke(context.getBean(bean)));
		}
	}

	private static void register(ConfigurableApplicationContext context, Class<?> bean) {
		AbstractBeanDefinition definition = new RootBeanDefinition(bean);
		((BeanDefinitionRegistry) context.getBeanFactory()).registerBeanDefinition("called", definition);
	}

	/**
	 * Enables caching if Spring Boot's auto-configuration of caches is on the class path.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(name = "org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration")
	@EnableCaching
	static class CachingConfiguration {

	}

}
