package dev.weir.transaction;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.LeaseProof;
import dev.weir.transaction.TransactionStore.Batch;
import dev.weir.transaction.TransactionStore.Check;
import dev.weir.transaction.TransactionStore.Command;
import org.jspecify.annotations.Nullable;

/**
 * Buffers one attempt of a transaction: the values that it has read, and the checks and
 * commands that it will send. Thread-safe.
 */
public final class TransactionBuffer {

	private static final byte[] NX = Arguments.bytes("NX");

	private final @Nullable String id;

	private final TransactionStore store;

	private final long maxValueSize;

	private final Map<String, byte @Nullable []> reads = new LinkedHashMap<>();

	/** The values of the keys that the transaction has set or deleted. */
	private final Map<String, byte @Nullable []> written = new HashMap<>();

	/** The keys that the transaction changes so that their value is not known yet. */
	private final Set<String> changed = new HashSet<>();

	private final List<LeaseProof> leases = new ArrayList<>();

	private final List<Check> requirements = new ArrayList<>();

	private final List<Command> commands = new ArrayList<>();

	/** One for each command. */
	private final List<Pending<?>> results = new ArrayList<>();

	private int roundTrips;

	private boolean ended;

	TransactionBuffer(@Nullable String id, TransactionStore store, long maxValueSize) {
		this.id = id;
		this.store = store;
		this.maxValueSize = maxValueSize;
	}

	/**
	 * Returns the transaction that a callback uses.
	 * @param serializer converts its values
	 * @return the transaction
	 */
	RedisTransaction with(ValueSerializer serializer) {
		return new BufferedTransaction(this, serializer, this.maxValueSize);
	}

	/**
	 * Ends the transaction: nothing can be added from now on.
	 */
	public synchronized void end() {
		this.ended = true;
	}

	synchronized void requireOpen() {
		if (this.ended) {
			throw new IllegalStateException("The transaction has ended: use it only within its callback");
		}
	}

	/**
	 * Remembers the present content.
	 * @return removes everything that was added since
	 */
	public synchronized Runnable savepoint() {
		int leaseCount = this.leases.size();
		int requirementCount = this.requirements.size();
		int commandCount = this.commands.size();
		return () -> {
			synchronized (this) {
				truncate(this.leases, leaseCount);
				truncate(this.requirements, requirementCount);
				truncate(this.commands, commandCount);
				truncate(this.results, commandCount);
				this.written.clear();
				this.changed.clear();
				this.commands.forEach(this::remember);
			}
		};
	}

	private static void truncate(List<?> list, int size) {
		// An older savepoint may have removed more already.
		list.subList(Math.min(size, list.size()), list.size()).clear();
	}

	/**
	 * Remembers the effect of a command on its key.
	 * @param command the command
	 */
	private void remember(Command command) {
		String key = command.key();
		if (key == null || command.name().equals("PEXPIRE")) {
			return; // the value stays the same
		}
		boolean deletes = command.name().equals("DEL");
		if (deletes || setsAlways(command)) {
			this.written.put(key, deletes ? null : command.arguments().get(0));
			this.changed.remove(key);
		}
		else {
			this.written.remove(key);
			this.changed.add(key);
		}
	}

	private static boolean setsAlways(Command command) {
		int size = command.arguments().size();
		return command.name().equals("SET") && (size == 1 || !Arrays.equals(command.arguments().get(size - 1), NX));
	}

	/**
	 * Returns the value that the transaction has set, or that it has deleted.
	 * @param key the key
	 * @return the value, {@code null} if the transaction has done neither
	 * @throws IllegalStateException if the transaction changes the key in another way
	 */
	synchronized @Nullable Written written(String key) {
		requireOpen();
		if (this.changed.contains(key)) {
			throw new IllegalStateException("The transaction changes the key before it reads it, so the value is not "
					+ "known until Redis has applied the change: read first, then write");
		}
		return this.written.containsKey(key) ? new Written(this.written.get(key)) : null;
	}

