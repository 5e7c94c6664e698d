package dev.weir.lease;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import dev.weir.core.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * Programmatic access to leases, with the same policies as the annotations. Thread-safe.
 * <p>
 * A callback of {@code call}, {@code run}, their checked variants or {@code callAsync} is
 * guarded in the same way as an annotated method: the callback finds its lease through
 * {@link Lease#current()}, joins outer leases for the same key and thread, and keeps its
 * lease until a transaction around it has ended. A lease that {@code acquire},
 * {@code tryAcquire} or {@code acquireAsync} returns belongs to the caller. The caller
 * closes the lease, on any thread. Such a lease joins no outer lease, so do not request
 * the same key twice.
 * <p>
 * If the policy is switched off with {@code enabled=false}, callbacks run unguarded, and
 * a returned lease guards nothing and is valid until it is closed. The same applies if
 * Redis does not answer and the policy is set to {@link OnUnavailable#PROCEED}.
 *
 * @param <S> the type of the specification of a lease
 */
public interface LeaseOperations<S> {

	/**
	 * Runs a callback under a lease. If the callback returns a {@code CompletionStage},
	 * the lease is held until the stage has completed, as with {@link #callAsync}.
	 * @param <T> the type of the result
	 * @param spec the lease
	 * @param callback the callback
	 * @return the result of the callback
	 * @throws IllegalStateException if the callback returned a result such as a
	 * {@code Mono}, and it cannot be detected when the work behind this result ends
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
	 * Runs a callback that throws checked exceptions under a lease. This method has a
	 * name other than {@link #call}, because Kotlin cannot infer the type of the
	 * exceptions of a callback.
	 * @param <T> the type of the result
	 * @param <X> the type of the exceptions of the callback
	 * @param spec the lease
	 * @param callback the callback
	 * @return the result of the callback
	 * @throws LeaseException if one of the conditions of {@link #call} occurs
	 * @throws X if the callback throws it
	 */
	<T extends @Nullable Object, X extends Throwable> T callChecked(S spec, Callback<T, X> callback) throws X;

	/**
	 * Runs a callback without a result under a lease.
	 * @param spec the lease
	 * @param callback the callback
	 * @throws LeaseException if one of the conditions of {@link #call} occurs
	 */
	default void run(S spec, Runnable callback) {
		this.<RuntimeException>runChecked(spec, callback::run);
	}

	/**
	 * Runs a callback without a result under a lease, unless the lease is busy. For a job
	 * that another instance may be running, set the wait time to zero.
	 * @param spec the lease
	 * @param callback the callback
	 * @return whether the callback ran; {@code false} if other holders kept the lease for
	 * longer than the wait time
	 * @throws LeaseException if another condition of {@link #call} occurs
	 */
	boolean tryRun(S spec, Runnable callback);

	/**
	 * Runs a callback without a result that throws checked exceptions under a lease.
	 * @param <X> the type of the exceptions of the callback
	 * @param spec the lease
	 * @param callback the callback
	 * @throws LeaseException if one of the conditions of {@link #call} occurs
	 * @throws X if the callback throws it
	 */
	<X extends Throwable> void runChecked(S spec, Action<X> callback) throws X;

	/**
	 * Runs a callback under a lease, and keeps the lease until the stage that the
	 * callback returned has completed. The wait for the lease blocks the calling thread.
	 * @param <T> the type of the result
	 * @param spec the lease
	 * @param callback the callback
	 * @return completes with the outcome of that stage, after the lease was released, or
	 * with a {@link LeaseException}; cancelling this future neither cancels that stage
	 * nor releases the lease, because the work behind a cancelled stage may go on
	 */
	<T extends @Nullable Object> CompletableFuture<T> callAsync(S spec, Supplier<CompletionStage<T>> callback);

	/**
	 * Acquires a lease and waits for it.
	 * @param spec the lease
	 * @return the lease, to be closed by the caller
	 * @throws LeaseBusyException if another holder kept the lease for longer than the
	 * wait time
	 * @throws LeaseUnavailableException if Redis did not answer
	 * @throws LeaseInterruptedException if the thread was interrupted while it waited;
	 * its interrupt status is set, and no lease is left behind
	 */
	Lease acquire(S spec);

	/**
	 * Acquires a lease if it is free right now.
	 * @param spec the lease; its wait time has no effect
	 * @return the lease, empty if another holder has it
	 * @throws LeaseUnavailableException if Redis did not answer
	 * @throws LeaseInterruptedException if the thread was interrupted
	 */
	Optional<Lease> tryAcquire(S spec);

	/**
	 * Acquires a lease without blocking.
	 * @param spec the lease
	 * @return completes with the lease, or with the exception that {@link #acquire} would
	 * throw, on a thread where code may block; cancelling this future gives the lease up
	 */
	CompletableFuture<Lease> acquireAsync(S spec);

	/**
	 * A callback with a result.
	 *
	 * @param <T> the type of the result
	 * @param <X> the type of the exceptions of the callback
	 */
	@FunctionalInterface
	interface Callback<T extends @Nullable Object, X extends Throwable> {

		/**
		 * Runs the callback.
		 * @return the result
		 * @throws X if the callback fails
		 */
		T run() throws X;

	}

	/**
	 * A callback without a result.
	 *
	 * @param <X> the type of the exceptions of the callback
	 */
	@FunctionalInterface
	interface Action<X extends Throwable> {

		/**
		 * Runs the callback.
		 * @throws X if the callback fails
		 */
		void run() throws X;

	}

}
