package dev.weir.lease.engine;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

import dev.weir.core.Containment;
import dev.weir.core.OnUnavailable;
import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseInterruptedException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LeaseUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Acquires, renews, hands on and releases leases. This is the engine of both locks and
 * semaphores.
 * <p>
 * Thread-safe. Callers of this JVM queue for a key in the order of their arrival. Only
 * the first caller in the queue sends claims to the store. A caller that already runs
 * under a lease must not request the same key again here ({@link LeaseTemplate} joins
 * nested calls).
 */
public final class LeaseManager implements AutoCloseable {

	/** How many wake-ups for keys without a waiting caller are passed on at once. */
	private static final int MAX_PASSED_ON = 100;

	/** The keys whose wake-ups this instance passes on. */
	private final Set<LeaseKey> passedOn = ConcurrentHashMap.newKeySet();

	private final Map<LeaseKind, ConcurrentMap<String, Gate>> gates = new EnumMap<>(LeaseKind.class);

	private final EngineContext engine;

	private final ScheduledExecutorService timer;

	private final AbandonedClaims abandoned;

	private final AtomicBoolean sweeps = new AtomicBoolean();

	private final CompletableFuture<Void> ended = new CompletableFuture<>();

	private volatile boolean closed;

	/**
	 * Creates a manager with the clock of this JVM.
	 * @param store the store of the leases
	 * @param settings the settings
	 * @param callbacks runs code of users, such as callbacks for lost leases
	 */
	public LeaseManager(LeaseStore store, LeaseSettings settings, Executor callbacks) {
		this(store, settings, callbacks, List.of());
	}

	/**
	 * Creates a manager with the clock of this JVM.
	 * @param store the store of the leases
	 * @param settings the settings
	 * @param callbacks runs code of users, such as callbacks for lost leases
	 * @param listeners receive the events of leases
	 */
	public LeaseManager(LeaseStore store, LeaseSettings settings, Executor callbacks, List<LeaseListener> listeners) {
		this(store, settings, callbacks, listeners, System::nanoTime);
	}

	/**
	 * Creates a manager with a clock other than the clock of this JVM, for tests.
	 * @param store the store of the leases
	 * @param settings the settings
	 * @param callbacks runs code of users, such as callbacks for lost leases
	 * @param listeners receive the events of leases
	 * @param clock a monotonic clock, in nanoseconds; the manager detects a jump of the
	 * clock within half a second
	 */
	public LeaseManager(LeaseStore store, LeaseSettings settings, Executor callbacks, List<LeaseListener> listeners,
			LongSupplier clock) {
		this(store, settings, callbacks, clock, newTimer(), listeners);
	}

	/**
	 * Creates a manager.
	 * @param store the store of the leases
	 * @param settings the settings
	 * @param callbacks runs code of users
	 * @param clock a monotonic clock, in nanoseconds
	 * @param timer runs short tasks that never block; shut down with this manager
	 * @param listeners receive the events of leases
	 */
	LeaseManager(LeaseStore store, LeaseSettings settings, Executor callbacks, LongSupplier clock,
			ScheduledExecutorService timer, List<LeaseListener> listeners) {
		this.timer = timer;
		this.engine = new EngineContext(store, settings, clock, timer,
				(task) -> Containment.execute(callbacks, "A callback of a lease", task), new OwnerIds(settings),
				LeaseListeners.of(listeners));
		this.abandoned = new AbandonedClaims(this.engine);
		for (LeaseKind kind : LeaseKind.values()) {
			this.gates.put(kind, new ConcurrentHashMap<>());
		}
		store.onWakeUp(this::wakeUp);
	}

	/**
	 * Starts to sweep with the first gate, so that an application without leases has no
	 * thread for the timer.
	 */
	private void startToSweep() {
		if (!this.sweeps.get() && this.sweeps.compareAndSet(false, true)) {
			long interval = this.engine.sweepInterval();
			this.timer.scheduleWithFixedDelay(this::sweep, interval, interval, TimeUnit.NANOSECONDS);
		}
	}

