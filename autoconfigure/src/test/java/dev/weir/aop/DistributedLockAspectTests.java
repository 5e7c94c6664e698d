package dev.weir.aop;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.annotation.DistributedLock;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseLostException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.resilience.annotation.EnableResilientMethods;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link DistributedLockAspect} in a real context, on the local store.
 */
@Timeout(60)
class DistributedLockAspectTests {

	private final ExecutorService threads = Executors.newCachedThreadPool();

	@AfterEach
	void end() {
		this.threads.shutdownNow();
	}

	@Test
	void oneCallerAtATimeRunsUnderAKey() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			inParallel(16, () -> guarded.count("same"));
			assertThat(guarded.mostInside()).hasValue(1);
			assertThat(guarded.calls()).hasValue(16);
		});
	}

	@Test
	void differentKeysDoNotExcludeEachOther() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			CountDownLatch both = new CountDownLatch(2);
			Future<?> one = this.threads.submit(() -> guarded.meet("one", both));
			Future<?> two = this.threads.submit(() -> guarded.meet("two", both));
			assertThat(one.get(20, TimeUnit.SECONDS)).isEqualTo(true);
			assertThat(two.get(20, TimeUnit.SECONDS)).isEqualTo(true);
		});
	}

	@Test
	void aCallerThatDoesNotWaitFailsAndTheMethodDoesNotRun() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			CountDownLatch inside = new CountDownLatch(1);
			CountDownLatch leave = new CountDownLatch(1);
			Future<?> holder = this.threads.submit(() -> guarded.hold(inside, leave));
			inside.await();
			assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(() -> guarded.hold(inside, leave))
				.withMessageContaining("Guarded.hold since")
				.withMessageContaining("the call does not wait");
			leave.countDown();
			holder.get(20, TimeUnit.SECONDS);
			assertThat(guarded.calls()).hasValue(1);
		});
	}

	@Test
	void exceptionsOfTheMethodReachTheCallerUnwrapped() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			assertThatExceptionOfType(IOException.class).isThrownBy(guarded::fail).withMessage("checked");
			assertThatExceptionOfType(IOException.class).isThrownBy(guarded::fail).withMessage("checked");
		});
	}

	@Test
	void theMethodSeesItsLeaseAndItsToken() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			long first = guarded.token();
			assertThat(guarded.token()).isGreaterThan(first);
		});
	}

	@Test
	void aConditionSkipsTheLock() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			assertThat(guarded.conditional(true)).isTrue();
			assertThat(guarded.conditional(false)).isFalse();
		});
	}

	@Test
	void aMethodThatExceedsItsTimeoutFails() {
		run((context) -> assertThatExceptionOfType(LeaseLostException.class)
			.isThrownBy(() -> context.getBean(Guarded.class).outrun())
			.withMessageContaining("its timeout passed"));
	}

	@Test
	void aNestedCallForTheSameKeyJoinsTheLease() {
		run((context) -> assertThat(context.getBean(Outer.class).nested("same")).isEqualTo("inside"));
	}

	@Test
	void releasesTheLockedKeyEvenIfTheArgumentChanges() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			List<String> argument = new ArrayList<>(List.of("before"));
			guarded.change(argument);
			assertThat(argument).containsExactly("after");
			guarded.change(new ArrayList<>(List.of("before")));
		});
	}

	@Test
	void aStageKeepsTheLockUntilItEnds() {
		run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<String> result = guarded.async(work);
			assertThat(guarded.async(new CompletableFuture<>())).failsWithin(Duration.ofSeconds(20))
				.withThrowableOfType(ExecutionException.class)
				.withCauseInstanceOf(LeaseBusyException.class);
			work.complete("done");
			assertThat(result).succeedsWithin(Duration.ofSeconds(20)).isEqualTo("done");
			assertThat(guarded.async(CompletableFuture.completedFuture("again")))
				.succeedsWithin(Duration.ofSeconds(20));
		});
	}

	@Test
	void aPropertyDisablesAPolicy() {
		runner().withPropertyValues("weir.lock.policies.token.enabled=false").run((context) -> {
			Guarded guarded = context.getBean(Guarded.class);
			assertThat(guarded.token()).isEqualTo(-1);
		});
	}

	@Test
	void readsTheCacheAgainAfterTheLockIsAcquired() {
		run((context) -> {
			Neighbours neighbours = context.getBean(Neighbours.class);
			inParallel(8, () -> neighbours.cached("key"));
			assertThat(neighbours.events()).containsOnlyOnce("compute");
		});
	}

	@Test
	void releasesTheLockAfterTheCommit() {
		run((context) -> {
			Neighbours neighbours = context.getBean(Neighbours.class);
			neighbours.transactional();
			assertThat(neighbours.events()).containsExactly("begin without lease false", "method in transaction true",
					"commit while locked true");
		});
	}

	@Test
	void releasesALockOfARunningTransactionAfterItsCommit() {
		run((context) -> {
			Neighbours neighbours = context.getBean(Neighbours.class);
			TransactionTemplate transaction = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			Lease lease = transaction.execute((status) -> {
				Lease held = neighbours.inTransaction();
				// The second call in the same transaction does not wait for the first.
				assertThat(neighbours.inTransaction()).isSameAs(held);
				TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

					@Override
					public void afterCommit() {
						neighbours.events().add("committed while locked " + held.isValid());
					}

				});
				return held;
			});
			assertThat(neighbours.events()).containsSubsequence("begin without lease true",
					"committed while locked true");
			assertThat(lease.isValid()).isFalse();
		});
	}

	@Test
	void rollsBackARunningTransactionWhoseLockWasLost() {
		run((context) -> {
			Neighbours neighbours = context.getBean(Neighbours.class);
			TransactionTemplate transaction = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			assertThatExceptionOfType(LeaseLostException.class)
				.isThrownBy(() -> transaction.executeWithoutResult((status) -> {
					Lease lease = neighbours.inTransactionShortly();
					await().until(() -> !lease.isValid());
				}));
			assertThat(neighbours.events()).containsExactly("begin without lease true", "rollback");
		});
	}

	@Test
	void acquiresTheLockOnTheAsyncThread() {
		run((context) -> {
			Neighbours neighbours = context.getBean(Neighbours.class);
			assertThat(neighbours.async().get(20, TimeUnit.SECONDS)).isNotEqualTo(Thread.currentThread().getName());
		});
	}

	@Test
	void eachRetryAcquiresTheLockAgain() {
		run((context) -> {
			Neighbours neighbours = context.getBean(Neighbours.class);
			long tokens = neighbours.retried();
			assertThat(tokens).isEqualTo(3);
		});
	}

	@Test
	void aPropertyDeterminesTheOrder() {
		runner().withPropertyValues("weir.lock.order=17")
			.run((context) -> assertThat(context.getBean("weirDistributedLockAdvisor", GuardAdvisor.class).getOrder())
				.isEqualTo(17));
		run((context) -> assertThat(context.getBean("weirDistributedLockAdvisor", GuardAdvisor.class).getOrder())
			.isEqualTo(Ordered.LOWEST_PRECEDENCE - 200));
	}

	private void inParallel(int count, Callable<?> call) throws Exception {
		List<Future<?>> all = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			all.add(this.threads.submit(call));
		}
		for (Future<?> one : all) {
			one.get(20, TimeUnit.SECONDS);
		}
	}

	private static void run(ContextConsumer<? super AssertableApplicationContext> test) {
		runner().run((context) -> {
			assertThat(context).hasNotFailed();
			test.accept(context);
		});
	}

	private static ApplicationContextRunner runner() {
		return new ApplicationContextRunner().withPropertyValues("weir.store=local")
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
					WeirAopAutoConfiguration.class))
			.withUserConfiguration(Beans.class);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableCaching
	@EnableAsync
	@EnableResilientMethods
	@EnableTransactionManagement
	static class Beans {

		@Bean
		Guarded guarded() {
			return new Guarded();
		}

		@Bean
		Inner inner() {
			return new Inner();
		}

		@Bean
		Outer outer(Inner inner) {
			return new Outer(inner);
		}

		@Bean
		Neighbours neighbours() {
			return new Neighbours();
		}

		@Bean
		ConcurrentMapCacheManager cacheManager() {
			return new ConcurrentMapCacheManager();
		}

		@Bean
		RecordingTransactionManager transactionManager(ObjectProvider<Neighbours> neighbours) {
			return new RecordingTransactionManager(neighbours);
		}

	}

	static class Guarded {

		final AtomicInteger calls = new AtomicInteger();

		final AtomicInteger inside = new AtomicInteger();

		final AtomicInteger mostInside = new AtomicInteger();

		AtomicInteger calls() {
			return this.calls;
		}

		AtomicInteger mostInside() {
			return this.mostInside;
		}

		@DistributedLock(name = "count", key = "#id")
		int count(String id) {
			this.mostInside.accumulateAndGet(this.inside.incrementAndGet(), Math::max);
			Thread.yield();
			this.inside.decrementAndGet();
			return this.calls.incrementAndGet();
		}

		@DistributedLock(name = "meet", key = "#id")
		boolean meet(String id, CountDownLatch both) throws InterruptedException {
			both.countDown();
			return both.await(20, TimeUnit.SECONDS);
		}

		@DistributedLock(name = "hold", waitTime = "0")
		void hold(CountDownLatch inside, CountDownLatch leave) {
			this.calls.incrementAndGet();
			inside.countDown();
			try {
				leave.await(20, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		@DistributedLock(name = "fail", waitTime = "0")
		void fail() throws IOException {
			throw new IOException("checked");
		}

		@DistributedLock(name = "token", fenced = true)
		long token() {
			return Lease.current().map(Lease::fencingToken).orElse(-1L);
		}

		@DistributedLock(name = "conditional", condition = "#lock")
		boolean conditional(boolean lock) {
			return Lease.current().isPresent();
		}

		@DistributedLock(name = "outrun", timeout = "500ms")
		void outrun() {
			Lease lease = Lease.current().orElseThrow();
			await().until(() -> !lease.isValid());
		}

		@DistributedLock(name = "change", key = "#values[0]", waitTime = "0")
		void change(List<String> values) {
			values.set(0, "after");
		}

		@DistributedLock(name = "async", waitTime = "0")
		CompletableFuture<String> async(CompletableFuture<String> work) {
			return work;
		}

	}

	static class Outer {

		private final Inner inner;

		Outer(Inner inner) {
			this.inner = inner;
		}

		@DistributedLock(name = "nested", key = "#id", waitTime = "0")
		String nested(String id) {
			return this.inner.nested(id);
		}

	}

	static class Inner {

		@DistributedLock(name = "nested", key = "#id", waitTime = "0")
		String nested(String id) {
			return "inside";
		}

	}

	static class Neighbours {

		final List<String> events = Collections.synchronizedList(new ArrayList<>());

		final AtomicInteger attempts = new AtomicInteger();

		List<String> events() {
			return this.events;
		}

		@DistributedLock(name = "cached", key = "#id")
		@Cacheable("cached")
		String cached(String id) {
			this.events.add("compute");
			return "value";
		}

		@DistributedLock(name = "transactional", waitTime = "0")
		@Transactional
		void transactional() {
			this.events.add("method in transaction " + TransactionSynchronizationManager.isActualTransactionActive());
		}

		@DistributedLock(name = "in-transaction", waitTime = "0")
		Lease inTransaction() {
			return Lease.current().orElseThrow();
		}

		@DistributedLock(name = "in-transaction-shortly", timeout = "500ms", waitTime = "0")
		Lease inTransactionShortly() {
			return Lease.current().orElseThrow();
		}

		@Async
		@DistributedLock(name = "async-neighbour", waitTime = "0")
		CompletableFuture<String> async() {
			return CompletableFuture
				.completedFuture(Lease.current().isPresent() ? Thread.currentThread().getName() : "without lease");
		}

		@Retryable(includes = IllegalStateException.class, maxRetries = 2, delay = 1)
		@DistributedLock(name = "retried", waitTime = "0", fenced = true)
		int retried() {
			if (this.attempts.incrementAndGet() < 3) {
				throw new IllegalStateException("again");
			}
			return this.attempts.get();
		}

	}

	/**
	 * Records whether there is a lease when a transaction begins or commits. Also records
	 * rollbacks.
	 */
	@SuppressWarnings("serial")
	static class RecordingTransactionManager extends AbstractPlatformTransactionManager {

		private final transient ObjectProvider<Neighbours> neighbours;

		RecordingTransactionManager(ObjectProvider<Neighbours> neighbours) {
			this.neighbours = neighbours;
		}

		@Override
		protected Object doGetTransaction() {
			return new Object();
		}

		@Override
		protected void doBegin(Object transaction, TransactionDefinition definition) {
			this.neighbours.getObject().events().add("begin without lease " + Lease.current().isEmpty());
		}

		@Override
		protected void doCommit(DefaultTransactionStatus status) {
			boolean locked = Lease.current().map(Lease::isValid).orElse(false);
			this.neighbours.getObject().events().add("commit while locked " + locked);
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
			this.neighbours.getObject().events().add("rollback");
		}

	}

}
