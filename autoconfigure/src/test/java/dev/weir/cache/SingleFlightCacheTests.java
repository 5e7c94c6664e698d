package dev.weir.cache;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
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

import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRedisAutoConfiguration;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import dev.weir.redis.TestRedis;
import org.hamcrest.Matchers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.cache.transaction.TransactionAwareCacheDecorator;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.cache.RedisCacheConfiguration;
import org.springframework.data.redis.cache.RedisCacheManager;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link SingleFlightCache}: two instances on one Redis, with one cache in
 * Redis and one in each instance.
 */
@Timeout(60)
class SingleFlightCacheTests {

	private static final AtomicInteger COMPUTED = new AtomicInteger();

	private static final AtomicInteger WAITS = new AtomicInteger();

	private static final List<ConfigurableApplicationContext> INSTANCES = new ArrayList<>();

	private static TestRedis redis;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	@BeforeAll
	static void start() {
		redis = new TestRedis();
		for (int i = 0; i < 2; i++) {
			INSTANCES.add(new SpringApplicationBuilder(Application.class, Books.class).web(WebApplicationType.NONE)
				.properties("spring.data.redis.url=" + redis.server().uri(), "spring.data.redis.timeout=1s",
						"weir.redis.timeout=1s", "weir.cache.single-flight=shared,nulls,own,later,around")
				.run());
		}
	}

	@AfterAll
	static void stop() {
		INSTANCES.forEach(ConfigurableApplicationContext::close);
		redis.close();
	}

	@BeforeEach
	void clean() {
		redis.server().command("FLUSHALL");
		INSTANCES.forEach((instance) -> instance.getBean("local", CacheManager.class)
			.getCacheNames()
			.forEach((name) -> cache(instance, "local", name).clear()));
		COMPUTED.set(0);
		WAITS.set(0);
	}

	static Cache cache(ConfigurableApplicationContext instance, String manager, String name) {
		Cache cache = instance.getBean(manager, CacheManager.class).getCache(name);
		assertThat(cache).isNotNull();
		return cache;
	}

	@AfterEach
	void end() {
		redis.server().resume();
		this.threads.shutdownNow();
	}

