package dev.weir.transaction;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import dev.weir.core.Stages;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseProof;
import dev.weir.transaction.TransactionStore.Batch;
import dev.weir.transaction.TransactionStore.Check;
import dev.weir.transaction.TransactionStore.Command;
import org.jspecify.annotations.Nullable;

/**
 * What one try of a transaction has read and is to do. Thread-safe.
 */
final class CollectedTransaction {

	private static final Duration LONGEST_TTL = Duration.ofDays(365_000);

	private static final long LARGEST_INTEGER = (1L << 53) - 1;

	/** As many as Lua takes from a list without a doubt, and an even number. */
	private static final int MOST_ARGUMENTS = 1000;

	private static final byte[] NX = bytes("NX");

	private static final Pending<Object> NOBODY_ASKS = new Pending<>((result) -> result);

	private final @Nullable String id;

	private final TransactionStore store;

	private final long maxValueSize;

	private final Map<String, byte @Nullable []> reads = new LinkedHashMap<>();

	/** What the transaction has set or deleted. */
	private final Map<String, byte @Nullable []> written = new HashMap<>();

	/** What it changes in other ways, so that nobody knows the value. */
	private final Set<String> changed = new HashSet<>();

	private final List<LeaseProof> leases = new ArrayList<>();

	private final List<Check> requirements = new ArrayList<>();

	private final List<Command> commands = new ArrayList<>();

	private final List<Pending<?>> answers = new ArrayList<>();

	private int roundTrips;

	private boolean ended;

	CollectedTransaction(@Nullable String id, TransactionStore store, long maxValueSize) {
		this.id = id;
		this.store = store;
		this.maxValueSize = maxValueSize;
	}

	/**
	 * Returns what a callback sees of this transaction.
	 * @param serializer how its values stand in Redis
	 * @return the transaction
	 */
	RedisTransaction with(ValueSerializer serializer) {
		return new View(serializer);
	}

	/**
	 * Ends the transaction: nothing can be added from now on.
	 */
	synchronized void end() {
		this.ended = true;
	}

	/**
	 * Remembers what was added so far.
	 * @return takes out again what was added since
	 */
	synchronized Runnable savepoint() {
		int leaseCount = this.leases.size();
		int requirementCount = this.requirements.size();
		int commandCount = this.commands.size();
		return () -> {
			synchronized (this) {
				truncate(this.leases, leaseCount);
				truncate(this.requirements, requirementCount);
				truncate(this.commands, commandCount);
				truncate(this.answers, commandCount);
				this.written.clear();
				this.changed.clear();
				this.commands.forEach(this::remember);
			}
		};
	}

	private static void truncate(List<?> list, int size) {
		// An older savepoint may have taken out more already.
		list.subList(Math.min(size, list.size()), list.size()).clear();
	}

