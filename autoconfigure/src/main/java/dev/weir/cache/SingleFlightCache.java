package dev.weir.cache;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import dev.weir.core.Log;
import dev.weir.core.OnUnavailable;
import dev.weir.core.Stages;
import dev.weir.core.Utf8;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseInterruptedException;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.lease.OnLost;
import org.jspecify.annotations.Nullable;

import org.springframework.cache.Cache;
import org.springframework.util.ClassUtils;
import org.springframework.util.DigestUtils;

/**
 * A cache that computes a missing entry under a lock for the entry. A caller that gets
 * the lock looks the entry up again before it computes. The wrapped cache does everything
 * else, so null values, exceptions and times to live stay the same. Thread-safe.
 * <p>
 * A caller gets a result even without the lock: a caller that waits too long for the lock
 * computes without it, and when Redis does not answer, the lock holds within this JVM
 * only. The lock fails a call only with {@link LeaseInterruptedException} while the
 * caller waits, and with the exceptions for a wrong use of Redis, such as a missing
 * permission. The lock is released as soon as the entry is in the cache, also in a
 * transaction.
 */
final class SingleFlightCache implements Cache {

	private static final Log logger = Log.of(SingleFlightCache.class);

	/** The name of the policy of all locks of caches. */
	static final String POLICY = "cache";

	/**
	 * Long enough for every computation that an application caches, and short enough to
	 * end the wait of two computations that need each other.
	 */
	private static final Duration WAIT_TIME = Duration.ofMinutes(5);

	private static final @Nullable Class<?> DATA_ACCESS_EXCEPTION = find("org.springframework.dao.DataAccessException");

	private final Cache target;

	private final LockOperations locks;

	private final Computations computations = new Computations();

	SingleFlightCache(Cache target, LockOperations locks) {
		this.target = target;
		this.locks = locks;
	}

	private static @Nullable Class<?> find(String name) {
		ClassLoader loader = SingleFlightCache.class.getClassLoader();
		return ClassUtils.isPresent(name, loader) ? ClassUtils.resolveClassName(name, loader) : null;
	}

	@Override
	// The cache knows the type. A value may be null.
	@SuppressWarnings({ "unchecked", "NullAway" })
	public <T> @Nullable T get(Object key, Callable<T> valueLoader) {
		String entry = entry(key);
		if (CurrentComputation.isFor(entry)) {
			return this.target.get(key, valueLoader);
		}
		Computation<T> computation = new Computation<>(valueLoader);
		try {
			ValueWrapper found = this.target.get(key);
			return (found != null) ? (T) found.get() : compute(key, entry, computation);
		}
		catch (RuntimeException ex) {
			if (!isOutage(ex)) {
				throw ex;
			}
			warnOfOutage(ex);
			return computation.resultWithout(key);
		}
	}

	@SuppressWarnings("NullAway") // a value may be null
	private <T> @Nullable T compute(Object key, String entry, Computation<T> computation) {
		boolean[] locked = { false };
		try (Computations.Waiting waiting = this.computations.enter(entry)) {
			return this.locks.<@Nullable T>call(lock(entry), () -> {
				locked[0] = true;
				if (waiting.failure() instanceof ValueRetrievalException failure) {
					throw failure;
				}
				try {
					return computeNow(key, entry, computation);
				}
				catch (ValueRetrievalException ex) {
					waiting.failed(ex);
					throw ex;
				}
			});
		}
		catch (LeaseException ex) {
			if (locked[0] || ex instanceof LeaseInterruptedException) {
				throw ex;
			}
			return computeNow(key, entry, computation);
		}
	}

	private <T> @Nullable T computeNow(Object key, String entry, Computation<T> computation) {
		try (CurrentComputation current = CurrentComputation.begin(entry)) {
			return this.target.get(key, computation);
		}
	}

	@Override
	public @Nullable CompletableFuture<?> retrieve(Object key) {
		return this.target.retrieve(key);
	}

	@Override
	public <T> CompletableFuture<T> retrieve(Object key, Supplier<CompletableFuture<T>> valueLoader) {
		String entry = entry(key);
		if (CurrentComputation.isFor(entry)) {
			return this.target.retrieve(key, valueLoader);
		}
		LaterComputation<T> computation = new LaterComputation<>(entry, valueLoader);
		CompletableFuture<T> result;
		try {
			result = retrieve(key, entry, computation);
		}
		catch (RuntimeException ex) {
			if (!isOutage(ex)) {
				throw ex;
			}
			result = CompletableFuture.failedFuture(ex);
		}
		return result.exceptionallyCompose((failure) -> {
			Throwable reason = Stages.unwrap(failure);
			if (!isOutage(reason) || computation.hasFailed()) {
				return CompletableFuture.failedFuture(failure);
			}
			warnOfOutage(reason);
			return computation.resultWithout();
		});
	}

