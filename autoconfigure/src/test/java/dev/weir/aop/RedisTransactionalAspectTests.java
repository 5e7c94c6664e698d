package dev.weir.aop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RedisTransactional;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRedisAutoConfiguration;
import dev.weir.autoconfigure.WeirTransactionAutoConfiguration;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseLostException;
import dev.weir.redis.TestRedis;
import dev.weir.transaction.OptimisticLockException;
import dev.weir.transaction.Pending;
import dev.weir.transaction.RedisTransactionOperations;
import org.assertj.core.api.ThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.SavepointManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.interceptor.TransactionAspectSupport;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link RedisTransactionalAspect} in a real context, on a real Redis.
 */
@Timeout(60)
class RedisTransactionalAspectTests {

	private static final AtomicInteger COMMITS = new AtomicInteger();

	private static TestRedis redis;

	private static ConfigurableApplicationContext context;

	private Service service;

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		context = new SpringApplicationBuilder(Application.class, Database.class, Service.class)
			.web(WebApplicationType.NONE)
			.properties("spring.data.redis.url=" + redis.server().uri(), "weir.redis.timeout=20s",
					"spring.data.redis.connect-timeout=20s")
			.run();
	}

	@AfterAll
	static void stop() {
		context.close();
		redis.close();
	}

	@BeforeEach
	void clean() {
		redis.server().command("FLUSHALL");
		this.service = context.getBean(Service.class);
		this.service.calls().set(0);
	}

	@Test
	void appliesTheWritesOnReturnWithoutASpringTransaction() {
		Pending<Long> answer = this.service.twice();
		assertThat(answer.get()).isEqualTo(2);
		assertThat(number("n")).isEqualTo(2);
		assertThatExceptionOfType(IllegalCallerException.class).isThrownBy(this.service::fails);
		assertThat(number("n")).isEqualTo(2);
		// Outside of an annotated method, a transaction is applied at once.
		this.service.plain();
		assertThat(number("n")).isEqualTo(3);
	}

	@Test
	void appliesNothingIfTheResultEndsLater() {
		assertThatIllegalStateException().isThrownBy(this.service::endsLater)
			.withMessageContaining("Service.endsLater returned java.util.concurrent.CompletableFuture")
			.withMessageContaining("would not be a part of the transaction");
		assertThat(redis.server().command("EXISTS", "n")).isEqualTo(0L);
	}

	@Test
	void theWritesOfACalledMethodArePartOfTheTransaction() {
		this.service.callsOneThatFails();
		assertThat(number("n")).isEqualTo(11);
	}

	@Test
	void retriesAMethodIfItsAnnotationHasRetries() {
		this.service.conflicts(1);
		assertThat(number("n")).isEqualTo(2);
		assertThat(this.service.calls()).hasValue(2);
		this.service.calls().set(0);
		assertThatExceptionOfType(OptimisticLockException.class).isThrownBy(() -> this.service.conflictsOnce(1));
		assertThat(this.service.calls()).hasValue(1);
	}

	@Test
	void appliesTheWritesAfterTheCommitAndNotAfterTheRollback() {
		this.service.commits();
		assertThat(number("n")).isEqualTo(2);
		assertThatExceptionOfType(IllegalCallerException.class).isThrownBy(this.service::rollsBack);
		assertThat(number("n")).isEqualTo(2);
	}

	@Test
	void appliesAllMethodsOfASpringTransactionTogether() {
		redis.resetCommandCounts();
		this.service.outer(() -> {
			this.service.twice();
			this.service.commits();
			assertThatExceptionOfType(IllegalCallerException.class).isThrownBy(this.service::fails);
			assertThat(redis.scriptCalls()).isZero();
		});
		assertThat(number("n")).isEqualTo(4);
		assertThatExceptionOfType(IllegalCallerException.class).isThrownBy(() -> this.service.outer(() -> {
			this.service.twice();
			throw new IllegalCallerException();
		}));
		assertThat(number("n")).isEqualTo(4);
	}

	@Test
	void aSpringTransactionWithinAnotherHasItsOwnWrites() {
		assertThatExceptionOfType(IllegalCallerException.class).isThrownBy(() -> this.service.outerCollects(() -> {
			this.service.separate();
			assertThat(number("n")).isEqualTo(100);
			throw new IllegalCallerException();
		}));
		assertThat(number("n")).isEqualTo(100);
	}

	@Test
	void aConflictAfterTheCommitReachesTheCaller() {
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> this.service.outer(() -> this.service.conflicts(5)));
		assertThat(number("n")).isEqualTo(1);
		assertThat(this.service.calls()).hasValue(1);
	}

	@Test
	void ignoresTimeoutAndRetriesWithASpringTransaction() {
		this.service.commitsLate();
		assertThat(number("n")).isEqualTo(1);
		int commits = COMMITS.get();
		assertThatExceptionOfType(OptimisticLockException.class).isThrownBy(() -> this.service.conflictsAndCommits(1));
		assertThat(this.service.calls()).hasValue(1);
		assertThat(COMMITS).hasValue(commits + 1);
	}

	@Test
	void appliesTheWritesOfCallbacksAfterARollback() {
		assertThatExceptionOfType(IllegalCallerException.class)
			.isThrownBy(() -> this.service.compensates(() -> this.service.hundred()));
		assertThat(number("n")).isEqualTo(100);
		assertThatExceptionOfType(IllegalCallerException.class)
			.isThrownBy(() -> this.service.compensates(() -> this.service.twice()));
		assertThat(number("n")).isEqualTo(102);
	}

	@Test
	void appliesNothingAfterARollbackWithoutAnException() {
		this.service.marksItForRollback();
		assertThat(redis.server().number("EXISTS", "n")).isZero();
	}

	@Test
	void aRollbackWithinTheMethodDropsTheWritesOfThatTransaction() {
		this.service.collects(() -> {
			this.service.add(1);
			assertThatExceptionOfType(IllegalCallerException.class).isThrownBy(() -> this.service.outer(() -> {
				this.service.hundred();
				throw new IllegalCallerException();
			}));
			this.service.outer(() -> {
				this.service.hundred();
				assertThat(redis.server().number("EXISTS", "n")).isZero();
			});
			// The writes of the inner transaction are applied after its commit.
			assertThat(number("n")).isEqualTo(100);
		});
		assertThat(number("n")).isEqualTo(101);
	}

	@Test
	void writesWithinARedisTransactionFollowTheSpringTransaction() {
		assertThatExceptionOfType(IllegalCallerException.class).isThrownBy(() -> this.service.outer(() -> {
			this.service.callsInATransaction(() -> this.service.hundred());
			throw new IllegalCallerException();
		}));
		// Outside of an annotated method, a transaction is applied at once.
		assertThat(number("n")).isEqualTo(1);
		this.service.outer(() -> this.service.callsInATransaction(() -> this.service.hundred()));
		assertThat(number("n")).isEqualTo(102);
	}

	@Test
	void appliesTheWritesOfACallbackAfterTheCommit() {
		this.service.outer(() -> afterCommit(this.service::hundred));
		assertThat(number("n")).isEqualTo(100);
	}

	@Test
	void aCallbackAfterTheCommitReadsTheWritesAndCanWriteMore() {
		this.service.outer(() -> {
			this.service.twice();
			afterCommit(() -> {
				assertThat(number("n")).isEqualTo(2);
				this.service.hundred();
				assertThat(number("n")).isEqualTo(102);
			});
		});
		assertThat(number("n")).isEqualTo(102);
	}

	@Test
	void otherCallbacksRunDespiteAFailureAfterTheCommit() {
		List<String> callbacks = new ArrayList<>();
		assertThatExceptionOfType(OptimisticLockException.class).isThrownBy(() -> this.service.outer(() -> {
			afterCommit(() -> callbacks.add("before"));
			this.service.conflicts(5);
			afterCommit(() -> callbacks.add("after"));
		}));
		assertThat(callbacks).containsExactly("before", "after");
	}

	@Test
	void aRollbackToASavepointDropsTheLaterWrites() {
		this.service.outer(() -> {
			this.service.twice();
			failsWithin(() -> this.service.nested(() -> {
				this.service.hundred();
				throw new IllegalCallerException();
			}));
			this.service.nested(() -> {
				this.service.twice();
				failsWithin(() -> this.service.nested(() -> {
					this.service.hundred();
					throw new IllegalCallerException();
				}));
			});
		});
		assertThat(number("n")).isEqualTo(4);
	}

	@Test
	void aRollbackToASavepointBeforeAllWritesDropsThemAll() {
		this.service.outer(() -> {
			failsWithin(() -> this.service.nested(() -> {
				this.service.hundred();
				throw new IllegalCallerException();
			}));
			this.service.twice();
		});
		assertThat(number("n")).isEqualTo(2);
	}

	private static void failsWithin(ThrowableAssert.ThrowingCallable work) {
		assertThatExceptionOfType(IllegalCallerException.class).isThrownBy(work);
	}

	private static void afterCommit(Runnable work) {
		TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

			@Override
			public void afterCommit() {
				work.run();
			}

		});
	}

	@Test
	void appliesNothingIfTheLockIsLostBeforeTheCommit() {
		assertThatExceptionOfType(LeaseLostException.class).isThrownBy(this.service::losesItsLock);
		assertThat(redis.server().number("EXISTS", "n")).isZero();
		this.service.keepsItsLock();
		assertThat(number("n")).isEqualTo(1);
		assertThat(redis.server().number("EXISTS", "weir:kept")).isZero();
	}

	@Test
	void mistakesFailTheStart() {
		new ApplicationContextRunner().withUserConfiguration(Application.class)
			.withBean(Mistaken.class)
			.withPropertyValues("spring.data.redis.url=redis://127.0.0.1:1")
			.run((failed) -> assertThat(failed).hasFailed()
				.getFailure()
				.hasMessageContaining("returns java.util.concurrent.CompletableFuture<java.lang.String>")
				.hasMessageContaining("executeAsync")
				.hasMessageContaining("retries = \"-1\"")
				.hasMessageContaining("timeout = \"soon\"")
				.hasMessageContaining("the method is private"));
	}

	private static long number(String key) {
		return Long.parseLong(redis.server().text("GET", key));
	}

	public static class Service {

		private final RedisTransactionOperations transactions;

		private final AtomicInteger calls = new AtomicInteger();

		private @Nullable Service self;

		Service(RedisTransactionOperations transactions) {
			this.transactions = transactions;
		}

		@Autowired
		void setSelf(@Lazy Service self) {
			this.self = self;
		}

		private Service self() {
			assertThat(this.self).isNotNull();
			return this.self;
		}

		public AtomicInteger calls() {
			return this.calls;
		}

		void add(int count) {
			this.transactions.executeWithoutResult((tx) -> tx.increment("n", count));
		}

		public void plain() {
			add(1);
		}

		@RedisTransactional
		public Pending<Long> twice() {
			add(1);
			return this.transactions.execute((tx) -> tx.increment("n", 1));
		}

		@RedisTransactional
		public void fails() {
			add(100);
			throw new IllegalCallerException();
		}

		@RedisTransactional
		public void callsOneThatFails() {
			add(10);
			assertThatExceptionOfType(IllegalCallerException.class).isThrownBy(() -> self().fails());
			add(1);
		}

		@RedisTransactional
		public Object endsLater() {
			twice();
			return new CompletableFuture<>();
		}

		@RedisTransactional(retries = 3)
		public void conflicts(int times) {
			readAndWrite(times);
		}

		@RedisTransactional
		public void conflictsOnce(int times) {
			readAndWrite(times);
		}

		private void readAndWrite(int times) {
			this.transactions.executeWithoutResult((tx) -> {
				Long value = tx.get("n", Long.class);
				if (this.calls.incrementAndGet() <= times) {
					redis.server().command("INCR", "n");
				}
				tx.set("n", ((value != null) ? value : 0) + 1);
			});
		}

		@Transactional
		@RedisTransactional
		public void commits() {
			add(1);
			add(1);
		}

		@Transactional
		@RedisTransactional
		public void rollsBack() {
			add(100);
			throw new IllegalCallerException();
		}

		@Transactional
		@RedisTransactional(timeout = "1ms")
		public void commitsLate() {
			add(1);
			long begin = System.nanoTime();
			await().pollInterval(Duration.ofMillis(1)).until(() -> System.nanoTime() - begin > 2_000_000);
		}

		@Transactional
		@RedisTransactional(retries = 3)
		public void conflictsAndCommits(int times) {
			readAndWrite(times);
		}

		@Transactional
		@RedisTransactional
		public void marksItForRollback() {
			add(100);
			TransactionAspectSupport.currentTransactionStatus().setRollbackOnly();
		}

		@Transactional
		@RedisTransactional
		public void compensates(Runnable compensation) {
			add(1);
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

				@Override
				public void afterCompletion(int status) {
					assertThat(status).isEqualTo(STATUS_ROLLED_BACK);
					compensation.run();
				}

			});
			throw new IllegalCallerException();
		}

		@RedisTransactional
		public void collects(Runnable work) {
			work.run();
		}

		public void callsInATransaction(Runnable work) {
			this.transactions.executeWithoutResult((tx) -> {
				tx.increment("n", 1);
				work.run();
			});
		}

		@Transactional(propagation = Propagation.NESTED)
		public void nested(Runnable work) {
			work.run();
		}

		@Transactional
		public void outer(Runnable work) {
			work.run();
		}

		@Transactional
		public void outerCollects(Runnable work) {
			self().twice();
			work.run();
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		public void separate() {
			self().hundred();
		}

		@RedisTransactional
		public void hundred() {
			add(100);
		}

		@DistributedLock("lost")
		@Transactional
		@RedisTransactional
		public void losesItsLock() {
			fenced();
			redis.server().command("DEL", "weir:lost");
		}

		@DistributedLock("kept")
		@Transactional
		@RedisTransactional
		public void keepsItsLock() {
			fenced();
		}

		private void fenced() {
			this.transactions.executeWithoutResult((tx) -> {
				tx.fencedBy(Lease.current().orElseThrow());
				tx.increment("n", 1);
			});
		}

	}

	public static class Mistaken {

		@RedisTransactional
		public CompletableFuture<String> late() {
			return CompletableFuture.completedFuture("");
		}

		@RedisTransactional(retries = -1, timeout = "soon")
		public void mistaken() {
		}

		@RedisTransactional
		private void hidden() {
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ AopAutoConfiguration.class, DataRedisAutoConfiguration.class,
			WeirRedisAutoConfiguration.class, WeirAutoConfiguration.class, WeirTransactionAutoConfiguration.class,
			WeirAopAutoConfiguration.class })
	static class Application {

	}

	/**
	 * The minimum of a database that Spring needs to manage transactions.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement
	static class Database {

		@Bean
		PlatformTransactionManager transactionManager() {
			ThreadLocal<@Nullable Object> current = new ThreadLocal<>();
			AbstractPlatformTransactionManager manager = new AbstractPlatformTransactionManager() {

				@Override
				protected Object doGetTransaction() {
					return (current.get() != null) ? current.get() : new Savepoints();
				}

				@Override
				protected boolean isExistingTransaction(Object transaction) {
					return current.get() == transaction;
				}

				@Override
				protected void doBegin(Object transaction, TransactionDefinition definition) {
					current.set(transaction);
				}

				@Override
				protected Object doSuspend(Object transaction) {
					current.remove();
					return transaction;
				}

				@Override
				protected void doResume(@Nullable Object transaction, Object suspended) {
					current.set(suspended);
				}

				@Override
				protected void doCommit(DefaultTransactionStatus status) {
					COMMITS.incrementAndGet();
				}

				@Override
				protected void doRollback(DefaultTransactionStatus status) {
				}

				@Override
				protected void doSetRollbackOnly(DefaultTransactionStatus status) {
				}

				@Override
				protected void doCleanupAfterCompletion(Object transaction) {
					current.remove();
				}

			};
			manager.setNestedTransactionAllowed(true);
			return manager;
		}

	}

	private static final class Savepoints implements SavepointManager {

		@Override
		public Object createSavepoint() {
			return new Object();
		}

		@Override
		public void rollbackToSavepoint(Object savepoint) {
		}

		@Override
		public void releaseSavepoint(Object savepoint) {
		}

	}

}
