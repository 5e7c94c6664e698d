package dev.weir.lease.engine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.weir.core.Log;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseOperations;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseScope;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LossReason;
import dev.weir.lease.OnLost;
import org.jspecify.annotations.Nullable;

/**
 * Runs code under a lease. The template joins outer leases or acquires new ones, runs the
 * code and releases the leases. It applies the policies for a store that does not answer
 * and for a lease that was lost. Thread-safe.
 * <p>
 * A nested call for the same key on the same thread joins the outer lease. The lease is
 * released when both calls have ended. If a transaction is already running when the lease
 * is acquired, the lease is released after the transaction has ended, and the commit
 * fails if the lease was lost.
 */
public final class LeaseTemplate {

	private static final Log logger = Log.of(LeaseTemplate.class);

	private final LeaseManager manager;

	private final EnclosingWork enclosing;

	private final Leases leases;

	/**
	 * Creates a template.
	 * @param manager acquires the leases
	 * @param enclosing the transactions that calls may be part of
	 */
	public LeaseTemplate(LeaseManager manager, EnclosingWork enclosing) {
		this(manager, enclosing,
				(guard, scope) -> Acquisition.start(guard, manager, (key) -> OuterLeases.find(key, scope)));
	}

	private LeaseTemplate(LeaseManager manager, EnclosingWork enclosing, Leases leases) {
		this.manager = manager;
		this.enclosing = enclosing;
		this.leases = leases;
	}

	/**
	 * Returns a template whose calls run under a lease that this instance holds already.
	 * They send nothing to the store. Without a valid lease they are busy.
	 * @param held returns the lease, {@code null} for none
	 * @return a template with the same manager
	 */
	LeaseTemplate under(Supplier<@Nullable HeldLease> held) {
		return new LeaseTemplate(this.manager, this.enclosing, (guard, scope) -> {
			CompletableFuture<@Nullable OwnedLease> answer = new CompletableFuture<>();
			HeldLease lease = held.get();
			if (lease != null && lease.isValid() && lease.join()) {
				answer.complete(lease);
			}
			else {
				LeaseRequest request = guard.first().within(guard.first().timeout(), Duration.ZERO);
				answer.completeExceptionally(new LeaseBusyException(request, null));
			}
			return answer;
		});
	}

	/**
	 * Returns a template that releases a lease when its call has ended, even if a
	 * transaction is running. This template is for changes that others may see before the
	 * transaction commits.
	 * @return a template with the same manager
	 */
	public LeaseTemplate withoutEnclosingWork() {
		return new LeaseTemplate(this.manager, EnclosingWork.NONE);
	}

	/**
	 * Runs a body under a lease and releases the lease when the body has returned.
	 * @param <T> the type of the result
	 * @param <X> the type of the exceptions of the body
	 * @param guard the guard with the lease
	 * @param body the body
	 * @return the result of the body
	 * @throws LeaseException if the body could not run under the lease, or lost it
	 * @throws X if the body throws it
	 */
	public <T extends @Nullable Object, X extends Throwable> T call(LeaseGuard guard,
			LeaseOperations.Callback<T, X> body) throws X {
		return call(guard, body, Ending::atReturn, Fallback.none());
	}

	/**
	 * Runs a body under a lease and releases the lease when the work behind the result of
	 * the body has ended, or when the body throws an exception.
	 * @param <T> the type of the result
	 * @param <X> the type of the exceptions of the body
	 * @param guard the guard with the lease
	 * @param body the body
	 * @param ending finds out when the work behind a result has ended
	 * @param fallback runs if the body could not run under the lease, or had lost it when
	 * the body returned. A later loss is only reported, except for a
	 * {@link CompletableFuture}: it completes after the release, as in {@link #callAsync}
	 * @return the result of the body or of the fallback
	 * @throws X if the body or the fallback throws it
	 */
	@SuppressWarnings("unchecked") // the result and the fallback have the same type
	public <T extends @Nullable Object, X extends Throwable> T call(LeaseGuard guard,
			LeaseOperations.Callback<T, X> body, Function<T, Ending<T>> ending, Fallback<T, X> fallback) throws X {
		OwnedLease lease;
		try {
			lease = hold(guard);
		}
		catch (LeaseException ex) {
			return fallback.instead(ex);
		}
		if (lease == null) {
			return body.run();
		}
		CompletionStage<?> later = null;
		LeaseStore.Release release = null;
		T result;
		try {
			Ending<T> ended = ending.apply(runIn(lease, guard, body));
			result = ended.result();
			later = ended.end();
		}
		finally {
			if (later == null) {
				release = lease.letGoAndWait();
			}
		}
		if (later != null && later == result && later.getClass() == CompletableFuture.class) {
			return (T) released((CompletionStage<Object>) later, lease, guard,
					(Fallback<? extends CompletionStage<Object>, ?>) fallback);
		}
		LeaseLostException loss = loss(lease, release, guard);
		if (later != null) {
			later.whenComplete((ended, failure) -> lease.letGo());
		}
		return (loss != null) ? fallback.instead(loss) : result;
	}