	@SuppressWarnings({ "unchecked", "NullAway" }) // as above
	private <T> CompletableFuture<T> retrieve(Object key, String entry, LaterComputation<T> computation) {
		CompletableFuture<?> known = this.target.retrieve(key);
		if (known == null) {
			return computeLater(key, entry, computation);
		}
		return known.thenCompose((found) -> {
			if (found == null) {
				return computeLater(key, entry, computation);
			}
			return CompletableFuture
				.completedFuture((T) ((found instanceof ValueWrapper wrapper) ? wrapper.get() : found));
		});
	}

	private <T> CompletableFuture<T> computeLater(Object key, String entry, LaterComputation<T> computation) {
		Computations.Waiting waiting = this.computations.enter(entry);
		return this.locks.acquireAsync(lock(entry)).handle((lease, failure) -> {
			if (failure != null && !(failure instanceof LeaseException)) {
				return CompletableFuture.<T>failedFuture(failure);
			}
			CompletableFuture<T> value = computed(key, entry, computation, waiting);
			// Closing the lease may block.
			return (lease != null) ? value.whenCompleteAsync((result, failed) -> lease.close()) : value;
		}).thenCompose((value) -> value).whenComplete((value, failure) -> waiting.close());
	}

	private <T> CompletableFuture<T> computed(Object key, String entry, LaterComputation<T> computation,
			Computations.Waiting waiting) {
		Throwable shared = waiting.failure();
		if (shared != null) {
			return CompletableFuture.failedFuture(shared);
		}
		CompletableFuture<T> value;
		try (CurrentComputation current = CurrentComputation.begin(entry)) {
			value = this.target.retrieve(key, computation);
		}
		catch (RuntimeException ex) {
			value = CompletableFuture.failedFuture(ex);
		}
		return value.whenComplete((result, failure) -> {
			if (failure != null && computation.hasFailed()) {
				waiting.failed(Stages.unwrap(failure));
			}
		});
	}

	/**
	 * Returns the name of an entry in the keys of locks.
	 * @param key the key of the entry
	 * @return the name
	 */
	private String entry(Object key) {
		return getName() + ":" + DigestUtils.md5DigestAsHex(Utf8.bytes(key.toString()));
	}

	private static LockSpec lock(String entry) {
		return LockSpec.of(POLICY, entry).waitTime(WAIT_TIME).onUnavailable(OnUnavailable.LOCAL).onLost(OnLost.REPORT);
	}

	private void warnOfOutage(Throwable failure) {
		logger.warn("The cache '{}' does not answer. Its entries are computed without the cache", getName(), failure);
	}

	/**
	 * Returns whether a failure means that a remote cache cannot be reached.
	 * @param failure the failure of the cache
	 * @return whether the cache cannot be reached
	 */
	private static boolean isOutage(Throwable failure) {
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
	 * Computes a value and remembers it, in case the cache fails afterwards.
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

	/**
	 * Computes a value later and remembers it, in case the cache fails meanwhile.
	 *
	 * @param <T> the type of the value
	 */
	private static final class LaterComputation<T> implements Supplier<CompletableFuture<T>> {

		private final String entry;

		private final Supplier<CompletableFuture<T>> loader;

		private volatile @Nullable CompletableFuture<T> value;

		LaterComputation(String entry, Supplier<CompletableFuture<T>> loader) {
			this.entry = entry;
			this.loader = loader;
		}

		@Override
		public CompletableFuture<T> get() {
			CompletableFuture<T> begun;
			// The cache may call this method on any thread.
			try (CurrentComputation current = CurrentComputation.begin(this.entry)) {
				begun = this.loader.get();
			}
			catch (RuntimeException ex) {
				begun = CompletableFuture.failedFuture(ex);
			}
			this.value = begun;
			return begun;
		}

		boolean hasFailed() {
			CompletableFuture<T> begun = this.value;
			return begun != null && begun.isCompletedExceptionally();
		}

		CompletableFuture<T> resultWithout() {
			CompletableFuture<T> begun = this.value;
			return (begun != null) ? begun : this.loader.get();
		}

	}

}