	synchronized byte @Nullable [] read(String key) {
		return this.reads.get(key);
	}

	/**
	 * Reads the keys that were not read yet, all at the same moment.
	 * @param keys the keys
	 * @return completes when {@link #read} has their values
	 */
	CompletableFuture<Void> fetch(List<String> keys) {
		List<String> missing;
		synchronized (this) {
			missing = keys.stream().filter((key) -> !this.reads.containsKey(key)).toList();
			if (missing.isEmpty()) {
				return CompletableFuture.completedFuture(null);
			}
			this.roundTrips++;
		}
		return withoutEffect(this.store.read(this.id, missing)).thenAccept((values) -> {
			synchronized (this) {
				for (int i = 0; i < missing.size(); i++) {
					// If two threads read a key at the same time, the first value counts
					// for both.
					if (!this.reads.containsKey(missing.get(i))) {
						this.reads.put(missing.get(i), values.get(i));
					}
				}
			}
		});
	}

	/**
	 * Translates the failure of a call that has no effect in the store.
	 * @param <T> the type of the result
	 * @param call the call
	 * @return completes as the call does, or with {@link TransactionUnavailableException}
	 */
	static <T> CompletableFuture<T> withoutEffect(CompletionStage<T> call) {
		return call.exceptionallyCompose((failure) -> {
			Throwable cause = Stages.unwrap(failure);
			return CompletableFuture.failedFuture(
					(cause instanceof StoreUnavailableException) ? new TransactionUnavailableException(cause) : cause);
		}).toCompletableFuture();
	}

	synchronized void require(Check check) {
		requireOpen();
		this.requirements.add(check);
	}

	synchronized void fencedBy(LeaseProof lease) {
		requireOpen();
		this.leases.add(lease);
	}

	synchronized void add(Command command, Pending<?> result) {
		requireOpen();
		this.commands.add(command);
		this.results.add(result);
		remember(command);
	}

	/**
	 * Returns whether the transaction must be sent. A transaction that has only read, in
	 * one round trip, need not be sent: its values are of one moment already. A
	 * transaction with an id is always sent, because an earlier execution, or one on its
	 * way, may decide about it.
	 * @return whether the transaction must be sent
	 */
	synchronized boolean needsRedis() {
		return this.id != null || !this.commands.isEmpty() || !this.requirements.isEmpty() || !this.leases.isEmpty()
				|| this.roundTrips > 1;
	}

	synchronized List<LeaseProof> leases() {
		return List.copyOf(this.leases);
	}

	/**
	 * Returns the batch to send. Its checks are the required values, then the values that
	 * were read.
	 * @return the batch
	 */
	synchronized Batch batch() {
		List<Check> checks = new ArrayList<>(this.requirements);
		this.reads.forEach((key, value) -> checks.add(new Check(key, value)));
		return new Batch(this.id, this.leases.stream().flatMap((lease) -> lease.places().stream()).toList(), checks,
				List.copyOf(this.commands));
	}

	synchronized boolean isRequirement(int check) {
		return check < this.requirements.size();
	}

	/**
	 * Returns the lease that a place belongs to.
	 * @param place the number of the place
	 * @return the lease
	 */
	synchronized LeaseProof leaseOf(int place) {
		int next = 0;
		for (LeaseProof lease : this.leases) {
			next += lease.places().size();
			if (place < next) {
				return lease;
			}
		}
		throw new IllegalArgumentException("There is no place " + place);
	}

	/**
	 * Passes the results of the commands on.
	 * @param all the results, in the order of the commands
	 */
	synchronized void applied(List<Object> all) {
		for (int i = 0; i < this.results.size(); i++) {
			this.results.get(i).answered(all.get(i));
		}
	}

	/**
	 * A value that the transaction has written.
	 *
	 * @param value the value, {@code null} if the key was deleted
	 */
	record Written(byte @Nullable [] value) {

	}

}
