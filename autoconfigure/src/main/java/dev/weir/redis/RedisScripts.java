package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

import dev.weir.core.Deadlines;
import dev.weir.core.StoreListener;
import dev.weir.core.StoreListeners;
import dev.weir.core.StoreProbe;
import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Runs scripts on the master, each bounded by a time-out and never sent twice.
 * Thread-safe; never blocks. Only the stores know how to handle a lost answer, the client
 * does not.
 * <p>
 * A stage fails with {@link StoreUnavailableException} when Redis gave no answer, with
 * {@link IllegalStateException} when Redis was used wrongly, for instance because a key
 * holds anything other than Weir's data.
 */
public final class RedisScripts implements StoreProbe {

	private static final int FAILURES_TO_OPEN = 3;

	private static final LuaScript<Long> PING = LuaScript.number("ping");

	private final RedisTransport transport;

	private final Duration timeout;

	private final Duration connectTimeout;

	private final StoreListener listener;

	private final Circuit circuit;

	private final Deadlines deadlines;

	private final AtomicBoolean inUse = new AtomicBoolean();

	/**
	 * Creates a runner.
	 * @param transport reaches Redis; not connected before the first call
	 * @param timeout how long one call may take
	 * @param connectTimeout how long calls wait for the first connection, before their
	 * own time-out begins
	 * @param listeners are notified of how Redis answers
	 */
	public RedisScripts(RedisTransport transport, Duration timeout, Duration connectTimeout,
			List<StoreListener> listeners) {
		this.transport = transport;
		this.timeout = timeout;
		this.connectTimeout = connectTimeout;
		this.listener = StoreListeners.of(listeners);
		this.circuit = new Circuit(FAILURES_TO_OPEN, timeout.toNanos(), System::nanoTime);
		this.deadlines = new Deadlines(timeout, (late) -> fail(late, new TimeoutException()));
	}

	@Override
	public boolean isCircuitOpen() {
		return this.circuit.isOpen();
	}

	@Override
	public boolean isInUse() {
		return this.inUse.get();
	}

	@Override
	public CompletionStage<Duration> ping() {
		long start = System.nanoTime();
		return evenIfAway(ScriptCall.at(null, PING)).thenApply((reply) -> Duration.ofNanos(System.nanoTime() - start));
	}

	/**
	 * Connects and warms the way to Redis up, before the first call needs it. Reports no
	 * failure: the next call connects again.
	 * @return completes when the client is connected, or with the failure
	 */
	public CompletionStage<?> warmUp() {
		return ready().thenCompose((connected) -> ping());
	}

	/**
	 * Returns whether the keys are spread over several masters.
	 * @return whether this is a Redis Cluster
	 */
	boolean isCluster() {
		return this.transport.isCluster();
	}

	/**
	 * Connects, unless the client is connected already.
	 * @return completes when the client is connected or has not connected in time
	 */
	CompletionStage<?> ready() {
		CompletableFuture<?> connected = connected();
		return connected.isDone() ? connected
				: connected.copy().orTimeout(this.connectTimeout.toNanos(), TimeUnit.NANOSECONDS);
	}

	private CompletableFuture<?> connected() {
		if (!this.inUse.get()) {
			this.inUse.set(true);
		}
		return this.transport.connect().toCompletableFuture();
	}

	/**
	 * Runs a script unless the circuit is open.
	 * @param <R> the type of the reply
	 * @param script the script
	 * @param keys the keys, all in one slot
	 * @param arguments the arguments
	 * @return completes with the reply
	 */
	<R> CompletionStage<R> run(LuaScript<R> script, List<String> keys, Object... arguments) {
		return unlessAway(ScriptCall.of(script, keys, arguments));
	}

	/**
	 * Runs a script even if the circuit is open: for work that must not be left undone.
	 * @param <R> the type of the reply
	 * @param script the script
	 * @param keys the keys, all in one slot
	 * @param arguments the arguments
	 * @return completes with the reply
	 */
	<R> CompletionStage<R> runAnyway(LuaScript<R> script, List<String> keys, Object... arguments) {
		return evenIfAway(ScriptCall.of(script, keys, arguments));
	}

	/**
	 * Runs a script that declares no keys on one master, unless the circuit is open.
	 * @param <R> the type of the reply
	 * @param master a key of that master
	 * @param script the script
	 * @param arguments the arguments
	 * @return completes with the reply
	 */
	<R> CompletionStage<R> runAt(String master, LuaScript<R> script, Object... arguments) {
		return unlessAway(ScriptCall.at(master, script, arguments));
	}

	/**
	 * Subscribes to a channel, even if the circuit is open.
	 * @param channel the name of the channel
	 * @param subscriber receives each message on any thread, and does not block
	 * @return completes with the name under which scripts publish to the channel
	 */
	CompletionStage<String> subscribe(String channel, Consumer<String> subscriber) {
		return bounded(() -> this.transport.subscribe(channel, subscriber));
	}

	/**
	 * Publishes a message, even if the circuit is open.
	 * @param channel the name of the channel
	 * @param message the message
	 * @return completes with the number of subscribers at the node that was asked
	 */
	CompletionStage<Long> publish(String channel, String message) {
		return bounded(() -> this.transport.publish(channel, message));
	}

	/**
	 * Lists the masters, even if the circuit is open.
	 * @return completes with the first slot of each master
	 */
	CompletionStage<List<Integer>> masters() {
		return bounded(this.transport::masters);
	}

	private <R> CompletionStage<R> unlessAway(ScriptCall<R> call) {
		if (!this.circuit.permits()) {
			return CompletableFuture.failedFuture(
					StoreUnavailableException.withoutAsking("Redis has not answered for a while; it is probed again "
							+ "every " + this.timeout.toMillis() + " ms"));
		}
		return evenIfAway(call);
	}

	private <R> CompletionStage<R> evenIfAway(ScriptCall<R> call) {
		if (this.listener == StoreListener.NONE) {
			return bounded(() -> this.transport.eval(call));
		}
		long start = System.nanoTime();
		return bounded(() -> this.transport.eval(call)).whenComplete((reply, failure) -> this.listener
			.called(call.script().name(), Duration.ofNanos(System.nanoTime() - start), outcome(failure)));
	}

	private <T> CompletionStage<T> bounded(Supplier<CompletionStage<T>> call) {
		CompletableFuture<T> result = new CompletableFuture<>();
		CompletableFuture<?> connected = connected();
		if (connected.isDone() && !connected.isCompletedExceptionally()) {
			send(call, result);
			return result;
		}
		connected.copy()
			.orTimeout(this.connectTimeout.toNanos(), TimeUnit.NANOSECONDS)
			.whenComplete((client, failure) -> {
				if (failure != null) {
					fail(result, failure);
				}
				else {
					send(call, result);
				}
			});
		return result;
	}

	private <T> void send(Supplier<CompletionStage<T>> call, CompletableFuture<T> result) {
		// A client bounds a command once it was sent. This also bounds the way there.
		this.deadlines.start(result);
		try {
			call.get().whenComplete((value, failure) -> {
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
		RuntimeException reason = this.transport.translate(failure);
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

	private static StoreListener.Outcome outcome(@Nullable Throwable failure) {
		if (failure == null) {
			return StoreListener.Outcome.ANSWERED;
		}
		return (failure instanceof StoreUnavailableException) ? StoreListener.Outcome.UNAVAILABLE
				: StoreListener.Outcome.ERROR;
	}

}
