package dev.weir.redis;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.weir.core.Deadlines;
import dev.weir.core.Stages;
import dev.weir.core.StoreListener;
import dev.weir.core.StoreListeners;
import dev.weir.core.StoreProbe;
import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Runs scripts on the master, each bounded by a time-out and never sent twice. Calls that
 * meet travel together ({@link Pipeline}). Thread-safe; never blocks. Only the stores
 * know how to handle a lost answer, the client does not.
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

	private final Circuits circuits;

	/**
	 * For calls that decide nothing for a guard: lists for operators, and the channels.
	 * Never open, and not counted: an operator's request keeps no guard from Redis.
	 */
	private final Circuit uncounted = new Circuit("uncounted", Integer.MAX_VALUE, 0, System::nanoTime);

	/** By the name of the master. */
	private final Map<String, Pipeline> pipelines = new ConcurrentHashMap<>();

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
		this.circuits = new Circuits(
				(master) -> new Circuit(master, FAILURES_TO_OPEN, timeout.toNanos(), System::nanoTime));
		this.deadlines = new Deadlines(timeout, (late) -> late.completeExceptionally(new TimeoutException()));
	}

	@Override
	public Map<String, Boolean> circuits() {
		return this.circuits.open();
	}

	/**
	 * Returns whether calls for a key are not sent now.
	 * @param key the key
	 * @return whether the circuit of its master is open
	 */
	boolean isAway(String key) {
		return circuit(key).isOpen();
	}

	private Circuit circuit(@Nullable String route) {
		return this.circuits.of(this.transport.master(route));
	}

	@Override
	public boolean isInUse() {
		return this.inUse.get();
	}

	@Override
	public CompletionStage<Duration> ping() {
		long start = System.nanoTime();
		if (!isCluster()) {
			return evenIfAway(ScriptCall.at(null, PING)).thenApply((reply) -> since(start));
		}
		return masters().thenCompose((slots) -> CompletableFuture.allOf(slots.stream()
			.map((slot) -> evenIfAway(ScriptCall.at(SlotTags.of(slot), PING)).toCompletableFuture())
			.toArray(CompletableFuture[]::new))).thenApply((replies) -> since(start));
	}

	private static Duration since(long start) {
		return Duration.ofNanos(System.nanoTime() - start);
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
	 * Runs a script that shows data to an operator. The call is not sent while the
	 * circuit is open, and its result neither opens nor closes the circuit.
	 * @param <R> the type of the reply
	 * @param call the script with its keys and arguments
	 * @return completes with the reply
	 */
	<R> CompletionStage<R> show(ScriptCall<R> call) {
		Circuit circuit = circuit(call.route());
		return circuit.isOpen() ? away(circuit) : send(this.uncounted, call);
	}

	/**
	 * Subscribes to a channel, even if a circuit is open.
	 * @param channel the name of the channel
	 * @param subscriber receives each message on any thread, and does not block
	 * @return completes with the name under which scripts publish to the channel
	 */
	CompletionStage<String> subscribe(String channel, Consumer<String> subscriber) {
		return bounded(this.uncounted, (answer) -> this.transport.subscribe(channel, subscriber));
	}

	/**
	 * Publishes a message, even if a circuit is open.
	 * @param channel the name of the channel
	 * @param message the message
	 * @return completes with the number of subscribers at the node that was asked
	 */
	CompletionStage<Long> publish(String channel, String message) {
		return bounded(this.uncounted, (answer) -> this.transport.publish(channel, message));
	}

	/**
	 * Lists the masters, even if a circuit is open.
	 * @return completes with the first slot of each master
	 */
	CompletionStage<List<Integer>> masters() {
		return bounded(this.uncounted, (answer) -> this.transport.masters());
	}

	private <R> CompletionStage<R> unlessAway(ScriptCall<R> call) {
		Circuit circuit = circuit(call.route());
		return circuit.permits() ? send(circuit, call) : away(circuit);
	}

	private <R> CompletionStage<R> away(Circuit circuit) {
		return CompletableFuture.failedFuture(StoreUnavailableException.withoutAsking(
				"Redis has not answered for a while; it is probed again every " + this.timeout.toMillis() + " ms", null,
				circuit.awayFor()));
	}

	private <R> CompletionStage<R> evenIfAway(ScriptCall<R> call) {
		return send(circuit(call.route()), call);
	}

	private <R> CompletionStage<R> send(Circuit circuit, ScriptCall<R> call) {
		long start = System.nanoTime();
		Pipeline pipeline = pipeline((circuit != this.uncounted) ? circuit : circuit(call.route()));
		CompletionStage<R> reply = bounded(circuit, (answer) -> enqueue(pipeline, call, answer));
		return (this.listener == StoreListener.NONE || circuit == this.uncounted) ? reply : reply.whenComplete(
				(value, failure) -> this.listener.called(call.script().name(), since(start), outcome(failure)));
	}

	private static <R> CompletionStage<R> enqueue(Pipeline pipeline, ScriptCall<R> call, CompletableFuture<R> answer) {
		PendingCall<R> pending = new PendingCall<>(call, answer, new CompletableFuture<>());
		pipeline.send(pending);
		return pending.reply();
	}

	private Pipeline pipeline(Circuit circuit) {
		Pipeline known = this.pipelines.get(circuit.master());
		return (known != null) ? known
				: this.pipelines.computeIfAbsent(circuit.master(), (added) -> new Pipeline(this.transport::eval));
	}

	/**
	 * Makes a call once the client is connected, and bounds the time until its answer.
	 * @param <T> the type of the answer
	 * @param circuit the circuit of the master that is called
	 * @param call makes the call; its argument completes when the time of the call is
	 * over, too
	 * @return completes with the answer, or with an explained failure
	 */
	private <T> CompletionStage<T> bounded(Circuit circuit, Function<CompletableFuture<T>, CompletionStage<T>> call) {
		CompletableFuture<T> result = new CompletableFuture<>();
		CompletableFuture<?> connected = connected();
		if (connected.isDone() && !connected.isCompletedExceptionally()) {
			send(circuit, call, result);
			return result;
		}
		connected.copy()
			.orTimeout(this.connectTimeout.toNanos(), TimeUnit.NANOSECONDS)
			.whenComplete((client, failure) -> {
				if (failure != null) {
					result.completeExceptionally(explained(circuit, failure));
				}
				else {
					send(circuit, call, result);
				}
			});
		return result;
	}

	private <T> void send(Circuit circuit, Function<CompletableFuture<T>, CompletionStage<T>> call,
			CompletableFuture<T> result) {
		CompletableFuture<T> answer = new CompletableFuture<>();
		// A client bounds a command once it was sent. This also bounds the way there.
		this.deadlines.start(answer);
		answer.whenComplete((value, failure) -> {
			if (failure != null) {
				result.completeExceptionally(explained(circuit, failure));
			}
			else {
				answered(circuit);
				result.complete(value);
			}
		});
		Stages.call(() -> call.apply(answer)).whenComplete((value, failure) -> {
			if (!Stages.complete(answer, value, failure) && failure == null) {
				// The answer came too late for its caller, and in time for the next ones.
				answered(circuit);
			}
		});
	}

	private RuntimeException explained(Circuit circuit, Throwable failure) {
		RuntimeException reason = this.transport.translate(failure);
		if (circuit == this.uncounted) {
			return reason;
		}
		if (!(reason instanceof StoreUnavailableException unavailable)) {
			answered(circuit);
			return reason;
		}
		String message = reason.getMessage() + (isCluster() ? " (master " + circuit.master() + ")" : "");
		boolean silent = unavailable.wasAsked();
		boolean refused = !silent && !unavailable.awayFor().isZero();
		if (silent || refused) {
			this.listener.failed(message);
		}
		if (silent) {
			if (circuit.failed()) {
				this.listener.circuitOpened(circuit.master(), message);
			}
		}
		else if (refused) {
			closed(circuit, circuit.refused());
		}
		else {
			answered(circuit);
		}
		return unavailable.with(message, unavailable.awayFor().equals(StoreUnavailableException.FOREVER)
				? StoreUnavailableException.FOREVER : circuit.awayFor());
	}

	private void answered(Circuit circuit) {
		if (circuit != this.uncounted) {
			closed(circuit, circuit.answered());
		}
	}

	private void closed(Circuit circuit, boolean byThisAnswer) {
		boolean connected = this.circuits.connected();
		if (byThisAnswer || connected) {
			this.listener.circuitClosed(circuit.master());
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
