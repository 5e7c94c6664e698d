package dev.weir.aop;

import java.util.Map;
import java.util.concurrent.Future;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.RedisTransactional;
import dev.weir.annotation.Semaphore;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirOutgoingAutoConfiguration;
import dev.weir.autoconfigure.WeirRateLimitAutoConfiguration;
import dev.weir.autoconfigure.WeirTransactionAutoConfiguration;
import dev.weir.lease.Lease;
import dev.weir.outgoing.OutgoingRateLimits;
import dev.weir.policy.InvalidPolicyException;
import dev.weir.ratelimit.RateLimitExceededException;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;
import org.springframework.core.env.MapPropertySource;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link GuardedMethodCheck}: no method with the annotation may run unguarded.
 */
@ExtendWith(OutputCaptureExtension.class)
class GuardedMethodCheckTests {

	@Test
	void startsWithABeanWithoutMistakes() {
		runner(Fine.class).run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void aMistakeInALazyBeanFailsTheStartToo() {
		new ApplicationContextRunner().withPropertyValues("weir.store=local")
			.withConfiguration(configurations())
			.withBean(WrongKey.class, () -> {
				throw new AssertionError("created");
			}, (definition) -> definition.setLazyInit(true))
			.run((context) -> assertMistakes(context.getStartupFailure()).hasMessageContaining("#txet"));
	}

	@Test
	void reportsAllMistakesAtOnce() {
		runner(WrongKey.class, PrivateMethod.class, FinalMethod.class)
			.run((context) -> assertMistakes(context.getStartupFailure()).hasMessageContaining("#txet")
				.hasMessageContaining("the method is private")
				.hasMessageContaining("the method is final"));
	}

	@Test
	void rejectsAnAnnotationOnAMethodOfAnInterface() {
		runner(OnInterface.class).run((context) -> assertMistakes(context.getStartupFailure())
			.hasMessageContaining("the annotation is on the method of an interface"));
	}

	@ParameterizedTest
	@ValueSource(classes = { OfLimitedInterface.class, OfLimitedClass.class })
	void rejectsAnAnnotationOnAnInterfaceOrASuperclass(Class<?> bean) {
		runner(bean).run((context) -> assertMistakes(context.getStartupFailure())
			.hasMessageContaining(bean.getSimpleName() + ".run")
			.hasMessageContaining("the annotation is on an interface or a superclass of its class")
			.hasMessageContaining("The annotation may also be on that class"));
	}

	@Test
	void aClassLevelAnnotationGuardsInheritedMethods() {
		runner(Inheriting.class).run((context) -> {
			assertThat(context).hasNotFailed();
			context.getBean(Inheriting.class).run();
			assertThatExceptionOfType(RateLimitExceededException.class)
				.isThrownBy(() -> context.getBean(Inheriting.class).run());
		});
	}

	@Test
	void rejectsAnInheritedHandlerThatTheAnnotationOfTheClassDoesNotGuard() {
		runner(InheritingController.class).run((context) -> assertMistakes(context.getStartupFailure())
			.hasMessageContaining("InheritingController.list")
			.hasMessageContaining("guards only the methods that the class declares")
			.hasMessageContaining("Override the method"));
	}

	@Test
	void warnsOfInheritedMethodsThatTheAnnotationOfTheClassDoesNotGuard(CapturedOutput output) {
		runner(InheritingService.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(output).contains("does not guard the inherited method")
				.contains("InheritingService.list. Override the method to guard it");
		});
	}

	@Test
	void theAnnotationOfAControllerGuardsOnlyItsHandlers() {
		runner(LimitedController.class).run((context) -> {
			LimitedController controller = context.getBean(LimitedController.class);
			for (int i = 0; i < 5; i++) {
				controller.model();
				controller.handle(new IllegalStateException());
			}
			controller.list();
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(controller::list);
			assertThat(controller.handle(new IllegalStateException())).isEqualTo("handled");
		});
	}

	@Test
	void rejectsAStaticMethod() {
		runner(StaticMethod.class)
			.run((context) -> assertMistakes(context.getStartupFailure()).hasMessageContaining("the method is static"));
	}

	@Test
	void rejectsResultsWhoseEndWeirCannotDetect() {
		runner(LateResults.class).run((context) -> assertMistakes(context.getStartupFailure())
			.hasMessageContaining("the method returns java.util.concurrent.Future<java.lang.String>")
			.hasMessageContaining("the method returns reactor.core.publisher.Mono<reactor.core.publisher.Flux")
			.hasMessageContaining("Weir cannot detect when the work behind this result ends")
			.hasMessageContaining("Return a plain value, a CompletionStage or a reactive type"));
	}

