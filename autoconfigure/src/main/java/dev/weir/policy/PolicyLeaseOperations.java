package dev.weir.policy;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseOperations;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.lease.SemaphoreOperations;
import dev.weir.lease.SemaphoreSpec;
import dev.weir.lease.engine.LeaseGuard;
import dev.weir.lease.engine.LeaseTemplate;
import dev.weir.policy.result.ResultKind;
import org.jspecify.annotations.Nullable;

/**
 * Acquires leases for code, with the policies that result from properties and code.
 * Thread-safe.
 *
 * @param <S> the type of the request for a lease
 */
public class PolicyLeaseOperations<S> implements LeaseOperations<S> {

	private final LeaseTemplate leases;

	private final LeasePolicies policies;

	private final Function<S, String> name;

	private final Function<S, LeaseGuard> guard;

	PolicyLeaseOperations(LeaseTemplate leases, LeasePolicies policies, Function<S, String> name,
			Function<S, LeaseGuard> guard) {
		this.leases = leases;
		this.policies = policies;
		this.name = name;
		this.guard = guard;
	}

	/**
	 * Creates the operations for locks.
	 * @param leases the template that runs guarded calls
	 * @param policies the policies of locks
	 * @return the operations
	 */
	public static LockOperations locks(LeaseTemplate leases, LeasePolicies policies) {
		return new Locks(leases, policies, policies::guard);
	}

	/**
	 * Creates the operations for the locks of caches. All callers wait: a caller that
	 * does not wait computes the entry itself, so a bound would multiply the
	 * computations.
	 * @param leases the template that runs guarded calls
	 * @param policies the policies of locks
	 * @return the operations
	 */
	public static LockOperations locksOfCaches(LeaseTemplate leases, LeasePolicies policies) {
		return new Locks(leases, policies, (spec) -> policies.guard(spec).withoutWaitRoom());
	}

	/**
	 * Creates the operations for semaphores.
	 * @param leases the template that runs guarded calls
	 * @param policies the policies of semaphores
	 * @return the operations
	 */
	public static SemaphoreOperations semaphores(LeaseTemplate leases, LeasePolicies policies) {
		return new Semaphores(leases, policies);
	}

	@Override
	public <T extends @Nullable Object, X extends Throwable> T callChecked(S spec, Callback<T, X> callback) throws X {
		LeaseGuard needed = this.guard.apply(spec);
		if (!isEnabled(spec)) {
			return callback.run();
		}
		return this.leases.call(needed, callback,
				(result) -> ResultKind.endingOf(result, () -> "The callback under '" + this.name.apply(spec) + "'"),
				LeaseTemplate.Fallback.none());
	}

	@Override
	@SuppressWarnings("NullAway") // without JSpecify mode NullAway does not detect the
									// nullable type argument
	public <X extends Throwable> void runChecked(S spec, Action<X> callback) throws X {
		this.<@Nullable Void, X>callChecked(spec, () -> {
			callback.run();
			return null;
		});
	}

	@Override
	public boolean tryRun(S spec, Runnable callback) {
		LeaseGuard needed = this.guard.apply(spec);
		if (!isEnabled(spec)) {
			callback.run();
			return true;
		}
		return this.leases.tryRun(needed, callback);
	}

	@Override
	public <T extends @Nullable Object> CompletableFuture<T> callAsync(S spec, Supplier<CompletionStage<T>> callback) {
		LeaseGuard needed = this.guard.apply(spec);
		CompletableFuture<T> result = isEnabled(spec)
				? this.leases.<T, RuntimeException>callAsync(needed, callback::get, LeaseTemplate.Fallback.none())
				: callback.get().toCompletableFuture();
		if (result == null) {
			throw new IllegalStateException("The callback returned null instead of a stage");
		}
		return result;
	}

	@Override
	public Lease acquire(S spec) {
		LeaseGuard needed = this.guard.apply(spec);
		return isEnabled(spec) ? this.leases.acquire(needed) : LeaseTemplate.unguarded(needed);
	}

	@Override
	public Optional<Lease> tryAcquire(S spec) {
		LeaseGuard needed = this.guard.apply(spec).withoutWaiting();
		try {
			return Optional.of(isEnabled(spec) ? this.leases.acquire(needed) : LeaseTemplate.unguarded(needed));
		}
		catch (LeaseBusyException ex) {
			return Optional.empty();
		}
	}

	@Override
	public CompletableFuture<Lease> acquireAsync(S spec) {
		LeaseGuard needed = this.guard.apply(spec);
		return isEnabled(spec) ? this.leases.acquireAsync(needed)
				: CompletableFuture.completedFuture(LeaseTemplate.unguarded(needed));
	}

	private boolean isEnabled(S spec) {
		return this.policies.isEnabled(this.name.apply(spec));
	}

	private static final class Locks extends PolicyLeaseOperations<LockSpec> implements LockOperations {

		private Locks(LeaseTemplate leases, LeasePolicies policies, Function<LockSpec, LeaseGuard> guard) {
			super(leases, policies, LockSpec::name, guard);
		}

	}

	private static final class Semaphores extends PolicyLeaseOperations<SemaphoreSpec> implements SemaphoreOperations {

		private Semaphores(LeaseTemplate leases, LeasePolicies policies) {
			super(leases, policies, SemaphoreSpec::name, policies::guard);
		}

	}

}
