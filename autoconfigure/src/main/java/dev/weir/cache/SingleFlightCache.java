package dev.weir.cache;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.lease.OnLost;
import dev.weir.lease.OnUnavailable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cache.Cache;
import org.springframework.util.ClassUtils;
import org.springframework.util.DigestUtils;

/**
 * A cache that computes a missing entry under a lock for the entry: whoever gets the lock
 * looks again before it computes. Everything else is left to the cache itself, so null
 * values, exceptions and times to live are as they are without. Thread-safe.
 * <p>
 * The lock is no condition for a result: who waits for it for too long computes without,
 * and when Redis does not answer it holds within this JVM only.
 */
final class SingleFlightCache implements Cache {

	private static final Logger logger = LoggerFactory.getLogger(SingleFlightCache.class);

	/** The name of the policy of all locks of caches. */
	private static final String POLICY = "cache";

	/**
	 * Long enough for every computation that somebody caches, and short enough for two
	 * that need each other.
	 */
	private static final Duration WAIT_TIME = Duration.ofMinutes(5);

	private static final @Nullable Class<?> DATA_ACCESS_EXCEPTION = find("org.springframework.dao.DataAccessException");

	private final Cache target;

	private final LockOperations locks;

	SingleFlightCache(Cache target, LockOperations locks) {
		this.target = target;
		this.locks = locks;
	}

	private static @Nullable Class<?> find(String name) {
		ClassLoader loader = SingleFlightCache.class.getClassLoader();
		return ClassUtils.isPresent(name, loader) ? ClassUtils.resolveClassName(name, loader) : null;
	}

	@Override
	@SuppressWarnings({ "unchecked", "NullAway" }) // the cache knows the type; a value
													// may
													// be null
	public <T> @Nullable T get(Object key, Callable<T> valueLoader) {
		Computation<T> computation = new Computation<>(valueLoader);
		try {
			ValueWrapper found = this.target.get(key);
			return (found != null) ? (T) found.get() : compute(key, computation);
		}
		catch (RuntimeException ex) {
			if (!isOutage(ex)) {
				throw ex;
			}
			logger.warn("The cache '{}' does not answer: its entries are computed without", getName(), ex);
			return computation.resultWithout(key);
		}
	}

	@SuppressWarnings("NullAway") // a value may be null
	private <T> @Nullable T compute(Object key, Computation<T> computation) {
		boolean[] locked = { false };
		try {
			return this.locks.<@Nullable T, RuntimeException>call(lock(key), () -> {
				locked[0] = true;
				return this.target.get(key, computation);
			});
		}
		catch (LeaseBusyException | LeaseUnavailableException ex) {
			if (locked[0]) {
				throw ex;
			}
			return this.target.get(key, computation);
		}
	}

	@Override
	public @Nullable CompletableFuture<?> retrieve(Object key) {
		return this.target.retrieve(key);
	}

	@Override
	@SuppressWarnings({ "unchecked", "NullAway" }) // as above
	public <T> CompletableFuture<T> retrieve(Object key, Supplier<CompletableFuture<T>> valueLoader) {
		CompletableFuture<?> known = this.target.retrieve(key);
		if (known == null) {
			return computeLater(key, valueLoader);
		}
		return known.thenCompose((found) -> {
			if (found == null) {
				return computeLater(key, valueLoader);
			}
			return CompletableFuture
				.completedFuture((T) ((found instanceof ValueWrapper wrapper) ? wrapper.get() : found));
		});
	}

	private <T> CompletableFuture<T> computeLater(Object key, Supplier<CompletableFuture<T>> valueLoader) {
		return this.locks.acquireAsync(lock(key)).handle((lease, failure) -> {
			if (failure != null && !(failure instanceof LeaseException)) {
				return CompletableFuture.<T>failedFuture(failure);
			}
			CompletableFuture<T> value;
			try {
				value = this.target.retrieve(key, valueLoader);
			}
			catch (RuntimeException ex) {
				value = CompletableFuture.failedFuture(ex);
			}
			// To close it may block.
			return (lease != null) ? value.whenCompleteAsync((result, failed) -> lease.close()) : value;
		}).thenCompose((value) -> value);
	}

	private LockSpec lock(Object key) {
		String digest = DigestUtils.md5DigestAsHex(key.toString().getBytes(StandardCharsets.UTF_8));
		return LockSpec.of(POLICY, getName() + ":" + digest)
			.waitTime(WAIT_TIME)
			.onUnavailable(OnUnavailable.LOCAL)
			.onLost(OnLost.REPORT);
	}

	/**
	 * Whether a cache that lives elsewhere cannot be reached.
	 * @param failure what it threw
	 * @return whether that is so
	 */
	private static boolean isOutage(RuntimeException failure) {
		return DATA_ACCESS_EXCEPTION != null && DATA_ACCESS_EXCEPTION.isInstance(failure);
	}

	@Override
	public String getName() {
		return this.target.getName();
	}

	@Override
	public Object getNativeCache() {
		return this.target.getNativeCache();
	}

	@Override
	public @Nullable ValueWrapper get(Object key) {
		return this.target.get(key);
	}

	@Override
	public <T> @Nullable T get(Object key, @Nullable Class<T> type) {
		return this.target.get(key, type);
	}

	@Override
	public void put(Object key, @Nullable Object value) {
		this.target.put(key, value);
	}

	@Override
	public @Nullable ValueWrapper putIfAbsent(Object key, @Nullable Object value) {
		return this.target.putIfAbsent(key, value);
	}

	@Override
	public void evict(Object key) {
		this.target.evict(key);
	}

	@Override
	public boolean evictIfPresent(Object key) {
		return this.target.evictIfPresent(key);
	}

	@Override
	public void clear() {
		this.target.clear();
	}

	@Override
	public boolean invalidate() {
		return this.target.invalidate();
	}

	/**
	 * Computes a value and remembers it, for a cache that fails afterwards.
	 *
	 * @param <T> the type of the value
	 */
	private static final class Computation<T> implements Callable<T> {

		private final Callable<T> loader;

		private boolean done;

		private @Nullable T value;

		Computation(Callable<T> loader) {
			this.loader = loader;
		}

		@Override
		public T call() throws Exception {
			T result = this.loader.call();
			this.value = result;
			this.done = true;
			return result;
		}

		@Nullable T resultWithout(Object key) {
			if (this.done) {
				return this.value;
			}
			try {
				return this.loader.call();
			}
			catch (Exception ex) {
				throw new ValueRetrievalException(key, this.loader, ex);
			}
		}

	}

}
