package dev.weir.transaction;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.LeaseProof;
import dev.weir.transaction.TransactionScope.Target;
import dev.weir.transaction.TransactionStore.Answer;
import dev.weir.transaction.TransactionStore.Batch;
import org.jspecify.annotations.Nullable;

/**
 * Executes transactions on a {@link TransactionStore}. Thread-safe.
 */
public final class RedisTransactions implements RedisTransactionOperations {

	private static final Duration SHORTEST_PAUSE = Duration.ofMillis(1);

	private static final Duration NO_TIMEOUT = Duration.ofDays(365);

	/** The longest pause doubles up to 2^6 times the shortest one. */
	private static final int DOUBLINGS = 6;

	private final TransactionStore store;

	private final ValueSerializer serializer;

	private final TransactionOptions options;

	private final long maxValueSize;

	private final Executor executor;

	private final TransactionScope scope;

	/**
	 * Creates operations.
	 * @param store applies transactions
	 * @param serializer the serializer of values
	 * @param options the defaults for transactions that set no other options; retries and
	 * timeout must be set
	 * @param maxValueSize the largest size of a value, in bytes
	 * @param executor runs code of users
	 * @param scope the transactions of threads
	 */
	public RedisTransactions(TransactionStore store, ValueSerializer serializer, TransactionOptions options,
			long maxValueSize, Executor executor, TransactionScope scope) {
		if (options.retries() == null || options.timeout() == null) {
			throw new IllegalArgumentException("'retries' and 'timeout' must be set");
		}
		this.store = store;
		this.serializer = serializer;
		this.options = options;
		this.maxValueSize = maxValueSize;
		this.executor = executor;
		this.scope = scope;
	}

	@Override
	public RedisTransactions with(TransactionOptions options) {
		return new RedisTransactions(this.store, this.serializer, options.orElse(this.options), this.maxValueSize,
				this.executor, this.scope);
	}

	@Override
	public RedisTransactions with(ValueSerializer serializer) {
		return new RedisTransactions(this.store, serializer, this.options, this.maxValueSize, this.executor,
				this.scope);
	}

	@Override
	public <X extends Throwable> void executeWithoutResult(WorkWithoutResult<X> work) throws X {
		this.<Boolean, X>execute((tx) -> {
			work.in(tx);
			return true;
		});
	}

	@Override
	public <T extends @Nullable Object, X extends Throwable> T execute(Work<T, X> work) throws X {
		Target outer = this.scope.current();
		return (outer != null) ? join(outer.transaction(), work) : tried(() -> null, () -> false, work);
	}

	/**
	 * Runs a call in which code on the same thread adds to transactions.
	 * @param <T> the type of the result
	 * @param <X> the type of the exception of the call
	 * @param bound returns the current transaction that other code applies, {@code null}
	 * if there is none
	 * @param ending returns whether that transaction has ended and its last callbacks run
	 * @param work the call
	 * @return the result of the call
	 * @throws X if the call throws it; the additions of the call are removed again
	 */
	<T extends @Nullable Object, X extends Throwable> T collecting(Supplier<@Nullable TransactionBuffer> bound,
			BooleanSupplier ending, Work<T, X> work) throws X {
		Target outer = this.scope.current();
		return (outer != null) ? within(new Target(outer.own(), bound, ending), work) : tried(bound, ending, work);
	}

	private <T extends @Nullable Object, X extends Throwable> T tried(Supplier<@Nullable TransactionBuffer> bound,
			BooleanSupplier ending, Work<T, X> work) throws X {
		Tries tries = new Tries(this.options);
		while (true) {
			TransactionBuffer transaction = collect(this.options.id());
			T result;
			try {
				result = within(new Target(transaction, bound, ending), work);
			}
			finally {
				transaction.end();
			}
			OptimisticLockException conflict = Stages.await(apply(transaction, tries));
			if (conflict == null) {
				return result;
			}
			LockSupport.parkNanos(tries.pauseAfter(conflict));
		}
	}

	private <T extends @Nullable Object, X extends Throwable> T within(Target target, Work<T, X> work) throws X {
		TransactionBuffer bound = target.bound().get();
		Runnable exit = this.scope.enter(target);
		try {
			return join(target.own(), (bound != null) ? (tx) -> join(bound, work) : work);
		}
		finally {
			exit.run();
		}
	}

