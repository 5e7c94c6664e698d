package dev.weir.autoconfigure;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.Semaphore;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.outgoing.OutgoingRequest;
import dev.weir.policy.RateLimitSettings;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.AnnotationConfigUtils;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.TestCompiler;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.javapoet.ClassName;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests ahead-of-time processing: the context of an application starts from generated
 * code, and the hints for a native image cover the use of reflection.
 */
@Timeout(90)
@Tag("long")
class AotTests {

	@Test
	@CompileWithForkedClassLoader
	@SuppressWarnings("unchecked")
	void aContextThatWasProcessedAheadOfTimeStartsAndGuards() {
		TestGenerationContext generated = new TestGenerationContext(Guarded.class);
		ClassName initializer = process(generated);
		TestCompiler.forSystem().with(generated).compile((compiled) -> {
			GenericApplicationContext context = new GenericApplicationContext();
			TestPropertyValues.of("weir.store=local", "weir.semaphore.policies.permit.limit=1").applyTo(context);
			compiled.getInstance(ApplicationContextInitializer.class, initializer.toString()).initialize(context);
			context.refresh();
			try (context) {
				Guarded guarded = context.getBean(Guarded.class);
				assertThat(guarded.lock("7")).isEqualTo("weir:lock:7");
				try (Lease lease = context.getBean(LockOperations.class).acquire(LockSpec.of("lock", "7"))) {
					assertThat(lease.isValid()).isTrue();
					assertThat(guarded.lock("7")).isEqualTo("busy 7");
				}
				assertThat(guarded.permit()).isEqualTo("weir:permit");
			}
		});
	}

	@Test
	void theHintsCoverResourcesAndReflection() throws Exception {
		TestGenerationContext generated = new TestGenerationContext(Guarded.class);
		process(generated);
		RuntimeHints hints = generated.getRuntimeHints();
		assertThat(RuntimeHintsPredicates.resource().forResource("dev/weir/redis/lock-acquire.lua")).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection()
			.onMethodInvocation(OutgoingRequest.class.getMethod("attribute", String.class))).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection()
			.onMethodInvocation(Guarded.class.getDeclaredMethod("busy", String.class, LeaseBusyException.class)))
			.accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Guarded.class.getDeclaredMethod("limited")))
			.accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection()
			.onConstructorInvocation(RateLimitSettings.class.getDeclaredConstructors()[0])).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection()
			.onMethodInvocation(Class.forName("dev.weir.actuate.LiveLease").getMethod("purpose"))).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onFieldAccess(LettuceConnectionFactory.class, "configuration"))
			.accepts(hints);
	}

	private static ClassName process(TestGenerationContext generated) {
		GenericApplicationContext context = new GenericApplicationContext();
		TestPropertyValues.of("weir.store=local", "weir.semaphore.policies.permit.limit=1").applyTo(context);
		AnnotationConfigUtils.registerAnnotationConfigProcessors(context);
		context.registerBeanDefinition("application", new RootBeanDefinition(Application.class));
		for (Class<?> configuration : AutoConfigurations
			.getClasses(AutoConfigurations.of(AllAutoConfigurations.with(AopAutoConfiguration.class)))) {
			context.registerBeanDefinition(configuration.getName(), new RootBeanDefinition(configuration));
		}
		ClassName initializer = new ApplicationContextAotGenerator().processAheadOfTime(context, generated);
		generated.writeGeneratedContent();
		return initializer;
	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean
		Guarded guarded() {
			return new Guarded();
		}

	}

	static class Guarded {

		@DistributedLock(name = "lock", key = "#id", waitTime = "0", fallback = "busy")
		String lock(String id) {
			return Lease.current().orElseThrow().key();
		}

		String busy(String id, LeaseBusyException failure) {
			return "busy " + id;
		}

		@Semaphore(name = "permit")
		String permit() {
			return Lease.current().orElseThrow().key();
		}

		@RateLimited(limit = 5)
		void limited() {
		}

	}

}