	@Test
	void rejectsALockAndASemaphoreWithTheSameName() {
		runner(SameName.class)
			.run((context) -> assertMistakes(context.getStartupFailure()).hasMessageContaining("name = \"same\"")
				.hasMessageContaining("SameName.lock has the same name, and therefore the same keys"));
	}

	@Test
	void rejectsPoliciesWhoseKeysCanBeEqual() {
		runner(MeetingKeys.class).run((context) -> assertMistakes(context.getStartupFailure())
			.hasMessageContaining("would have the same key in Redis")
			.hasMessageContaining("'export'")
			.hasMessageContaining("Give one of them another name"));
	}

	@Test
	void warnsOfACallThatBypassesTheProxy(CapturedOutput output) {
		runner(CallsItself.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(output).contains("CallsItself, caller calls lock on the same object.")
				.contains("This call bypasses the proxy and runs without @DistributedLock");
		});
	}

	@Test
	void rejectsDifferentLimitsOfMethodsThatShareASemaphore() {
		runner(TwoLimits.class).run((context) -> assertMistakes(context.getStartupFailure())
			.hasMessageContaining("the limit of this method is 3, but the limit of ")
			.hasMessageContaining("TwoLimits.four is 4"));
		runner(TwoLimits.class).withPropertyValues("weir.semaphore.policies.limited.limit=5")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void aSemaphoreNeedsALimitInTheAnnotationOrInAProperty() {
		runner(NoLimit.class).run((context) -> assertMistakes(context.getStartupFailure())
			.hasMessageContaining("NoLimit.run: limit: the limit is missing"));
		runner(NoLimit.class).withPropertyValues("weir.semaphore.policies.unlimited.limit=5")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void guardsWithoutTheAutoProxyingOfSpringBoot() {
		runner(Fine.class).withPropertyValues("spring.aop.auto=false").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(Fine.class).key()).isEqualTo("weir:fine");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "true", "false" })
	void guardsWithAndWithoutAspectj(boolean aspectj) {
		ClassLoader loader = aspectj ? getClass().getClassLoader() : new FilteredClassLoader("org.aspectj");
		runner(Fine.class).withClassLoader(loader).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(Fine.class).key()).isEqualTo("weir:fine");
		});
	}

	@Test
	void rejectsAFinalClassTogetherWithTheOtherMistakes() {
		runner(FinalClass.class, FinalClassWithInterface.class, WrongKey.class)
			.run((context) -> assertMistakes(context.getStartupFailure())
				.hasMessageContaining(
						"FinalClass.run: @DistributedLock: no proxy can guard the method: " + "its class is final")
				.hasMessageContaining("FinalClassWithInterface.run: @DistributedLock: no proxy can guard the method")
				.hasMessageContaining("#txet"));
	}

	@Test
	void guardsAFinalClassByAProxyOfItsInterface() {
		runner(FinalClassWithInterface.class).withPropertyValues("spring.aop.proxy-target-class=false")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(Contract.class).run()).isEqualTo("weir:final");
			});
	}

	@ParameterizedTest
	@ValueSource(classes = { PostConstructed.class, Destroyed.class, Initialized.class })
	void rejectsLifecycleMethodsOfTheContainer(Class<?> type) {
		runner(type).run((context) -> assertMistakes(context.getStartupFailure())
			.hasMessageContaining("the method would run unguarded: it is ")
			.hasMessageContaining("which the container calls on the object itself, not on its proxy"));
	}

	@Test
	void rejectsInitMethodsOfBeanDefinitions() {
		new ApplicationContextRunner().withPropertyValues("weir.store=local")
			.withConfiguration(configurations())
			.withBean(Fine.class, Fine::new,
					(definition) -> ((AbstractBeanDefinition) definition).setInitMethodName("key"))
			.run((context) -> assertMistakes(context.getStartupFailure())
				.hasMessageContaining("it is the init or destroy method of the bean"));
	}

	@Test
	void rejectsABeanThatABeanPostProcessorNeeds() {
		runner(Fine.class).withUserConfiguration(EarlyBean.class)
			.run((context) -> assertMistakes(context.getStartupFailure())
				.hasMessageContaining("the method would run unguarded: the bean 'fine' has no proxy of Weir's aspect")
				.hasMessageContaining("usually a BeanPostProcessor"));
	}

	@Test
	void failsTheStartWithoutAStore() {
		runner(Fine.class).withPropertyValues("weir.store=redis")
			.run((context) -> assertMistakes(context.getStartupFailure())
				.hasMessageContaining("the method would run unguarded")
				.hasMessageContaining("There is no store for leases"));
	}

	@Test
	void transactionsNeedRedis() {
		runner(Transactional.class).withConfiguration(AutoConfigurations.of(WeirTransactionAutoConfiguration.class))
			.run((context) -> assertMistakes(context.getStartupFailure())
				.hasMessageContaining("the method would run unguarded")
				.hasMessageContaining("Transactions need Redis, and 'weir.store' is local"));
	}

	@Test
	void checksNothingIfWeirIsDisabled() {
		runner(WrongKey.class).withPropertyValues("weir.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(GuardedMethodCheck.class));
	}

	@Test
	void doesNotWarnOfPropertiesForLocksOfCaches(CapturedOutput output) {
		runner(Fine.class).withPropertyValues("weir.lock.policies.cache.wait-time=3s")
			.run((context) -> assertThat(output).contains("'weir.lock.policies.cache.*' apply to no method"));
		int before = output.length();
		runner(Fine.class).withPropertyValues("weir.lock.policies.cache.wait-time=3s", "weir.cache.single-flight=books")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(output.toString().substring(before)).doesNotContain("apply to no method");
			});
	}

	@Test
	void doesNotWarnOfPropertiesForCodeThatIsReadyAtTheStart(CapturedOutput output) {
		runner(Fine.class)
			.withPropertyValues("weir.rate-limit.policies.provider.limit=5/1m",
					"weir.rate-limit.policies.provdier.limit=5/1m")
			.withConfiguration(AutoConfigurations.of(WeirOutgoingAutoConfiguration.class))
			.withUserConfiguration(LimitedProvider.class)
			.run((context) -> assertThat(output).contains("'weir.rate-limit.policies.provdier.*' apply to no method")
				.doesNotContain("'weir.rate-limit.policies.provider.*' apply"));
	}

	@Test
	void warnsOfAPropertyForAPolicyThatDoesNotExist(CapturedOutput output) {
		runner(Fine.class)
			.withPropertyValues("weir.lock.policies.fnie.timeout=3s", "weir.lock.policies.fine.timeout=3s",
					"weir.lock.policies.different.timeout=3s")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(output).contains("'weir.lock.policies.fnie.*' apply to no method")
					.contains("Did you mean 'fine'?")
					.contains("'weir.lock.policies.different.*' apply to no method")
					.contains("The known names are [fine]")
					.doesNotContain("'weir.lock.policies.fine.*' apply");
			});
	}

	@Test
	void aNameWithoutItsSpecialCharactersIsForThePolicy(CapturedOutput output) {
		runner(NameWithColon.class)
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("yaml", Map.of("weir.semaphore.policies.order:export.limit", "5"))))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(output).doesNotContain("apply to no method");
			});
	}

	@Test
	void rejectsABeanWithoutAProxyInATestThatReplacesOtherBeans() {
		runner(Fine.class).withUserConfiguration(OrderedEarlyBean.class)
			.withInitializer((context) -> context.getBeanFactory()
				.registerSingleton("org.springframework.test.context.bean.override.internalBeanOverridePostProcessor",
						new Object()))
			.run((context) -> assertMistakes(context.getStartupFailure())
				.hasMessageContaining("the bean 'fine' has no proxy of Weir's aspect"));
	}

	private static AbstractThrowableAssert<?, ? extends Throwable> assertMistakes(Throwable failure) {
		return Assertions.assertThat(failure).isInstanceOf(InvalidPolicyException.class);
	}

	private static AutoConfigurations configurations() {
		return AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
				WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class);
	}

	private static ApplicationContextRunner runner(Class<?>... beans) {
		ApplicationContextRunner runner = new ApplicationContextRunner().withPropertyValues("weir.store=local")
			.withConfiguration(configurations());
		for (Class<?> bean : beans) {
			String name = Character.toLowerCase(bean.getSimpleName().charAt(0)) + bean.getSimpleName().substring(1);
			runner = runner.withInitializer((context) -> ((BeanDefinitionRegistry) context.getBeanFactory())
				.registerBeanDefinition(name, definition(bean)));
		}
		return runner;
	}

	private static BeanDefinition definition(Class<?> type) {
		return new RootBeanDefinition(type);
	}

	@Configuration(proxyBeanMethods = false)
	static class LimitedProvider {

		@Bean
		ClientHttpRequestInterceptor provider(OutgoingRateLimits limits) {
			return limits.limit("provider");
		}

	}

	public static class Fine {

		@DistributedLock("fine")
		public String key() {
			return Lease.current().map(Lease::key).orElse("unguarded");
		}

	}

	static final class FinalClass {

		@DistributedLock
		void run() {
		}

	}

	static final class FinalClassWithInterface implements Contract {

		@Override
		@DistributedLock("final")
		public String run() {
			return Lease.current().map(Lease::key).orElse("unguarded");
		}

	}

	static class PostConstructed {

		@PostConstruct
		@DistributedLock
		void run() {
		}

	}

	static class Destroyed {

		@PreDestroy
		@Semaphore(limit = 1)
		void run() {
		}

	}

	static class Initialized implements InitializingBean {

		@Override
		@DistributedLock
		public void afterPropertiesSet() {
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class EarlyBean {

		@Bean
		static Needing needsAGuardedBean(Fine fine) {
			return new Needing(fine);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OrderedEarlyBean {

		@Bean
		static OrderedNeeding needsAGuardedBean(Fine fine) {
			return new OrderedNeeding(fine);
		}

	}

	record OrderedNeeding(Fine fine) implements BeanPostProcessor, Ordered {

		@Override
		public int getOrder() {
			return 0;
		}

	}

	record Needing(Fine fine) implements BeanPostProcessor, PriorityOrdered {

		@Override
		public int getOrder() {
			return 0;
		}

	}

	static class Transactional {

		@RedisTransactional
		void run() {
		}

	}

	static class WrongKey {

		@DistributedLock(key = "#txet")
		void run(String text) {
		}

	}

	static class PrivateMethod {

		@DistributedLock
		private void run() {
		}

	}

	static class FinalMethod {

		@DistributedLock
		final void run() {
		}

	}

	static class StaticMethod {

		@DistributedLock
		static void run() {
		}

	}

	interface Contract {

		String run();

	}

	interface GuardedContract {

		@DistributedLock
		void run();

	}

	static class OnInterface implements GuardedContract {

		@Override
		public void run() {
		}

	}

	@RateLimited(limit = 1, window = "1h")
	interface LimitedContract {

		void run();

	}

	static class OfLimitedInterface implements LimitedContract {

		@Override
		public void run() {
		}

	}

	@RateLimited(limit = 1, window = "1h")
	public static class LimitedClass {

		public void run() {
		}

	}

	static class OfLimitedClass extends LimitedClass {

		@Override
		public void run() {
		}

	}

	static class Inheriting extends LimitedClass {

	}

	public static class UnlimitedController {

		@GetMapping("/list")
		public String list() {
			return "list";
		}

	}

	@RateLimited(name = "inheriting-controller", limit = 1)
	@RestController
	public static class InheritingController extends UnlimitedController {

	}

	@RateLimited(name = "inheriting-service", limit = 1)
	public static class InheritingService extends UnlimitedService {

		public void run() {
		}

	}

	public static class UnlimitedService {

		public void list() {
		}

	}

	@RateLimited(name = "limited-controller", limit = 1)
	@RestController
	public static class LimitedController {

		@ModelAttribute
		public String model() {
			return "model";
		}

		@ExceptionHandler
		public String handle(IllegalStateException ex) {
			return "handled";
		}

		@GetMapping("/limited")
		public String list() {
			return "list";
		}

	}

	static class LateResults {

		@DistributedLock
		Mono<Flux<String>> nested() {
			return Mono.empty();
		}

		@DistributedLock
		Future<String> future() {
			return null;
		}

	}

	static class SameName {

		@DistributedLock("same")
		void lock() {
		}

		@Semaphore(name = "same", limit = 3)
		void semaphore() {
		}

	}

	static class CallsItself {

		@DistributedLock
		void lock() {
		}

		void caller() {
			lock();
		}

	}

	static class NameWithColon {

		@Semaphore(name = "order:export", limit = 1)
		void semaphore() {
		}

	}

	static class MeetingKeys {

		@DistributedLock(name = "order", key = "#id")
		void lock(String id) {
		}

		@Semaphore(name = "order:export", limit = 3)
		void semaphore() {
		}

	}

	static class TwoLimits {

		@Semaphore(name = "limited", limit = 3)
		void three() {
		}

		@Semaphore(name = "limited", limit = 4)
		void four() {
		}

	}

	static class NoLimit {

		@Semaphore("unlimited")
		void run() {
		}

	}

}
