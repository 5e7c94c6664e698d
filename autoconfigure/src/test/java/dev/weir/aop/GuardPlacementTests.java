package dev.weir.aop;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;

import dev.weir.aop.other.Inherited;
import dev.weir.aop.other.Placed;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRateLimitAutoConfiguration;
import dev.weir.autoconfigure.WeirTransactionAutoConfiguration;
import dev.weir.lease.Lease;
import dev.weir.policy.InvalidPolicyException;
import dev.weir.transaction.TransactionStore;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import kotlin.coroutines.Continuation;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.aop.framework.autoproxy.BeanNameAutoProxyCreator;
import org.springframework.aop.framework.autoproxy.DefaultAdvisorAutoProxyCreator;
import org.springframework.beans.factory.BeanNameAware;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.context.event.EventListener;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.context.support.SimpleThreadScope;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.event.TransactionalEventListenerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.mock;

/**
 * Where a guard can stand, and how its bean can be made. Each case is called, and has one
 * of two outcomes: the guard holds, or the start fails. {@code docs/troubleshooting.md}
 * lists what is impossible.
 */
class GuardPlacementTests {

	private static final Set<String> OTHER_ASPECTS = Set.of(RateLimitAspect.class.getName(),
			RedisTransactionalAspect.class.getName());

	/** Whether each body that ran was guarded. */
	private static final List<Boolean> RUNS = new CopyOnWriteArrayList<>();

	@BeforeEach
	void clear() {
		RUNS.clear();
	}

	static void ran() {
		RUNS.add(isGuarded());
	}

	/**
	 * Returns whether the caller runs under its guard.
	 * @return whether there is a lease, or an aspect of another guard on the stack
	 */
	private static boolean isGuarded() {
		return Lease.current().isPresent() || StackWalker.getInstance()
			.walk((frames) -> frames.map(StackWalker.StackFrame::getClassName).anyMatch(OTHER_ASPECTS::contains));
	}

	static Stream<Case> holds() {
		return Stream.of(of("public method", PublicMethod.class, (bean) -> bean.run()),
				of("protected method", ProtectedMethod.class, (bean) -> bean.run()),
				of("package-private method", PackagePrivateMethod.class, (bean) -> bean.run()),
				of("package-private method, inherited", InheritedMethod.class, (bean) -> bean.run()),
				of("default method", DefaultMethod.class, (bean) -> bean.run()),
				of("generic method through its bridge", GenericMethod.class,
						(bean) -> ((Generic<String>) bean).run("text")),
				of("interface, JDK proxy", InterfaceMethod.class, Runnable.class, Runnable::run)
					.with("spring.aop.proxy-target-class=false"),
				of("@Async", AsyncMethod.class, (bean) -> bean.run()).with(EnabledAsync.class),
				of("@Scheduled", ScheduledMethod.class, (bean) -> {
				}).with(EnabledScheduling.class),
				of("@EventListener", Listening.class, (context) -> context.publishEvent("event"), true),
				of("@TransactionalEventListener", TransactionalListening.class,
						(context) -> context.publishEvent("event"), true)
					.with(TransactionalEventListenerFactory.class),
				of("SmartInitializingSingleton", AfterSingletons.class, (bean) -> {
				}), of("SmartLifecycle", Started.class, (bean) -> {
				}), of("ApplicationRunner", Runner.class, ApplicationRunner.class, (bean) -> run(bean)),
				of("@Bean method", BeanMethod.class, (context) -> context.getBean("made"), true),
				of("method of a @Configuration", ConfigurationMethod.class, (bean) -> bean.run()),
				of("prototype", PrototypeBean.class, (bean) -> bean.run()),
				of("scoped proxy", Scoped.class, PublicMethod.class, (bean) -> bean.run()),
				of("lazy", LazyBean.class, (bean) -> bean.run()),
				of("functional bean", Functional.class, PublicMethod.class, (bean) -> bean.run())
					.prepared((context) -> context.registerBean("functional", PublicMethod.class, PublicMethod::new)),
				of("product of a FactoryBean", Factory.class, PublicMethod.class, (bean) -> bean.run()),
				of("circular reference", Circular.class, (bean) -> bean.run()).with(OtherCircular.class),
				of("self-injection with @Lazy", LazySelf.class, (bean) -> bean.run()).with(EnabledScheduling.class),
				of("second auto-proxy creator", PublicMethod.class, (bean) -> bean.run()).with(SecondCreator.class),
				of("auto-proxy creator by name", PublicMethod.class, (bean) -> bean.run()).with(CreatorByName.class),
				of("post-processor that wraps the proxy", InterfaceMethod.class, Runnable.class, Runnable::run)
					.with(Wrapping.class));
	}