	@Test
	void aHundredMissesOnTwoInstancesComputeOnce() throws Exception {
		List<Future<String>> results = atOnce(100, (i) -> books(i % 2).shared("one"));
		for (Future<String> result : results) {
			assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo("shared one");
		}
		assertThat(COMPUTED).hasValue(1);
		assertThat(redis.server().number("PTTL", "shared::one")).isBetween(1L, 60_000L);
		assertThat(books(0).shared("two")).isEqualTo("shared two");
		assertThat(COMPUTED).hasValue(2);
		assertThat(redis.server().list("KEYS", "weir:*")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void callersThatWaitForAComputationShareItsFailureAndTheNextCallerTries(boolean later) throws Exception {
		Cache cache = cache(INSTANCES.get(0), "shared", "shared");
		CountDownLatch mayFail = new CountDownLatch(1);
		Callable<String> loader = () -> {
			if (COMPUTED.incrementAndGet() > 1) {
				return "at last";
			}
			mayFail.await();
			throw new IllegalCallerException("expected");
		};
		List<Future<String>> results = atOnce(10,
				(i) -> later ? cache
					.retrieve("fails", () -> CompletableFuture.supplyAsync(() -> unchecked(loader), this.threads))
					.get(30, TimeUnit.SECONDS) : cache.get("fails", loader));
		await().until(() -> COMPUTED.get() == 1 && WAITS.get() == 9);
		mayFail.countDown();
		for (Future<String> result : results) {
			assertThat(result).failsWithin(Duration.ofSeconds(30))
				.withThrowableOfType(ExecutionException.class)
				.withRootCauseExactlyInstanceOf(IllegalCallerException.class);
		}
		assertThat(COMPUTED).hasValue(1);
		assertThat(cache.get("fails", loader)).isEqualTo("at last");
		assertThat(COMPUTED).hasValue(2);
	}

	@Test
	void anExceptionReachesItsCallerAndTheNextInstanceTries() throws Exception {
		List<Future<String>> results = atOnce(10, (i) -> books(i % 2).failsTwice("one"));
		int failures = 0;
		for (Future<String> result : results) {
			try {
				assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo("at last");
			}
			catch (ExecutionException ex) {
				assertThat(ex).hasCauseExactlyInstanceOf(IllegalCallerException.class);
				failures++;
			}
		}
		assertThat(failures).isPositive();
		assertThat(COMPUTED).hasValueBetween(2, 3);
		assertThat(books(0).failsTwice("one")).isEqualTo("at last");
	}

	@Test
	void nullIsAValueIfTheCacheAllowsIt() {
		assertThat(books(0).nothing("one")).isNull();
		assertThat(books(1).nothing("one")).isNull();
		assertThat(COMPUTED).hasValue(1);
		// The cache "shared" allows no null values, so Spring rejects them.
		assertThatIllegalArgumentException().isThrownBy(() -> books(0).nullForShared("one"));
		assertThatIllegalArgumentException().isThrownBy(() -> books(0).nullForShared("one"));
		assertThat(COMPUTED).hasValue(3);
	}

	@Test
	void aLocalCacheComputesOncePerInstanceWithoutRedis() throws Exception {
		books(0).own("warm");
		redis.server().pause();
		COMPUTED.set(0);
		List<Future<String>> results = atOnce(20, (i) -> books(0).own("one"));
		for (Future<String> result : results) {
			assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo("own one");
		}
		assertThat(COMPUTED).hasValue(1);
	}

	@Test
	void computesWithoutARedisCacheThatDoesNotAnswer() {
		books(0).shared("warm");
		redis.server().pause();
		assertThat(books(0).shared("one")).isEqualTo("shared one");
		assertThat(COMPUTED).hasValue(2);
	}

	@Test
	void anAsynchronousValueIsComputedOnce() throws Exception {
		List<Future<CompletableFuture<String>>> results = atOnce(20, (i) -> books(0).later("one"));
		for (Future<CompletableFuture<String>> result : results) {
			assertThat(result.get(30, TimeUnit.SECONDS).get(30, TimeUnit.SECONDS)).isEqualTo("later one");
		}
		assertThat(COMPUTED).hasValue(1);
		assertThat(books(0).later("one").get(30, TimeUnit.SECONDS)).isEqualTo("later one");
		CompletableFuture<String> failed = books(0).later("");
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> failed.get(30, TimeUnit.SECONDS))
			.withCauseInstanceOf(IllegalCallerException.class);
		assertThat(COMPUTED).hasValue(2);
	}

	@Test
	void computesAsynchronouslyWithoutARedisCacheThatDoesNotAnswer() throws Exception {
		assertThat(books(0).sharedLater("warm").get(30, TimeUnit.SECONDS)).isEqualTo("shared later warm");
		assertThat(books(1).sharedLater("warm").get(30, TimeUnit.SECONDS)).isEqualTo("shared later warm");
		assertThat(COMPUTED).hasValue(1);
		redis.server().pause();
		assertThat(books(0).sharedLater("one").get(30, TimeUnit.SECONDS)).isEqualTo("shared later one");
		assertThat(COMPUTED).hasValue(2);
	}

	@Test
	void anAsynchronousValueIsNotLostWhenRedisFailsMeanwhile() throws Exception {
		CompletableFuture<String> value = new CompletableFuture<>();
		Cache cache = cache(INSTANCES.get(0), "shared", "shared");
		assertThat(cache).isInstanceOf(SingleFlightCache.class);
		CompletableFuture<String> result = cache.retrieve("key", () -> {
			COMPUTED.incrementAndGet();
			return value;
		});
		await().untilAtomic(COMPUTED, Matchers.is(1));
		redis.server().pause();
		value.complete("computed");
		assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo("computed");
		assertThat(COMPUTED).hasValue(1);
	}

	@Test
	void aFailureOfTheComputationIsNotAnOutageOfTheCache() {
		Cache cache = cache(INSTANCES.get(0), "shared", "shared");
		assertThat(cache).isInstanceOf(SingleFlightCache.class);
		CompletableFuture<String> result = cache.retrieve("key", () -> {
			COMPUTED.incrementAndGet();
			throw new QueryTimeoutException("of another database");
		});
		assertThat(result).failsWithin(Duration.ofSeconds(30))
			.withThrowableOfType(ExecutionException.class)
			.withCauseInstanceOf(QueryTimeoutException.class);
		assertThat(COMPUTED).hasValue(1);
	}

	@Test
	void aCacheAroundAnotherOneDoesNotWaitForItself() throws Exception {
		Cache around = cache(INSTANCES.get(0), "around", "around");
		assertThat(around).isInstanceOf(SingleFlightCache.class);
		assertThat(around.retrieve("later", () -> CompletableFuture.completedFuture("one")).get(30, TimeUnit.SECONDS))
			.isEqualTo("one");
		assertThat(this.threads.submit(() -> around.get("now", () -> "two")).get(30, TimeUnit.SECONDS))
			.isEqualTo("two");
	}

	@Test
	void aComputationThatAsksForItsOwnEntryDoesNotWaitForItself() throws Exception {
		Cache cache = cache(INSTANCES.get(0), "shared", "shared");
		assertThat(cache).isInstanceOf(SingleFlightCache.class);
		assertThat(this.threads.submit(() -> cache.get("blocking around later",
				() -> cache.retrieve("blocking around later", () -> CompletableFuture.completedFuture("one")).get()))
			.get(30, TimeUnit.SECONDS)).isEqualTo("one");
		assertThat(this.threads
			.submit(() -> cache.retrieve("later around blocking",
					() -> CompletableFuture.completedFuture(cache.get("later around blocking", () -> "two"))))
			.get(30, TimeUnit.SECONDS)
			.get(30, TimeUnit.SECONDS)).isEqualTo("two");
	}

	@Test
	void noCallerWaitsForTheTransactionThatComputedAnEntry() {
		new TransactionTemplate(new Transactions()).executeWithoutResult((transaction) -> {
			assertThat(books(0).shared("one")).isEqualTo("shared one");
			assertThat(redis.server().list("KEYS", "weir:*")).isEmpty();
			// Each instance has its own cache, so the other instance needs the lock.
			assertThat(books(0).own("one")).isEqualTo("own one");
			assertThat(this.threads.submit(() -> books(1).own("one"))).succeedsWithin(Duration.ofSeconds(30))
				.isEqualTo("own one");
			assertThat(TransactionSynchronizationManager.getSynchronizations()).isEmpty();
		});
		assertThat(COMPUTED).hasValue(3);
	}

	@Test
	void leavesOtherCachesAndTheTypesOfManagersUnchanged() {
		CacheManager manager = INSTANCES.get(0).getBean("local", CacheManager.class);
		assertThat(manager).isInstanceOf(ConcurrentMapCacheManager.class);
		assertThat(manager.getCache("other")).isNotNull().isNotInstanceOf(SingleFlightCache.class);
		assertThat(manager.getCache("own")).isInstanceOf(SingleFlightCache.class);
	}

	@Test
	void theStartFailsWithoutAStore() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(WeirAutoConfiguration.class))
			.withPropertyValues("weir.cache.single-flight=books")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.hasMessageContaining("weir.cache.single-flight")
				.hasMessageContaining("spring.data.redis"));
	}

	private static Books books(int instance) {
		return INSTANCES.get(instance).getBean(Books.class);
	}

	private static <T> T unchecked(Callable<T> loader) {
		try {
			return loader.call();
		}
		catch (RuntimeException ex) {
			throw ex;
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private <T> List<Future<T>> atOnce(int count, Call<T> call) {
		CountDownLatch begin = new CountDownLatch(1);
		List<Future<T>> results = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			int number = i;
			Callable<T> task = () -> {
				begin.await();
				return call.of(number);
			};
			results.add(this.threads.submit(task));
		}
		begin.countDown();
		return results;
	}

	private interface Call<T> {

		T of(int number) throws Exception;

	}

	public static class Books {

		@Cacheable(cacheNames = "shared", sync = true)
		public String shared(String key) {
			COMPUTED.incrementAndGet();
			pause();
			return "shared " + key;
		}

		@Cacheable(cacheNames = "shared", key = "'fails ' + #key", sync = true)
		public String failsTwice(String key) {
			if (COMPUTED.incrementAndGet() <= 2) {
				throw new IllegalCallerException();
			}
			return "at last";
		}

		@Cacheable(cacheNames = "nulls", sync = true)
		public @Nullable String nothing(String key) {
			COMPUTED.incrementAndGet();
			return null;
		}

		@Cacheable(cacheNames = "shared", key = "'null ' + #key", sync = true)
		public @Nullable String nullForShared(String key) {
			COMPUTED.incrementAndGet();
			return null;
		}

		@Cacheable(cacheNames = "shared", key = "'later ' + #key", sync = true)
		public CompletableFuture<String> sharedLater(String key) {
			COMPUTED.incrementAndGet();
			return CompletableFuture.completedFuture("shared later " + key);
		}

		@Cacheable(cacheManager = "local", cacheNames = "own", sync = true)
		public String own(String key) {
			COMPUTED.incrementAndGet();
			pause();
			return "own " + key;
		}

		@Cacheable(cacheManager = "local", cacheNames = "later", sync = true)
		public CompletableFuture<String> later(String key) {
			COMPUTED.incrementAndGet();
			return CompletableFuture.supplyAsync(() -> {
				pause();
				if (key.isEmpty()) {
					throw new IllegalCallerException();
				}
				return "later " + key;
			});
		}

		/** Long enough for other callers to miss the entry, too. */
		private static void pause() {
			try {
				Thread.sleep(100);
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

	/**
	 * Transactions that do nothing.
	 */
	private static final class Transactions extends AbstractPlatformTransactionManager {

		@Override
		protected Object doGetTransaction() {
			return this;
		}

		@Override
		protected void doBegin(Object transaction, TransactionDefinition definition) {
			// There is nothing to begin.
		}

		@Override
		protected void doCommit(DefaultTransactionStatus status) {
			// There is nothing to commit.
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
			// There is nothing to undo.
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableCaching
	@ImportAutoConfiguration({ DataRedisAutoConfiguration.class, WeirRedisAutoConfiguration.class,
			WeirAutoConfiguration.class })
	static class Application {

		@Bean
		LeaseListener waits() {
			return new LeaseListener() {

				@Override
				public Call asked(LeaseRequest request) {
					return new Call() {

						@Override
						public void waits() {
							WAITS.incrementAndGet();
						}

					};
				}

			};
		}

		@Bean
		@Primary
		RedisCacheManager shared(RedisConnectionFactory connections) {
			RedisCacheConfiguration defaults = RedisCacheConfiguration.defaultCacheConfig()
				.entryTtl(Duration.ofMinutes(1));
			return RedisCacheManager.builder(connections)
				.cacheDefaults(defaults.disableCachingNullValues())
				.withCacheConfiguration("nulls", defaults)
				.build();
		}

		@Bean
		ConcurrentMapCacheManager local() {
			return new ConcurrentMapCacheManager();
		}

		@Bean
		CacheManager around(ConcurrentMapCacheManager local) {
			return new CacheManager() {

				@Override
				public Cache getCache(String name) {
					Cache inner = local.getCache(name);
					return (inner != null) ? new TransactionAwareCacheDecorator(inner) : null;
				}

				@Override
				public Collection<String> getCacheNames() {
					return local.getCacheNames();
				}

			};
		}

	}

}