	/**
	 * Runs a body under a lease and releases the lease when the stage that the body
	 * returned has completed, normally or not. The calling thread blocks while it
	 * acquires the lease, and then runs the body.
	 * @param <T> the type of the result
	 * @param <X> the type of the exceptions of the body
	 * @param guard the guard with the lease
	 * @param body the body
	 * @param fallback runs if the body could not run under the lease, or lost it
	 * @return completes with the outcome of the stage of the body or of the fallback,
	 * after the lease was released, or with the exception that the fallback throws;
	 * cancelling this future neither cancels the stage of the body nor releases the
	 * lease, because the work behind a cancelled stage may go on; {@code null} if the
	 * body returned {@code null}
	 * @throws X if the body throws it
	 */
	public <T extends @Nullable Object, X extends Throwable> @Nullable CompletableFuture<T> callAsync(LeaseGuard guard,
			LeaseOperations.Callback<? extends @Nullable CompletionStage<T>, X> body,
			Fallback<? extends @Nullable CompletionStage<T>, ?> fallback) throws X {
		OwnedLease lease;
		try {
			lease = hold(guard);
		}
		catch (LeaseException ex) {
			return follow(new CompletableFuture<>(), ex, fallback);
		}
		CompletionStage<T> stage = null;
		try {
			stage = (lease != null) ? runIn(lease, guard, body) : body.run();
		}
		finally {
			if (stage == null && lease != null) {
				lease.letGoAndWait();
			}
		}
		if (stage == null || lease == null) {
			return (stage != null) ? stage.toCompletableFuture() : null;
		}
		return released(stage, lease, guard, fallback);
	}

	private <T extends @Nullable Object> CompletableFuture<T> released(CompletionStage<T> stage, OwnedLease lease,
			LeaseGuard guard, Fallback<? extends @Nullable CompletionStage<T>, ?> fallback) {
		CompletableFuture<T> result = new CompletableFuture<>();
		// The stages that depend on the result are code of users, which must not run on a
		// thread of the store.
		stage.whenComplete((value, failure) -> lease.letGo().whenCompleteAsync((release, unanswered) -> {
			LeaseLostException loss = (failure != null) ? null : loss(lease, release, guard);
			if (failure != null) {
				result.completeExceptionally(failure);
			}
			else if (loss != null) {
				follow(result, loss, fallback);
			}
			else {
				result.complete(value);
			}
		}, callbacks()));
		return result;
	}

	@SuppressWarnings("NullAway") // a fallback may return null, and a stage may complete
									// with null
	private static <T extends @Nullable Object> CompletableFuture<T> follow(CompletableFuture<T> result,
			LeaseException failure, Fallback<? extends @Nullable CompletionStage<T>, ?> fallback) {
		try {
			CompletionStage<T> instead = fallback.instead(failure);
			if (instead == null) {
				result.complete(null);
				return result;
			}
			instead.whenComplete((value, again) -> {
				if (again != null) {
					result.completeExceptionally(again);
				}
				else {
					result.complete(value);
				}
			});
		}
		catch (Throwable ex) {
			result.completeExceptionally(ex);
		}
		return result;
	}

	/**
	 * Runs an action under leases, unless they are busy.
	 * @param guard the leases
	 * @param action the action
	 * @return whether the action ran
	 */
	public boolean tryRun(LeaseGuard guard, Runnable action) {
		return this.<Boolean, RuntimeException>call(guard, () -> {
			action.run();
			return true;
		}, Ending::atReturn, (failure) -> {
			if (!(failure instanceof LeaseBusyException)) {
				throw failure;
			}
			skipped(failure);
			return false;
		});
	}

	/**
	 * Counts and logs a call that was skipped because its lease was busy.
	 * @param failure the reason
	 */
	public void skipped(LeaseException failure) {
		this.manager.listener().skipped(failure.getKind(), failure.getName());
		logger.debug("A call was skipped: {}", failure.getMessage());
	}

	/**
	 * Acquires the leases of a guard. The caller releases them. Such a lease joins no
	 * outer lease, nested calls do not join it, and its release does not wait for a
	 * transaction.
	 * @param guard the guard
	 * @return the lease; a lease that guards nothing if the policy lets the call run
	 * without a lease
	 * @throws LeaseException if the lease could not be acquired
	 */
	public Lease acquire(LeaseGuard guard) {
		OwnedLease lease = LeaseManager.await(begin(guard), guard.first());
		return (lease != null) ? lease : new UnguardedLease(guard.first());
	}

	/**
	 * Acquires the leases of a guard without blocking.
	 * @param guard the guard, as for {@link #acquire}
	 * @return completes with the lease, or with a {@link LeaseException}, on a thread for
	 * callbacks; cancelling this future gives the lease up
	 */
	public CompletableFuture<Lease> acquireAsync(LeaseGuard guard) {
		return LeaseManager.delivered(begin(guard), guard.first(), callbacks());
	}