	static Stream<Case> fails() {
		return Stream
			.of(of("package-private method, inherited from another package", FromOtherPackage.class, (bean) -> {
			}).message("package-private"),
					of("private method", PrivateMethod.class, (bean) -> bean.run()).message("the method is private"),
					of("final method", FinalMethod.class, (bean) -> bean.run()).message("the method is final"),
					of("static method", StaticMethod.class, (bean) -> StaticMethod.run())
						.message("the method is static"),
					of("final class", FinalClass.class, (bean) -> bean.run()).message("its class is final"),
					of("record", RecordBean.class, (bean) -> bean.run()).message("its class is final"),
					of("@PostConstruct", PostConstructed.class, (bean) -> {
					}).message("a @PostConstruct method"),
					of("@PostConstruct, inherited", InheritsPostConstruct.class, (bean) -> {
					}).message("a @PostConstruct method"),
					of("@PostConstruct, overridden", OverridesPostConstruct.class, (bean) -> {
					}).message("a @PostConstruct method"), of("@PreDestroy", Destroyed.class, (bean) -> {
					}).message("a @PreDestroy method"), of("afterPropertiesSet", Initialized.class, (bean) -> {
					}).message("the lifecycle method afterPropertiesSet()"), of("destroy", Disposed.class, (bean) -> {
					}).message("the lifecycle method destroy()"), of("init method", InitMethod.class, (bean) -> {
					}).message("the init or destroy method of the bean 'bean'"),
					of("destroy method, inferred", Closed.class, (bean) -> {
					}).message("the init or destroy method of the bean 'bean'"),
					of("@Autowired method", AutowiredMethod.class, (bean) -> {
					}).message("the container calls on the object itself"),
					of("Aware method", AwareMethod.class, (bean) -> {
					}).message("the container calls on the object itself"),
					of("registered singleton", Functional.class, PublicMethod.class, (bean) -> bean.run()).prepared(
							(context) -> context.getBeanFactory().registerSingleton("registered", new PublicMethod()))
						.message("it was registered as a singleton"),
					of("@Scheduled with self-injection", ScheduledSelf.class, (bean) -> {
					}).with(EnabledScheduling.class).message("@Lazy"),
					of("interface of a proxy that a FactoryBean makes", ClientFactory.class, Client.class,
							(bean) -> bean.run())
						.message("has no proxy of Weir's aspect"));
	}

	private static void run(ApplicationRunner runner) {
		try {
			runner.run(null);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@ParameterizedTest
	@MethodSource
	void holds(Case placement) {
		placement.runner().run((context) -> {
			assertThat(context).hasNotFailed();
			placement.call().accept(context.getSourceApplicationContext());
			await().untilAsserted(() -> assertThat(RUNS).isNotEmpty());
		});
		assertThat(RUNS).doesNotContain(false);
	}

	@ParameterizedTest
	@MethodSource
	void fails(Case placement) {
		placement.runner()
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOf(InvalidPolicyException.class)
				.hasMessageContaining(placement.message()));
	}

	/**
	 * Other Kotlin classes are like classes of Java: without {@code open} they are final,
	 * and functions of a companion object are static.
	 */
	@Test
	void failsForASuspendingFunctionOfKotlin() {
		of("suspend", Suspending.class, (bean) -> {
		}).runner()
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOf(InvalidPolicyException.class)
				.hasMessageContaining("suspending function of Kotlin"));
	}

	private static <T> Case of(String name, Class<T> bean, Consumer<T> call) {
		return of(name, bean, bean, call);
	}

	private static <T> Case of(String name, Class<?> bean, Class<T> type, Consumer<T> call) {
		return of(name, bean, (context) -> call.accept(context.getBean(type)), true);
	}