	private <T extends @Nullable Object, X extends Throwable> T join(TransactionBuffer outer, Work<T, X> work)
			throws X {
		Runnable undo = outer.savepoint();
		boolean returned = false;
		try {
			T result = work.in(outer.with(this.serializer));
			returned = true;
			return result;
		}
		finally {
			if (!returned) {
				undo.run();
			}
		}
	}

	/**
	 * Applies a transaction that cannot be built again.
	 * @param transaction the transaction
	 */
	void applyOnce(TransactionBuffer transaction) {
		transaction.end();
		OptimisticLockException conflict = Stages
			.await(apply(transaction, new Tries(new TransactionOptions(null, 0, NO_TIMEOUT))));
		if (conflict != null) {
			throw conflict;
		}
	}

	@Override
	public <T extends @Nullable Object> CompletableFuture<T> executeAsync(AsyncWork<T> work) {
		CompletableFuture<T> result = new CompletableFuture<>();
		attempt(work, new Tries(this.options), result);
		return result;
	}

	private <T extends @Nullable Object> void attempt(AsyncWork<T> work, Tries tries, CompletableFuture<T> result) {
		TransactionBuffer transaction = collect(this.options.id());
		CompletableFuture<T> body = begun(work, transaction);
		body.whenComplete((value, failure) -> transaction.end())
			.thenCompose((value) -> result.isDone() ? CompletableFuture.completedFuture(null) // cancelled
					: apply(transaction, tries))
			.whenComplete((conflict, failure) -> run(() -> {
				if (failure != null) {
					result.completeExceptionally(Stages.unwrap(failure));
				}
				else if (conflict == null) {
					result.complete(body.join());
				}
				else {
					again(work, tries, conflict, result);
				}
			}));
	}

	private <T extends @Nullable Object> CompletableFuture<T> begun(AsyncWork<T> work, TransactionBuffer transaction) {
		CompletableFuture<T> body = new CompletableFuture<>();
		try {
			Objects.requireNonNull(work.in(transaction.with(this.serializer)), "The callback returned no stage")
				.whenComplete((value, failure) -> Stages.complete(body, value, failure));
		}
		catch (Throwable ex) {
			body.completeExceptionally(ex);
		}
		return body;
	}

	private <T extends @Nullable Object> void again(AsyncWork<T> work, Tries tries, OptimisticLockException conflict,
			CompletableFuture<T> result) {
		try {
			CompletableFuture.delayedExecutor(tries.pauseAfter(conflict), TimeUnit.NANOSECONDS, (task) -> {
				try {
					this.executor.execute(task);
				}
				catch (RejectedExecutionException ex) {
					result.completeExceptionally(conflict);
				}
			}).execute(() -> attempt(work, tries, result));
		}
		catch (OptimisticLockException ex) {
			result.completeExceptionally(ex);
		}
	}

	/**
	 * Runs a task that completes a result, on the current thread if the executor accepts
	 * no more tasks.
	 * @param task the task
	 */
	private void run(Runnable task) {
		try {
			this.executor.execute(task);
		}
		catch (RejectedExecutionException ex) {
			task.run();
		}
	}

	@Override
	public TransactionOutcome outcome(String id, String key) {
		return Stages.await(settle(id, key));
	}

	@Override
	public CompletableFuture<TransactionOutcome> outcomeAsync(String id, String key) {
		return settle(id, key).whenCompleteAsync((outcome, failure) -> {
		}, this::run);
	}

	private CompletableFuture<TransactionOutcome> settle(String id, String key) {
		return TransactionBuffer.withoutEffect(this.store.settle(id, key));
	}

	/**
	 * Starts a transaction.
	 * @param id its id, {@code null} for none
	 * @return the transaction
	 */
	TransactionBuffer collect(@Nullable String id) {
		return new TransactionBuffer(id, this.store, this.maxValueSize);
	}

