package dev.weir.lease;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import dev.weir.core.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * Leases for code, with the policies of the annotations. Thread-safe.
 * <p>
 * What runs through {@code call}, {@code run}, their checked twins and {@code callAsync}
 * is guarded as an annotated method is: it sees its lease through
 * {@link Lease#current()}, joins outer leases for the same key and thread, and keeps its
 * lease until a transaction around it has ended. What {@code acquire}, {@code tryAcquire}
 * and {@code acquireAsync} return belongs to the caller, who closes it, on any thread; it
 * joins nothing, so do not ask twice for the same key.
 * <p>
 * If the policy is switched off by {@code enabled=false}, or Redis does not answer and
 * the policy says {@link OnUnavailable#PROCEED}, callbacks run unguarded, and the lease
 * that is returned guards nothing and is valid until it is closed.
 *
 * @param <S> what a lease is asked for with
 */
public interface LeaseOperations<S> {

	/**
	 * Runs a callback under a lease.
	 * @param <T> the type of its result
	 * @param spec the lease
	 * @param callback what to run
	 * @return its result
	 * @throws LeaseBusyException if another holder kept the lease for longer than the
	 * wait time; the callback did not run
	 * @throws LeaseUnavailableException if Redis did not answer; the callback did not run
	 * @throws LeaseLostException if the lease was lost before the callback returned
	 * @throws LeaseInterruptedException if the thread was interrupted while it waited;
	 * its interrupt status is set, and the callback did not run
	 */
	default <T extends @Nullable Object> T call(S spec, Supplier<T> callback) {
		return this.<T, RuntimeException>callChecked(spec, callback::get);
	}

	/**
	 * Runs a callback that throws checked exceptions under a lease. Apart from
	 * {@link #call}, because Kotlin cannot infer the type of what a callback throws.
	 * @param <T> the type of its result
	 * @param <X> the type of what it throws
	 * @param spec the lease
	 * @param callback what to run
	 * @return its result
	 * @throws LeaseException as {@link #call} does
	 * @throws X what the callback throws
	 */
	<T extends @Nullable Object, X extends Throwable> T callChecked(S spec, Callback<T, X> callback) throws X;

	/**
	 * Runs a callback without a result under a lease.
	 * @param spec the lease
	 * @param callback what to run
	 * @throws LeaseException as {@link #call} does
	 */
	default void run(S spec, Runnable callback) {
		this.<RuntimeException>runChecked(spec, callback::run);
	}

	/**
	 * Runs a callback without a result that throws checked exceptions under a lease.
	 * @param <X> the type of what it throws
	 * @param spec the lease
	 * @param callback what to run
	 * @throws LeaseException as {@link #call} does
	 * @throws X what the callback throws
	 */
	<X extends Throwable> void runChecked(S spec, Action<X> callback) throws X;

	/**
	 * Runs a callback under a lease that is kept until the stage that it returned has
	 * completed. Waiting for the lease blocks the calling thread.
	 * @param <T> the type of the result
	 * @param spec the lease
	 * @param callback what to run
	 * @return completes as that stage does, after the lease was released, or with a
	 * {@link LeaseException}; cancelling it cancels that stage
	 */
	<T extends @Nullable Object> CompletableFuture<T> callAsync(S spec, Supplier<CompletionStage<T>> callback);

	/**
	 * Acquires a lease and waits for it.
	 * @param spec the lease
	 * @return the lease, to be closed by the caller
	 * @throws LeaseBusyException if somebody else kept it for longer than the wait time
	 * @throws LeaseUnavailableException if Redis did not answer
	 * @throws LeaseInterruptedException if the thread was interrupted while it waited;
	 * its interrupt status is set, and no lease is left behind
	 */
	Lease acquire(S spec);

	/**
	 * Acquires a lease if it is free right now.
	 * @param spec the lease; its wait time has no effect
	 * @return the lease, empty if somebody else has it
	 * @throws LeaseUnavailableException if Redis did not answer
	 * @throws LeaseInterruptedException if the thread was interrupted
	 */
	Optional<Lease> tryAcquire(S spec);

	/**
	 * Acquires a lease without blocking.
	 * @param spec the lease
	 * @return completes with the lease, or with the exception that {@link #acquire} would
	 * throw, on a thread where code may block; cancelling it gives the lease up
	 */
	CompletableFuture<Lease> acquireAsync(S spec);

	/**
	 * A callback with a result.
	 *
	 * @param <T> the type of the result
	 * @param <X> the type of the exceptions that it throws
	 */
	@FunctionalInterface
	interface Callback<T extends @Nullable Object, X extends Throwable> {

		/**
		 * Runs.
		 * @return the result
		 * @throws X if the callback fails
		 */
		T run() throws X;

	}

	/**
	 * A callback without a result.
	 *
	 * @param <X> the type of what it throws
	 */
	@FunctionalInterface
	interface Action<X extends Throwable> {

		/**
		 * Runs.
		 * @throws X what the callback throws
		 */
		void run() throws X;

	}

}