	private static Case of(String name, Class<?> bean, Consumer<ApplicationContext> call, boolean ofContext) {
		return new Case(name,
				new ApplicationContextRunner()
					.withPropertyValues("weir.store=local", "weir.semaphore.policies.placed.limit=1",
							"weir.rate-limit.policies.placed.limit=100", "spring.main.allow-circular-references=true")
					.withBean(TransactionStore.class, () -> mock(TransactionStore.class))
					.withAllowCircularReferences(true)
					.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
							WeirRateLimitAutoConfiguration.class, WeirTransactionAutoConfiguration.class,
							WeirAopAutoConfiguration.class))
					.withUserConfiguration(bean),
				call, "");
	}

	/**
	 * One placement.
	 *
	 * @param name its name
	 * @param runner starts the application
	 * @param call calls the guarded method
	 * @param message a part of the failure
	 */
	record Case(String name, ApplicationContextRunner runner, Consumer<ApplicationContext> call, String message) {

		Case with(Class<?> configuration) {
			return new Case(this.name, this.runner.withUserConfiguration(configuration), this.call, this.message);
		}

		Case with(String property) {
			return new Case(this.name, this.runner.withPropertyValues(property), this.call, this.message);
		}

		Case prepared(Consumer<GenericApplicationContext> preparation) {
			return new Case(this.name,
					this.runner.withInitializer((context) -> preparation.accept((GenericApplicationContext) context)),
					this.call, this.message);
		}

		Case message(String text) {
			return new Case(this.name, this.runner, this.call, text);
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

	public static class PublicMethod {

		@Placed
		public void run() {
			ran();
		}

	}

	public static class ProtectedMethod {

		@Placed
		protected void run() {
			ran();
		}

	}

	public static class PackagePrivateMethod {

		@Placed
		void run() {
			ran();
		}

	}

	public static class InheritedMethod extends PackagePrivateMethod {

	}

	public interface WithDefault {

		@Placed
		default void run() {
			ran();
		}

	}

	public static class DefaultMethod implements WithDefault {

	}

	public interface Generic<T> {

		void run(T argument);

	}

	public static class GenericMethod implements Generic<String> {

		@Override
		@Placed
		public void run(String argument) {
			ran();
		}

	}

	public static class InterfaceMethod implements Runnable {

		@Override
		@Placed
		public void run() {
			ran();
		}

	}

	public static class AsyncMethod {

		@Async
		@Placed
		public void run() {
			ran();
		}

	}

	public static class ScheduledMethod {

		@Scheduled(fixedDelay = 60_000)
		@Placed
		public void run() {
			ran();
		}

	}

	public static class Listening {

		@EventListener
		@Placed
		public void run(String event) {
			ran();
		}

	}

	public static class TransactionalListening {

		@TransactionalEventListener(fallbackExecution = true)
		@Placed
		public void run(String event) {
			ran();
		}

	}

	public static class AfterSingletons implements SmartInitializingSingleton {

		@Override
		@Placed
		public void afterSingletonsInstantiated() {
			ran();
		}

	}

	public static class Started implements SmartLifecycle {

		@Override
		@Placed
		public void start() {
			ran();
		}

		@Override
		public void stop() {
		}

		@Override
		public boolean isRunning() {
			return false;
		}

	}

	public static class Runner implements ApplicationRunner {

		@Override
		@Placed
		public void run(ApplicationArguments arguments) {
			ran();
		}

	}

	@Configuration
	public static class BeanMethod {

		@Bean
		@Lazy
		@Placed
		Object made() {
			ran();
			return new Object();
		}

	}

	@Configuration
	public static class ConfigurationMethod {

		@Placed
		void run() {
			ran();
		}

	}

	@Scope("prototype")
	public static class PrototypeBean {

		@Placed
		public void run() {
			ran();
		}

	}

	@Configuration(proxyBeanMethods = false)
	public static class Scoped {

		@Bean
		static org.springframework.beans.factory.config.CustomScopeConfigurer scopes() {
			org.springframework.beans.factory.config.CustomScopeConfigurer scopes = new org.springframework.beans.factory.config.CustomScopeConfigurer();
			scopes.addScope("thread", new SimpleThreadScope());
			return scopes;
		}

		@Bean
		@Scope(scopeName = "thread", proxyMode = ScopedProxyMode.TARGET_CLASS)
		PublicMethod scoped() {
			return new PublicMethod();
		}

	}

	@Lazy
	public static class LazyBean {

		@Placed
		public void run() {
			ran();
		}

	}

	@Configuration(proxyBeanMethods = false)
	public static class Functional {

	}

	public static class Factory implements FactoryBean<PublicMethod> {

		@Override
		public PublicMethod getObject() {
			return new PublicMethod();
		}

		@Override
		public Class<?> getObjectType() {
			return PublicMethod.class;
		}

	}

	public static class Circular {

		@Autowired
		private OtherCircular other;

		@Placed
		public void run() {
			assertThat(this.other).isNotNull();
			ran();
		}

	}

	public static class OtherCircular {

		@Autowired
		private Circular circular;

		@Placed
		public Circular circular() {
			return this.circular;
		}

	}

	public static class LazySelf {

		@Autowired
		@Lazy
		private LazySelf self;

		@Scheduled(fixedDelay = 60_000)
		@Placed
		public void run() {
			assertThat(this.self).isNotNull();
			ran();
		}

	}

	@Configuration(proxyBeanMethods = false)
	public static class SecondCreator {

		@Bean
		static DefaultAdvisorAutoProxyCreator secondCreator() {
			DefaultAdvisorAutoProxyCreator creator = new DefaultAdvisorAutoProxyCreator();
			creator.setProxyTargetClass(true);
			return creator;
		}

	}

	@Configuration(proxyBeanMethods = false)
	public static class CreatorByName {

		@Bean
		static BeanNameAutoProxyCreator creatorByName() {
			BeanNameAutoProxyCreator creator = new BeanNameAutoProxyCreator();
			creator.setProxyTargetClass(true);
			creator.setBeanNames("*ublicMethod");
			return creator;
		}

	}

	@Configuration(proxyBeanMethods = false)
	public static class Wrapping {

		@Bean
		static BeanPostProcessor wrapper() {
			return new BeanPostProcessor() {

				@Override
				public Object postProcessAfterInitialization(Object bean, String beanName) {
					if (!(bean instanceof Runnable task)) {
						return bean;
					}
					return Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Runnable.class },
							(proxy, method, arguments) -> method.invoke(task, arguments));
				}

			};
		}

	}

	public static class FromOtherPackage extends Inherited {

	}

	public static class Suspending {

		@Placed
		public Object run(Continuation<String> continuation) {
			throw new AssertionError("No start succeeds with this method");
		}

	}

	public static class PrivateMethod {

		@Placed
		private void run() {
			ran();
		}

	}

	public static class FinalMethod {

		@Placed
		public final void run() {
			ran();
		}

	}

	public static class StaticMethod {

		@Placed
		public static void run() {
			ran();
		}

	}

	public static final class FinalClass {

		@Placed
		public void run() {
			ran();
		}

	}

	record RecordBean() {

		@Placed
		void run() {
			ran();
		}

	}

	public static class PostConstructed {

		@PostConstruct
		@Placed
		public void run() {
			ran();
		}

	}

	public static class InheritsPostConstruct extends PostConstructed {

	}

	public static class WithPostConstruct {

		@PostConstruct
		public void run() {
		}

	}

	public static class OverridesPostConstruct extends WithPostConstruct {

		@Override
		@Placed
		public void run() {
			ran();
		}

	}

	public static class Destroyed {

		@PreDestroy
		@Placed
		public void run() {
			ran();
		}

	}

	public static class Initialized implements InitializingBean {

		@Override
		@Placed
		public void afterPropertiesSet() {
			ran();
		}

	}

	public static class Disposed implements DisposableBean {

		@Override
		@Placed
		public void destroy() {
			ran();
		}

	}

	@Configuration(proxyBeanMethods = false)
	public static class InitMethod {

		@Bean(initMethod = "run")
		PublicMethod bean() {
			return new PublicMethod();
		}

	}

	@Configuration(proxyBeanMethods = false)
	public static class Closed {

		@Bean
		Closing bean() {
			return new Closing();
		}

	}

	public static class Closing {

		@Placed
		public void close() {
			ran();
		}

	}

	public static class AutowiredMethod {

		@Autowired
		@Placed
		public void run(ObjectProvider<Runnable> tasks) {
			ran();
		}

	}

	public static class AwareMethod implements BeanNameAware {

		@Override
		@Placed
		public void setBeanName(String name) {
			ran();
		}

	}

	public static class ScheduledSelf {

		@Autowired
		private ScheduledSelf self;

		@Scheduled(fixedDelay = 60_000)
		@Placed
		public void run() {
			assertThat(this.self).isNotNull();
			ran();
		}

	}

	public interface Client {

		@Placed
		void run();

	}

	public static class ClientFactory implements FactoryBean<Client> {

		@Override
		public Client getObject() {
			return (Client) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Client.class },
					(proxy, method, arguments) -> {
						if (method.getName().equals("run")) {
							ran();
						}
						return null;
					});
		}

		@Override
		public Class<?> getObjectType() {
			return Client.class;
		}

	}

	@EnableAsync(proxyTargetClass = true)
	@Configuration(proxyBeanMethods = false)
	public static class EnabledAsync {

	}

	@EnableScheduling
	@Configuration(proxyBeanMethods = false)
	public static class EnabledScheduling {

	}

}