	/**
	 * Applies a transaction.
	 * @param transaction the transaction, ended
	 * @param tries the tries of the transaction
	 * @return completes with {@code null} if the transaction was applied, with the
	 * conflict if the transaction may be tried again
	 */
	private CompletableFuture<@Nullable OptimisticLockException> apply(TransactionBuffer transaction, Tries tries) {
		if (!transaction.needsRedis()) {
			return CompletableFuture.completedFuture(null);
		}
		if (tries.areOver()) {
			return CompletableFuture.failedFuture(new TransactionTimeoutException(tries.timeout()));
		}
		List<LeaseProof> kept = new ArrayList<>();
		for (LeaseProof lease : transaction.leases()) {
			if (!lease.keep()) {
				kept.forEach(LeaseProof::close);
				return CompletableFuture.failedFuture(lease.lost());
			}
			kept.add(lease);
		}
		Batch batch = transaction.batch();
		return Stages.call(() -> this.store.apply(batch))
			.whenComplete((result, failure) -> kept.forEach(LeaseProof::close))
			.exceptionallyCompose(
					(failure) -> CompletableFuture.failedFuture(reason(batch.id(), Stages.unwrap(failure))))
			.<@Nullable OptimisticLockException>thenApply((result) -> ended(transaction, batch, result, tries.next()))
			.toCompletableFuture();
	}

	private static Throwable reason(@Nullable String id, Throwable failure) {
		if (failure instanceof StoreUnavailableException unavailable) {
			return unavailable.wasAsked() ? new OutcomeUnknownException(id, unavailable)
					: new TransactionUnavailableException(unavailable);
		}
		return failure;
	}

	private static @Nullable OptimisticLockException ended(TransactionBuffer transaction, Batch batch, Answer answer,
			int tries) {
		int number = answer.number();
		switch (answer.status()) {
			case APPLIED -> {
				transaction.applied(answer.results());
				return null;
			}
			case CONFLICT -> {
				boolean required = transaction.isRequirement(number);
				OptimisticLockException conflict = new OptimisticLockException(batch.checks().get(number).key(),
						required, tries);
				if (required) {
					throw conflict;
				}
				return conflict;
			}
			case APPLIED_BEFORE -> throw new AlreadyAppliedException(String.valueOf(batch.id()));
			case LOST -> throw transaction.leaseOf(number).lost();
			case ABANDONED -> throw new TransactionRejectedException(
					"the transaction was abandoned, because its outcome was queried before the transaction arrived. "
							+ "Execute it again with another id");
			case REJECTED -> throw new TransactionRejectedException(described(batch, number, answer.reason()));
			case TORN -> throw new OutcomeUnknownException(batch.id(), "Only a part of the transaction was written: "
					+ ((number < 0) ? answer.reason() : described(batch, number, answer.reason())), null);
		}
		throw new IllegalStateException("Unknown status " + answer.status());
	}

	private static String described(Batch batch, int number, String reason) {
		if (number < 0) {
			return "the marker of the transaction cannot be written: " + reason;
		}
		return "command " + (number + 1) + " of " + batch.commands().size() + ", " + batch.commands().get(number).name()
				+ ", cannot be applied: " + reason;
	}

	/**
	 * Counts and limits the tries of a transaction.
	 */
	private static final class Tries {

		private final int retries;

		private final Duration timeout;

		private final long begin = System.nanoTime();

		private int made;

		Tries(TransactionOptions options) {
			this.retries = (options.retries() != null) ? options.retries() : 0;
			this.timeout = (options.timeout() != null) ? options.timeout() : Duration.ZERO;
		}

		Duration timeout() {
			return this.timeout;
		}

		boolean areOver() {
			return System.nanoTime() - this.begin > this.timeout.toNanos();
		}

		int next() {
			return ++this.made;
		}

		/**
		 * Returns the pause before the next try.
		 * @param conflict the conflict of the previous try
		 * @return the pause, in nanoseconds
		 * @throws OptimisticLockException if no further try is allowed
		 */
		long pauseAfter(OptimisticLockException conflict) {
			long longest = SHORTEST_PAUSE.toNanos() << Math.min(DOUBLINGS, this.made - 1);
			long pause = ThreadLocalRandom.current().nextLong(longest);
			boolean late = System.nanoTime() + pause - this.begin > this.timeout.toNanos();
			if (this.made > this.retries || late) {
				throw conflict;
			}
			return pause;
		}

	}

}