	/**
	 * Remembers what a command makes of its key.
	 * @param command the command
	 */
	private void remember(Command command) {
		String key = command.key();
		if (key == null || command.name().equals("PEXPIRE")) {
			return; // the value stays what it was
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
	 * Whether there is something to be sent: not if all it did was to read once, which is
	 * true of one moment as it is. With an id always: what was executed before, or is on
	 * its way, decides.
	 * @return whether there is
	 */
	synchronized boolean needsRedis() {
		return this.id != null || !this.commands.isEmpty() || !this.requirements.isEmpty() || !this.leases.isEmpty()
				|| this.roundTrips > 1;
	}

	synchronized List<LeaseProof> leases() {
		return List.copyOf(this.leases);
	}

	/**
	 * Returns what is sent. The checks are what was required, then what was read.
	 * @return what is sent
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

	synchronized void answered(List<Object> results) {
		for (int i = 0; i < this.answers.size(); i++) {
			this.answers.get(i).answered(results.get(i));
		}
	}

	private static String text(Object result) {
		return (result instanceof byte[] bytes) ? new String(bytes, StandardCharsets.UTF_8) : result.toString();
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static byte[] bytes(long number) {
		return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
	}

	private static byte[] bytes(double number) {
		if (Double.isNaN(number)) {
			throw new IllegalArgumentException("A score must be a number");
		}
		return bytes(Double.isInfinite(number) ? ((number > 0) ? "inf" : "-inf") : Double.toString(number));
	}

	private static byte[] millis(Duration ttl) {
		if (ttl.compareTo(Duration.ofMillis(1)) < 0 || ttl.compareTo(LONGEST_TTL) > 0) {
			throw new IllegalArgumentException("A time to live must be between 1 ms and 1000 years, not " + ttl);
		}
		return bytes(ttl.toMillis());
	}

	private static String checked(String key) {
		if (key.isBlank()) {
			throw new IllegalArgumentException("A key must not be blank");
		}
		return key;
	}

	/**
	 * What one callback sees, with its own serializer.
	 */
	private final class View implements RedisTransaction {

		private final ValueSerializer serializer;

		View(ValueSerializer serializer) {
			this.serializer = serializer;
		}

		@Override
		public <T> @Nullable T get(String key, Class<T> type) {
			return Stages.await(getAsync(key, type));
		}

		@Override
		public <T> CompletableFuture<@Nullable T> getAsync(String key, Class<T> type) {
			synchronized (CollectedTransaction.this) {
				requireOpen();
				checked(key);
				if (CollectedTransaction.this.changed.contains(key)) {
					throw new IllegalStateException("The transaction changes this key, so what will stand there is not "
							+ "known yet: read first, then write");
				}
				if (CollectedTransaction.this.written.containsKey(key)) {
					return CompletableFuture.completedFuture(value(CollectedTransaction.this.written.get(key), type));
				}
			}
			return fetch(List.of(key)).thenApply((fetched) -> {
				synchronized (CollectedTransaction.this) {
					return value(CollectedTransaction.this.reads.get(key), type);
				}
			});
		}

		@SuppressWarnings({ "unchecked", "NullAway" }) // an array of bytes is one, if
														// that
														// is asked for
		private <T> @Nullable T value(byte @Nullable [] bytes, Class<T> type) {
			if (bytes == null) {
				return null;
			}
			return (type == byte[].class) ? (T) bytes.clone() : this.serializer.deserialize(bytes, type);
		}

		@Override
		public void prefetch(String... keys) {
			Stages.await(prefetchAsync(keys));
		}

		@Override
		public CompletableFuture<Void> prefetchAsync(String... keys) {
			synchronized (CollectedTransaction.this) {
				requireOpen();
				return fetch(Arrays.stream(keys).map(CollectedTransaction::checked).distinct().toList());
			}
		}

		private CompletableFuture<Void> fetch(List<String> keys) {
			List<String> missing;
			synchronized (CollectedTransaction.this) {
				missing = keys.stream().filter((key) -> !CollectedTransaction.this.reads.containsKey(key)).toList();
				if (missing.isEmpty()) {
					return CompletableFuture.completedFuture(null);
				}
				CollectedTransaction.this.roundTrips++;
			}
			return StoreCalls.translated(CollectedTransaction.this.store.read(CollectedTransaction.this.id, missing))
				.thenAccept((values) -> {
					synchronized (CollectedTransaction.this) {
						for (int i = 0; i < missing.size(); i++) {
							// Of two readers at the same time the first one counts for
							// both.
							if (!CollectedTransaction.this.reads.containsKey(missing.get(i))) {
								CollectedTransaction.this.reads.put(missing.get(i), values.get(i));
							}
						}
					}
				});
		}

		@Override
		public void require(String key, @Nullable Object expected) {
			Check check = new Check(checked(key), (expected != null) ? serialized(expected) : null);
			synchronized (CollectedTransaction.this) {
				requireOpen();
				CollectedTransaction.this.requirements.add(check);
			}
		}

		@Override
		public void fencedBy(Lease lease) {
			LeaseProof proof = LeaseProof.of(lease);
			synchronized (CollectedTransaction.this) {
				requireOpen();
				CollectedTransaction.this.leases.add(proof);
			}
		}

		@Override
		public void set(String key, Object value) {
			set(key, serialized(value), List.of());
		}

		@Override
		public void set(String key, Object value, Duration ttl) {
			set(key, serialized(value), List.of(bytes("PX"), millis(ttl)));
		}

		private void set(String key, byte[] value, List<byte[]> options) {
			List<byte[]> arguments = new ArrayList<>(List.of(value));
			arguments.addAll(options);
			add(NOBODY_ASKS, "SET", checked(key), arguments);
		}

		@Override
		public Pending<Boolean> setIfAbsent(String key, Object value) {
			return truth("SET", key, serialized(value), NX);
		}

		@Override
		public Pending<Boolean> setIfAbsent(String key, Object value, Duration ttl) {
			return truth("SET", key, serialized(value), bytes("PX"), millis(ttl), NX);
		}

		@Override
		public Pending<Boolean> delete(String key) {
			return truth("DEL", key);
		}

		@Override
		public Pending<Boolean> expire(String key, Duration ttl) {
			return truth("PEXPIRE", key, millis(ttl));
		}

		@Override
		public Pending<Long> increment(String key, long delta) {
			return number("INCRBY", key, delta(delta));
		}

		@Override
		public void hashPut(String key, String field, Object value) {
			hashPutAll(key, Map.of(field, value));
		}

		@Override
		public void hashPutAll(String key, Map<String, ?> entries) {
			addAll("HSET", key, pairs(entries));
		}

		@Override
		public void hashDelete(String key, String... fields) {
			addAll("HDEL", key, Arrays.stream(fields).map(CollectedTransaction::bytes).toList());
		}

		@Override
		public Pending<Long> hashIncrement(String key, String field, long delta) {
			return number("HINCRBY", key, bytes(field), delta(delta));
		}

		@Override
		public void setAdd(String key, Object... members) {
			addAll("SADD", key, serialized(members));
		}

		@Override
		public void setRemove(String key, Object... members) {
			addAll("SREM", key, serialized(members));
		}

		@Override
		public void sortedSetAdd(String key, Object member, double score) {
			addAll("ZADD", key, List.of(bytes(score), serialized(member)));
		}

		@Override
		public void sortedSetRemove(String key, Object... members) {
			addAll("ZREM", key, serialized(members));
		}

		@Override
		public void sortedSetRemoveByScore(String key, double lowest, double highest) {
			addAll("ZREMRANGEBYSCORE", key, List.of(bytes(lowest), bytes(highest)));
		}

		@Override
		public void listPushLeft(String key, Object... elements) {
			addAll("LPUSH", key, serialized(elements));
		}

		@Override
		public void listPushRight(String key, Object... elements) {
			addAll("RPUSH", key, serialized(elements));
		}

		@Override
		public void listTrim(String key, long first, long last) {
			addAll("LTRIM", key, List.of(bytes(first), bytes(last)));
		}

		@Override
		public Pending<String> streamAdd(String key, Map<String, ?> fields, long maxLength) {
			if (maxLength < 1) {
				throw new IllegalArgumentException("A stream must keep at least 1 entry, not " + maxLength);
			}
			List<byte[]> arguments = new ArrayList<>(List.of(bytes("MAXLEN"), bytes(maxLength), bytes("*")));
			arguments.addAll(pairs(fields));
			if (arguments.size() < 5 || arguments.size() > MOST_ARGUMENTS) {
				throw new IllegalArgumentException("An entry of a stream must have 1 to " + (MOST_ARGUMENTS - 3) / 2
						+ " fields, not " + fields.size());
			}
			return changing("XADD", key, CollectedTransaction::text, arguments);
		}

		@Override
		public void publish(String channel, Object message) {
			add(NOBODY_ASKS, "PUBLISH", null, List.of(bytes(channel), serialized(message)));
		}

		private Pending<Boolean> truth(String name, String key, byte[]... arguments) {
			return changing(name, key, View::isPositive, List.of(arguments));
		}

		private static boolean isPositive(Object result) {
			return ((Number) result).longValue() > 0;
		}

		private Pending<Long> number(String name, String key, byte[]... arguments) {
			return changing(name, key, (result) -> ((Number) result).longValue(), List.of(arguments));
		}

		private <T> Pending<T> changing(String name, String key, Function<Object, T> reader, List<byte[]> arguments) {
			Pending<T> answer = new Pending<>(reader);
			add(answer, name, checked(key), arguments);
			return answer;
		}

		private void addAll(String name, String key, List<byte[]> arguments) {
			for (int i = 0; i < arguments.size(); i += MOST_ARGUMENTS) {
				changing(name, key, (result) -> result,
						arguments.subList(i, Math.min(arguments.size(), i + MOST_ARGUMENTS)));
			}
		}

		private void add(Pending<?> answer, String name, @Nullable String key, List<byte[]> arguments) {
			synchronized (CollectedTransaction.this) {
				requireOpen();
				Command command = new Command(name, key, List.copyOf(arguments));
				CollectedTransaction.this.commands.add(command);
				CollectedTransaction.this.answers.add(answer);
				remember(command);
			}
		}

		private void requireOpen() {
			if (CollectedTransaction.this.ended) {
				throw new IllegalStateException("The transaction has ended: use it only within its callback");
			}
		}

		private static byte[] delta(long delta) {
			if (delta > LARGEST_INTEGER || delta < -LARGEST_INTEGER) {
				throw new IllegalArgumentException("A counter cannot be changed by more than 2^53 - 1: " + delta);
			}
			return bytes(delta);
		}

		private List<byte[]> pairs(Map<String, ?> entries) {
			List<byte[]> pairs = new ArrayList<>(2 * entries.size());
			entries.forEach((field, value) -> {
				pairs.add(bytes(field));
				pairs.add(serialized(value));
			});
			return pairs;
		}

		private List<byte[]> serialized(Object[] values) {
			return Arrays.stream(values).map(this::serialized).toList();
		}

		private byte[] serialized(Object value) {
			byte[] bytes = (value instanceof byte[] raw) ? raw.clone() : this.serializer.serialize(value);
			if (bytes.length > CollectedTransaction.this.maxValueSize) {
				throw new IllegalArgumentException("A value of " + bytes.length + " bytes is too large: at most "
						+ CollectedTransaction.this.maxValueSize
						+ " are allowed. Make it smaller, or 'weir.transaction.max-value-size' larger");
			}
			return bytes;
		}

	}

}