	/**
	 * Returns a lease that guards nothing, for a policy that is switched off.
	 * @param guard the guard that would be needed
	 * @return the lease, valid until it is closed
	 */
	public static Lease unguarded(LeaseGuard guard) {
		return new UnguardedLease(guard.first());
	}

	private CompletableFuture<@Nullable OwnedLease> begin(LeaseGuard guard) {
		return Acquisition.start(guard, this.manager, (key) -> null);
	}

	/**
	 * Starts to acquire the leases of a guard.
	 * @param guard the guard
	 * @param scope the leases under which the caller runs
	 * @return completes with the lease, {@code null} to run without one
	 */
	CompletableFuture<@Nullable OwnedLease> begin(LeaseGuard guard, @Nullable LeaseScope scope) {
		return this.leases.begin(guard, scope);
	}

	LeaseManager manager() {
		return this.manager;
	}

	Executor callbacks() {
		return this.manager.callbacks();
	}

	private @Nullable OwnedLease hold(LeaseGuard guard) {
		return LeaseManager.await(begin(guard, LeaseScope.current()), guard.first());
	}

	private <T extends @Nullable Object, X extends Throwable> T runIn(OwnedLease lease, LeaseGuard guard,
			LeaseOperations.Callback<T, X> body) throws X {
		if (this.enclosing.isActive()) {
			keepUntilEnclosingWorkEnds(lease, guard);
		}
		lease.use();
		LeaseScope.enter(lease);
		try {
			return body.run();
		}
		finally {
			LeaseScope.exit();
		}
	}

	private void keepUntilEnclosingWorkEnds(OwnedLease lease, LeaseGuard guard) {
		Runnable end = keep(lease);
		try {
			this.enclosing.register(() -> {
				LeaseLostException loss = loss(lease, null, guard);
				if (loss != null) {
					throw loss;
				}
			}, end);
		}
		catch (RuntimeException ex) {
			end.run();
			throw ex;
		}
	}

	private static Runnable keep(OwnedLease lease) {
		if (!lease.join()) {
			return () -> {
			};
		}
		Runnable forget = OuterLeases.keep(lease);
		return () -> {
			forget.run();
			lease.letGoAndWait();
		};
	}

	/**
	 * Returns the exception for a lease that was lost.
	 * @param lease the lease
	 * @param release the answer of the store to the release, {@code null} if there is
	 * none
	 * @param guard determines whether a loss is only reported
	 * @return the exception, {@code null} if the lease was not lost or the loss was only
	 * reported
	 */
	static @Nullable LeaseLostException loss(OwnedLease lease, LeaseStore.@Nullable Release release, LeaseGuard guard) {
		if (release != LeaseStore.Release.NOT_HELD && !lease.isLost()) {
			return null;
		}
		LeaseRequest request = lease.request();
		LossReason reason = lease.isLost() ? lease.lossReason() : LossReason.TAKEN;
		if (guard.onLost() == OnLost.FAIL) {
			return new LeaseLostException(request, reason);
		}
		logger.warn("The {} '{}' was lost while {} ran: {}", request.key().kind(), request.name(), request.purpose(),
				reason.text());
		return null;
	}

	/**
	 * Obtains the leases of calls.
	 */
	@FunctionalInterface
	private interface Leases {

		CompletableFuture<@Nullable OwnedLease> begin(LeaseGuard guard, @Nullable LeaseScope scope);

	}

	/**
	 * When the work behind a result ends.
	 *
	 * @param <T> the type of the result
	 * @param result the result to return, which may be one that is watched in place of
	 * the result of the body
	 * @param end completes, normally or not, when the work has ended; {@code null} if it
	 * has ended already
	 */
	public record Ending<T extends @Nullable Object>(T result, @Nullable CompletionStage<?> end) {

		/**
		 * Describes work that ends when the body returns.
		 * @param <T> the type of the result
		 * @param result the result
		 * @return the ending
		 */
		public static <T extends @Nullable Object> Ending<T> atReturn(T result) {
			return new Ending<>(result, null);
		}

	}

	/**
	 * Replaces a body that could not run under its lease, or lost it.
	 *
	 * @param <T> the type of the result
	 * @param <X> the type of the exceptions of the fallback
	 */
	@FunctionalInterface
	public interface Fallback<T extends @Nullable Object, X extends Throwable> {

		/**
		 * Returns another result, or throws an exception.
		 * @param failure the failure of the body
		 * @return the result
		 * @throws X if the fallback fails
		 */
		T instead(LeaseException failure) throws X;

		/**
		 * Returns the fallback that only throws the failure.
		 * @param <T> the type of the result
		 * @param <X> the type of the exceptions of the body
		 * @return the fallback
		 */
		static <T extends @Nullable Object, X extends Throwable> Fallback<T, X> none() {
			return (failure) -> {
				throw failure;
			};
		}

	}

}
