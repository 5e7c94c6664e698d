package dev.weir.ratelimit;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.core.Stages;
import io.github.bucket4j.TimeoutException;
import io.github.bucket4j.distributed.proxy.AbstractProxyManager;
import io.github.bucket4j.distributed.proxy.AbstractProxyManagerBuilder;
import io.github.bucket4j.distributed.remote.CommandResult;
import io.github.bucket4j.distributed.remote.RemoteCommand;
import io.github.bucket4j.distributed.remote.Request;

/**
 * Bucket4j's own interface to the buckets of a store, with the calls and the clock of
 * Weir: for code that needs more of Bucket4j than a {@link RateLimit} can express, such
 * as several bandwidths in one bucket. Thread-safe.
 * <p>
 * Unless a client clock is set, the clock of the store is used. There is no need for an
 * optimization, retries or a shared proxy: all proxies of one manager share the known
 * state of a bucket and their calls to the store.
 *
 * @see <a href="https://bucket4j.com">Bucket4j</a>
 */
public final class WeirProxyManager extends AbstractProxyManager<String> {

	private final Buckets buckets;

	private WeirProxyManager(Builder builder) {
		super(builder.getClientSideConfig());
		Duration timeout = builder.getRequestTimeoutNanos().map(Duration::ofNanos).orElse(builder.timeout);
		this.buckets = new Buckets(builder.store, new StoreClock(), timeout, builder.maxKnown);
	}

	/**
	 * Creates a builder.
	 * @param store the store of the buckets
	 * @param timeout how long the store may take to answer
	 * @param maxKnown how many buckets are remembered
	 * @return the builder
	 */
	public static Builder builder(BucketStore store, Duration timeout, int maxKnown) {
		return new Builder(store, timeout, maxKnown);
	}

	@Override
	protected <T> CommandResult<T> execute(String key, Request<T> request) {
		return Stages.await(executeAsync(key, request));
	}

	@Override
	protected <T> CompletableFuture<CommandResult<T>> executeAsync(String key, Request<T> request) {
		RemoteCommand<T> command = request.getCommand();
		Long clientTime = request.getClientSideTime();
		CompletableFuture<CommandResult<T>> result = this.buckets.take(List.of(key), request.getExpirationStrategy(),
				(buckets, nanos) -> command.execute(buckets.get(0), (clientTime != null) ? clientTime : nanos));
		return getClientSideConfig().getRequestTimeoutNanos()
			.map((timeout) -> withTimeout(result, timeout))
			.orElse(result);
	}

	private static <T> CompletableFuture<T> withTimeout(CompletableFuture<T> result, long nanos) {
		return result.copy().orTimeout(nanos, TimeUnit.NANOSECONDS).exceptionallyCompose((failure) -> {
			boolean late = failure instanceof java.util.concurrent.TimeoutException;
			return CompletableFuture
				.failedFuture(late ? new TimeoutException("The store did not answer in time", nanos, nanos) : failure);
		});
	}

	@Override
	public void removeProxy(String key) {
		Stages.await(removeAsync(key));
	}

	@Override
	protected CompletableFuture<Void> removeAsync(String key) {
		return this.buckets.remove(key).toCompletableFuture();
	}

	@Override
	public boolean isAsyncModeSupported() {
		return true;
	}

	@Override
	public boolean isExpireAfterWriteSupported() {
		return true;
	}

	/**
	 * Builds a manager.
	 */
	public static final class Builder extends AbstractProxyManagerBuilder<String, WeirProxyManager, Builder> {

		private final BucketStore store;

		private final Duration timeout;

		private final int maxKnown;

		private Builder(BucketStore store, Duration timeout, int maxKnown) {
			this.store = store;
			this.timeout = timeout;
			this.maxKnown = maxKnown;
		}

		@Override
		public WeirProxyManager build() {
			return new WeirProxyManager(this);
		}

		@Override
		public boolean isExpireAfterWriteSupported() {
			return true;
		}

	}

}
