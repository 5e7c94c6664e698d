package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import dev.weir.lease.StoreUnavailableException;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.OptionalOptions;
import org.redisson.client.codec.StringCodec;

/**
 * Runs scripts on the master, each bounded by a time-out and never sent twice: what a
 * lost answer means is known to the stores, not to the client. Thread-safe; never blocks.
 * <p>
 * A stage fails with {@link StoreUnavailableException} when Redis gave no answer, with
 * {@link IllegalStateException} when a key holds something else than Weir's data.
 */
public final class RedisScripts {

	private static final int FAILURES_TO_OPEN = 3;

	private final RedissonClient redisson;

	private final RScript scripts;

	private final Duration timeout;

	private final Duration connectTimeout;

	private final Executor connector;

	private final Circuit circuit;

	private final boolean cluster;

	/** The first connection, which Redisson makes on the calling thread. */
	private final AtomicReference<@Nullable CompletableFuture<Void>> connection = new AtomicReference<>();

	/**
	 * Creates a runner.
	 * @param redisson the client; it is not asked to connect before the first call
	 * @param timeout how long one call may take
	 * @param connectTimeout how long calls wait for the client's first connection, before
	 * their own time-out begins
	 * @param connector a thread for the first connection, which blocks
	 */
	public RedisScripts(RedissonClient redisson, Duration timeout, Duration connectTimeout, Executor connector) {
		this.redisson = redisson;
		this.timeout = timeout;
		this.connectTimeout = connectTimeout;
		this.connector = connector;
		this.circuit = new Circuit(FAILURES_TO_OPEN, timeout.toNanos(), System::nanoTime);
		this.cluster = redisson.getConfig().isClusterConfig();
		this.scripts = redisson
			.getScript(OptionalOptions.defaults().codec(StringCodec.INSTANCE).retryAttempts(0).timeout(timeout));
	}

	RedissonClient redisson() {
		return this.redisson;
	}

	/**
	 * Whether the keys are spread over several masters.
	 * @return whether this is a cluster
	 */
	boolean isCluster() {
		return this.cluster;
	}

	/**
	 * Runs a script unless Redis is known to be away.
	 * @param <T> the type of the result
	 * @param script the script
	 * @param type the type of the result
	 * @param keys the keys, all in one slot
	 * @param arguments the arguments
	 * @return completes with the result
	 */
	<T> CompletionStage<T> run(LuaScript script, RScript.ReturnType type, List<Object> keys, Object... arguments) {
		if (!this.circuit.permits()) {
			return CompletableFuture
				.failedFuture(new StoreUnavailableException("Redis has not answered for a while; it is probed again "
						+ "every " + this.timeout.toMillis() + " ms"));
		}
		return runAnyway(script, type, keys, arguments);
	}

	/**
	 * Runs a script even if Redis is known to be away: for what must not be left undone.
	 * @param <T> the type of the result
	 * @param script the script
	 * @param type the type of the result
	 * @param keys the keys, all in one slot
	 * @param arguments the arguments
	 * @return completes with the result
	 */
	<T> CompletionStage<T> runAnyway(LuaScript script, RScript.ReturnType type, List<Object> keys,
			Object... arguments) {
		// "eval" goes out as EVALSHA and loads the script when Redis does not know it.
		return bounded(() -> this.scripts.evalAsync(RScript.Mode.READ_WRITE, script.source(), type, keys, arguments));
	}

	/**
	 * Bounds a call and tells apart why it failed.
	 * @param <T> the type of the result
	 * @param call the call
	 * @return completes with the result
	 */
	<T> CompletionStage<T> bounded(Supplier<CompletionStage<T>> call) {
		CompletableFuture<Void> connected = connected();
		CompletableFuture<T> answer = (connected.isDone() ? connected
				: connected.copy().orTimeout(this.connectTimeout.toNanos(), TimeUnit.NANOSECONDS))
			.thenCompose((done) -> send(call));
		CompletableFuture<T> result = new CompletableFuture<>();
		answer.whenComplete((value, failure) -> {
			Throwable reason = (failure != null) ? RedisFailures.translate(failure) : null;
			if (reason instanceof StoreUnavailableException) {
				this.circuit.failed();
			}
			else {
				this.circuit.answered();
			}
			if (reason != null) {
				result.completeExceptionally(reason);
			}
			else {
				result.complete(value);
			}
		});
		return result;
	}

	private <T> CompletionStage<T> send(Supplier<CompletionStage<T>> call) {
		// Redisson bounds a command once it was sent. This also bounds the way there. A
		// copy: the
		// future of the client is not ours to complete.
		return call.get().toCompletableFuture().copy().orTimeout(this.timeout.toNanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Connects, if that was not done yet. A lazy Redisson connects on the thread of the
	 * first call and lets all others block until then; hence a thread apart.
	 * @return completes when the client is connected
	 */
	private CompletableFuture<Void> connected() {
		CompletableFuture<Void> known = this.connection.get();
		if (known != null && !known.isCompletedExceptionally()) {
			return known;
		}
		CompletableFuture<Void> attempt = new CompletableFuture<>();
		if (!this.connection.compareAndSet(known, attempt)) {
			return connected();
		}
		this.connector.execute(() -> {
			try {
				this.scripts.evalAsync(RScript.Mode.READ_WRITE, "return 1", RScript.ReturnType.LONG);
				attempt.complete(null);
			}
			catch (Throwable ex) {
				attempt.completeExceptionally(ex);
			}
		});
		return attempt;
	}

}