	private static ScheduledExecutorService newTimer() {
		ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "weir-lease-timer");
			thread.setDaemon(true);
			return thread;
		}, new ThreadPoolExecutor.DiscardPolicy());
		timer.setRemoveOnCancelPolicy(true);
		return timer;
	}

	/**
	 * Renews all leases now, before they are due. A holder that has lost its lease
	 * without notice is notified as soon as the store answers.
	 */
	public void renewNow() {
		forEachGate(Gate::renewNow);
	}

	private void sweep() {
		// A task that throws would never run again.
		forEachGate((gate) -> Containment.run("The sweep of leases", gate::sweep));
	}

	/**
	 * Acquires a lease and waits for it, at most for the wait time of the request plus
	 * one time-out of the store.
	 * @param request the request
	 * @return the lease
	 * @throws LeaseBusyException if another holder kept the lease for longer than the
	 * wait time
	 * @throws LeaseUnavailableException if the store did not answer
	 * @throws LeaseInterruptedException if the thread was interrupted; its interrupt
	 * status is set, and no lease is left behind
	 */
	public Lease acquire(LeaseRequest request) {
		return await(submit(request, now()), request);
	}

	/**
	 * Acquires a lease without blocking.
	 * @param request the request
	 * @return completes with the lease, or with the exception that {@link #acquire} would
	 * throw, on a thread for callbacks; cancelling this future gives the lease up
	 */
	public CompletionStage<Lease> acquireAsync(LeaseRequest request) {
		return delivered(submit(request, now()), request, this.engine.callbacks());
	}

	/**
	 * Passes an answer of the engine on to code of users.
	 * @param answer the answer
	 * @param request the request
	 * @param callbacks runs that code
	 * @return completes with the lease; cancelling this future gives the lease up
	 */
	static CompletableFuture<Lease> delivered(CompletableFuture<? extends @Nullable OwnedLease> answer,
			LeaseRequest request, Executor callbacks) {
		CompletableFuture<Lease> result = new CompletableFuture<>();
		answer.whenCompleteAsync((lease, failure) -> {
			boolean taken = (failure != null) ? result.completeExceptionally(Stages.unwrap(failure))
					: result.complete((lease != null) ? lease : new UnguardedLease(request));
			if (!taken && lease != null) {
				lease.letGo();
			}
		}, callbacks);
		result.whenComplete((lease, failure) -> {
			if (result.isCancelled()) {
				answer.cancel(false);
			}
		});
		return result;
	}

	/**
	 * Waits for an answer of the engine, interruptibly.
	 * @param <H> the type of the lease
	 * @param answer the answer
	 * @param request the request
	 * @return the lease
	 */
	static <H extends @Nullable OwnedLease> H await(CompletableFuture<H> answer, LeaseRequest request) {
		try {
			return answer.get();
		}
		catch (InterruptedException ex) {
			giveUp(answer);
			Thread.currentThread().interrupt();
			throw new LeaseInterruptedException(request, ex);
		}
		catch (ExecutionException ex) {
			Throwable failure = Stages.unwrap(ex);
			if (failure instanceof LeaseException leaseException) {
				// The exception was created on a thread of the engine. Callers need the
				// stack trace of their own thread.
				leaseException.fillInStackTrace();
				throw leaseException;
			}
			throw (failure instanceof RuntimeException unchecked) ? unchecked : new IllegalStateException(failure);
		}
	}

	/**
	 * Gives up an answer that may arrive at the same moment.
	 * @param answer the answer
	 */
	static void giveUp(CompletableFuture<? extends @Nullable OwnedLease> answer) {
		if (!answer.cancel(false) && !answer.isCompletedExceptionally()) {
			OwnedLease won = answer.join();
			if (won != null) {
				won.letGo();
			}
		}
	}

	LeaseListener listener() {
		return this.engine.listener();
	}

	Executor callbacks() {
		return this.engine.callbacks();
	}

	long now() {
		return this.engine.now();
	}

	/**
	 * Returns the time to live that a request asks for.
	 * @param request the request
	 * @return the time to live
	 */
	Duration ttl(LeaseRequest request) {
		return this.engine.ttl(request);
	}

	/**
	 * Lets a caller queue.
	 * @param request the request of the caller
	 * @param now the time
	 * @return completes with the lease, on any thread; cancelling this future gives the
	 * lease up
	 */
	CompletableFuture<HeldLease> submit(LeaseRequest request, long now) {
		return submit(request, OnUnavailable.FAIL, WaitRoom.UNBOUNDED, now);
	}

	/**
	 * Lets a caller queue.
	 * @param request the request of the caller
	 * @param onUnavailable the policy of the caller for a store that does not answer
	 * @param room where the caller waits
	 * @param now the time
	 * @return completes as above
	 */
	CompletableFuture<HeldLease> submit(LeaseRequest request, OnUnavailable onUnavailable, WaitRoom room, long now) {
		Waiter waiter = new Waiter(request, this.engine.listener().asked(request), onUnavailable, room, now);
		if (this.closed) {
			waiter.failed(now, LeaseListener.Failure.UNAVAILABLE);
			waiter.answer().completeExceptionally(new LeaseUnavailableException(request, shutDown()));
			return waiter.answer();
		}
		Gate entered = enter(waiter);
		if (this.closed) {
			// close() ran in the meantime and may not have seen this waiter.
			entered.failAll(shutDown());
		}
		// An answer that is complete can no longer be given up.
		if (!waiter.answer().isDone()) {
			waiter.answer().whenComplete((lease, failure) -> {
				if (waiter.answer().isCancelled()) {
					entered.giveUp(waiter);
				}
			});
		}
		return waiter.answer();
	}

	private Gate enter(Waiter waiter) {
		return withGate(waiter.request().key(), (gate) -> gate.enqueue(waiter));
	}

	/**
	 * Runs an event at the gate of a key.
	 * @param key the key
	 * @param event returns {@code false} if the gate is no longer in use
	 * @return the gate
	 */
	private Gate withGate(LeaseKey key, Predicate<Gate> event) {
		ConcurrentMap<String, Gate> gates = gates(key.kind());
		while (true) {
			Gate gate = gates.get(key.value());
			if (gate == null) {
				Gate added = newGate(key);
				Gate other = gates.putIfAbsent(key.value(), added);
				gate = (other != null) ? other : added;
			}
			if (event.test(gate)) {
				return gate;
			}
			gates.remove(key.value(), gate);
		}
	}

	private Gate newGate(LeaseKey key) {
		startToSweep();
		return new Gate(this.engine, key, this.abandoned, (idle) -> {
			gates(key.kind()).remove(key.value(), idle);
			this.passedOn.remove(key);
			endIfIdle();
		});
	}

	private ConcurrentMap<String, Gate> gates(LeaseKind kind) {
		return Objects.requireNonNull(this.gates.get(kind));
	}

	private void forEachGate(Consumer<Gate> action) {
		this.gates.values().forEach((ofKind) -> ofKind.values().forEach(action));
	}

	private void wakeUp(LeaseKey key) {
		if (gates(key.kind()).containsKey(key.value())) {
			withGate(key, Gate::wakeUp);
		}
		// Without a gate, no caller waits here any longer. The new gate passes the
		// wake-up on to another instance. Every client with the right to publish can send
		// wake-ups, so there is a bound: the other instances ask again by themselves.
		else if (this.passedOn.size() < MAX_PASSED_ON && this.passedOn.add(key)) {
			withGate(key, Gate::wakeUp);
		}
	}

	/**
	 * Returns the number of keys for which a caller of this JVM holds or waits for a
	 * lease.
	 * @return the number of gates
	 */
	int gates() {
		return this.gates.values().stream().mapToInt(Map::size).sum();
	}

	boolean isClosed() {
		return this.closed;
	}

	int abandoned() {
		return this.abandoned.pending();
	}

	/**
	 * Ends the engine. All callers that wait receive a {@link LeaseUnavailableException},
	 * and so do all callers that request a lease from now on. Leases that are still held
	 * are renewed until their holders close them. Does not wait for them: see
	 * {@link #ended()}.
	 */
	@Override
	public void close() {
		this.closed = true;
		forEachGate((gate) -> gate.failAll(shutDown()));
		endIfIdle();
	}

	private void endIfIdle() {
		if (this.closed && gates() == 0) {
			this.timer.shutdownNow();
			this.ended.complete(null);
		}
	}

	/**
	 * Returns the end of the engine. The store and the executor must be usable until
	 * then.
	 * @return completes when this manager is closed and no lease is held any longer
	 */
	public CompletionStage<Void> ended() {
		return this.ended.minimalCompletionStage();
	}

	private static StoreUnavailableException shutDown() {
		return new StoreUnavailableException("This application is shutting down");
	}

}
