package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.weir.core.Deadlines;
import dev.weir.lease.StoreUnavailableException;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.OptionalOptions;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.Codec;
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

	private static final LuaScript PING = LuaScript.load("ping");

	private final RedissonSource source;

	private final Duration timeout;

	private final Duration connectTimeout;

	private final Executor connector;

	private final RedisListener listener;

	private final Circuit circuit;

	private final Deadlines deadlines;

	/** The connected client. Redisson connects on the calling thread. */
	private final AtomicReference<@Nullable CompletableFuture<Client>> connection = new AtomicReference<>();

	/**
	 * Creates a runner to which nobody listens.
	 * @param source where the client comes from; not asked before the first call
	 * @param timeout how long one call may take
	 * @param connectTimeout how long calls wait for the client's first connection, before
	 * their own time-out begins
	 * @param connector a thread for the first connection, which blocks
	 */
	public RedisScripts(RedissonSource source, Duration timeout, Duration connectTimeout, Executor connector) {
		this(source, timeout, connectTimeout, connector, List.of());
	}

	/**
	 * Creates a runner.
	 * @param source where the client comes from; not asked before the first call
	 * @param timeout how long one call may take
	 * @param connectTimeout how long calls wait for the client's first connection, before
	 * their own time-out begins
	 * @param connector a thread for the first connection, which blocks
	 * @param listeners hear how Redis answers
	 */
	public RedisScripts(RedissonSource source, Duration timeout, Duration connectTimeout, Executor connector,
			List<RedisListener> listeners) {
		this.source = source;
		this.timeout = timeout;
		this.connectTimeout = connectTimeout;
		this.connector = connector;
		this.listener = RedisListeners.of(listeners);
		this.circuit = new Circuit(FAILURES_TO_OPEN, timeout.toNanos(), System::nanoTime);
		this.deadlines = new Deadlines(timeout, (late) -> fail(late, new TimeoutException()));
	}

	/**
	 * Whether Redis has not answered several times in a row and is not asked for now, up
	 * to a probe now and then.
	 * @return whether the circuit is open
	 */
	public boolean isCircuitOpen() {
		return this.circuit.isOpen();
	}

	/**
	 * Whether a call has needed the connection yet.
	 * @return whether there is a connection, or an attempt to make one
	 */
	public boolean isInUse() {
		return this.connection.get() != null;
	}

	/**
	 * Asks Redis something, even if it is known to be away. In a cluster, one of the
	 * masters is asked.
	 * @return completes with how long the answer took
	 */
	public CompletionStage<Duration> ping() {
		long start = System.nanoTime();
		return this.<Long>runAnyway(PING, RScript.ReturnType.LONG, List.of())
			.thenApply((answer) -> Duration.ofNanos(System.nanoTime() - start));
	}

	/**
	 * Whether the keys are spread over several masters.
	 * @return whether this is a cluster
	 */
	boolean isCluster() {
		return this.source.isCluster();
	}

	/**
	 * Completes when the client is connected, or has not connected in time.
	 * @return completes then; at once if it is connected
	 */
	CompletionStage<?> ready() {
		CompletableFuture<Client> connected = connected();
		return connected.isDone() ? connected
				: connected.copy().orTimeout(this.connectTimeout.toNanos(), TimeUnit.NANOSECONDS);
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
		return ifPermitted(() -> runAnyway(script, type, keys, arguments));
	}

	private <T> CompletionStage<T> ifPermitted(Supplier<CompletionStage<T>> call) {
		if (!this.circuit.permits()) {
			return CompletableFuture.failedFuture(
					StoreUnavailableException.withoutAsking("Redis has not answered for a while; it is probed again "
							+ "every " + this.timeout.toMillis() + " ms"));
		}
		return call.get();
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
		return heard(script, () -> bounded((client) -> client.scripts()
			.evalAsync(RScript.Mode.READ_WRITE, script.source(), type, keys, arguments)));
	}

	/**
	 * Runs a script with binary arguments and results unless Redis is known to be away.
	 * @param script the script
	 * @param keys the keys, all in one slot
	 * @param arguments the arguments, each an array of bytes
	 * @return completes with the result, a list of numbers and bytes
	 */
	CompletionStage<List<Object>> runBinary(LuaScript script, List<Object> keys, Object... arguments) {
		return ifPermitted(() -> heard(script, () -> bounded((client) -> client.binaryScripts()
			.evalAsync(RScript.Mode.READ_WRITE, script.source(), RScript.ReturnType.LIST, keys, arguments))));
	}

	/**
	 * Runs a script without keys of its own on one master, unless Redis is known to be
	 * away.
	 * @param <T> the type of the result
	 * @param master a key that this master has, or would have
	 * @param script the script
	 * @param type the type of the result
	 * @param arguments the arguments
	 * @return completes with the result
	 */
	<T> CompletionStage<T> runAt(String master, LuaScript script, RScript.ReturnType type, Object... arguments) {
		return ifPermitted(() -> heard(script, () -> bounded((client) -> client.scripts()
			.evalAsync(master, RScript.Mode.READ_WRITE, script.source(), type, List.of(), arguments))));
	}

	/**
	 * Runs a script without keys of its own on one master, with binary arguments and
	 * results, unless Redis is known to be away.
	 * @param master a key that this master has, or would have
	 * @param script the script
	 * @param arguments the arguments, each an array of bytes
	 * @return completes with the result, a list of numbers and bytes
	 */
	CompletionStage<List<Object>> runBinaryAt(String master, LuaScript script, Object... arguments) {
		return ifPermitted(() -> heard(script,
				() -> bounded((client) -> client.binaryScripts()
					.evalAsync(master, RScript.Mode.READ_WRITE, script.source(), RScript.ReturnType.LIST, List.of(),
							arguments))));
	}

	/**
	 * Bounds a call and tells apart why it failed.
	 * @param <T> the type of the result
	 * @param call the call
	 * @return completes with the result
	 */
	<T> CompletionStage<T> bounded(Function<Client, CompletionStage<T>> call) {
		CompletableFuture<T> result = new CompletableFuture<>();
		CompletableFuture<Client> connected = connected();
		if (connected.isDone() && !connected.isCompletedExceptionally()) {
			send(connected.join(), call, result);
			return result;
		}
		connected.copy()
			.orTimeout(this.connectTimeout.toNanos(), TimeUnit.NANOSECONDS)
			.whenComplete((client, failure) -> {
				if (failure != null) {
					fail(result, failure);
				}
				else {
					send(client, call, result);
				}
			});
		return result;
	}

	private <T> void send(Client client, Function<Client, CompletionStage<T>> call, CompletableFuture<T> result) {
		// Redisson bounds a command once it was sent. This also bounds the way there.
		this.deadlines.start(result);
		try {
			call.apply(client).whenComplete((value, failure) -> {
				if (failure != null) {
					fail(result, failure);
				}
				else {
					answered();
					result.complete(value);
				}
			});
		}
		catch (RuntimeException ex) {
			fail(result, ex);
		}
	}

	private void fail(CompletableFuture<?> result, Throwable failure) {
		if (result.isDone()) {
			return;
		}
		Throwable reason = RedisFailures.translate(failure);
		if (reason instanceof StoreUnavailableException) {
			String message = String.valueOf(reason.getMessage());
			this.listener.failed(message);
			if (this.circuit.failed()) {
				this.listener.circuitOpened(message);
			}
		}
		else {
			answered();
		}
		result.completeExceptionally(reason);
	}

	private void answered() {
		if (this.circuit.answered()) {
			this.listener.circuitClosed();
		}
	}

	private <T> CompletionStage<T> heard(LuaScript script, Supplier<CompletionStage<T>> call) {
		if (this.listener == RedisListener.NONE) {
			return call.get();
		}
		long start = System.nanoTime();
		return call.get()
			.whenComplete((value, failure) -> this.listener.called(script.name(),
					Duration.ofNanos(System.nanoTime() - start), outcome(failure)));
	}

	private static RedisListener.Outcome outcome(@Nullable Throwable failure) {
		if (failure == null) {
			return RedisListener.Outcome.ANSWERED;
		}
		return (failure instanceof StoreUnavailableException) ? RedisListener.Outcome.UNAVAILABLE
				: RedisListener.Outcome.ERROR;
	}

	/**
	 * Connects, if that was not done yet, on a thread apart.
	 * @return completes when the client is connected
	 */
	private CompletableFuture<Client> connected() {
		CompletableFuture<Client> known = this.connection.get();
		if (known != null && !known.isCompletedExceptionally()) {
			return known;
		}
		CompletableFuture<Client> attempt = new CompletableFuture<>();
		if (!this.connection.compareAndSet(known, attempt)) {
			return connected();
		}
		try {
			this.connector.execute(() -> connect(attempt));
		}
		catch (RuntimeException ex) {
			attempt.completeExceptionally(ex);
		}
		return attempt;
	}

	private void connect(CompletableFuture<Client> attempt) {
		try {
			RedissonClient redisson = this.source.connect();
			attempt.complete(new Client(redisson, redisson.getScript(options(StringCodec.INSTANCE)),
					redisson.getScript(options(ByteArrayCodec.INSTANCE))));
		}
		catch (Throwable ex) {
			attempt.completeExceptionally(ex);
		}
	}

	private OptionalOptions options(Codec codec) {
		return OptionalOptions.defaults().codec(codec).retryAttempts(0).timeout(this.timeout);
	}

	/**
	 * A client that is connected.
	 *
	 * @param redisson the client
	 * @param scripts its way to run scripts
	 * @param binaryScripts its way to run scripts whose values are bytes
	 */
	record Client(RedissonClient redisson, RScript scripts, RScript binaryScripts) {

	}

}
